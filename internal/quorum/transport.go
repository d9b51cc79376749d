package quorum

import "go.etcd.io/raft/v3/raftpb"

// Transport carries raft messages to the other voters. Send must not block. It drops a message that
// cannot be sent; raft repeats the messages that matter.
type Transport interface {
	Send(to int32, message *raftpb.Message)
}

// Receive takes a raft message of another voter.
func (c *Controller) Receive(m *raftpb.Message) {
	c.enqueue(op{internal: func(e *engine) { e.receive(m) }})
}

func (e *engine) receive(m *raftpb.Message) {
	if e.failure != nil {
		return
	}
	if m.GetType() == raftpb.MsgApp {
		if m.GetTerm() > e.heard.term {
			e.heard = leaderCommit{term: m.GetTerm()}
		}
		e.heard.offset = max(e.heard.offset, int64(m.GetCommit()))
	}
	if err := e.node.Step(m); err != nil {
		e.log.Debug("a raft message was dropped", "error", err)
	}
}

// leaderCommit is the high watermark that a leader has sent in its term.
type leaderCommit struct {
	term   uint64
	offset int64
}

// catchUp initializes waiting publishers once the node has replayed everything that the leader had
// committed. Before that, the local snapshot and log may lack topics, and a broker would take their
// partitions for stray ones.
func (e *engine) catchUp() {
	if !e.caughtUp {
		follows := e.lead >= 0 && !e.leading && e.heard.term == e.term && e.appliedTerm == e.term && e.committed >= e.heard.offset
		if e.failure != nil || !e.active && !follows {
			return
		}
		e.caughtUp = true
	}
	waiting := e.subscribing
	e.subscribing = nil
	for _, p := range waiting {
		e.initialize(p)
	}
}
