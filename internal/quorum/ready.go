package quorum

import (
	"go.etcd.io/raft/v3"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// ready performs raft's pending work until there is none. State and entries are durable before a
// message leaves and before raft counts them.
func (e *engine) ready() {
	for e.failure == nil && (e.stalled != nil || e.node.HasReady()) {
		rd, ok := e.takeReady()
		if !ok {
			break
		}
		for _, m := range rd.Messages {
			e.send(m)
		}
		if err := e.apply(rd.CommittedEntries); err != nil {
			e.fail(err)
			return
		}
		e.node.Advance(rd)
		if e.active {
			e.performWaiting() // those that waited for a stalled write
		}
	}
	e.catchUp()
	e.report()
}

// takeReady takes what raft has ready and persists it. It returns false when that failed. For want
// of a file descriptor the same Ready is persisted again at the next step or tick; nothing of it
// has left the node. Every other error is final.
func (e *engine) takeReady() (rd raft.Ready, ok bool) {
	again := e.stalled != nil
	if again {
		rd = *e.stalled
	} else if rd = e.node.Ready(); rd.SoftState != nil {
		e.changeRole(rd.SoftState)
	}
	err := e.persist(&rd)
	e.stalled = nil
	switch {
	case err == nil:
		return rd, true
	case storage.Classify(err) != storage.ClassRetry:
		e.fail(err)
	default:
		e.stalled = &rd
		if !again {
			e.log.Warn("the metadata log cannot be written for want of file descriptors, the write is tried again", "error", err)
		}
	}
	return rd, false
}

func (e *engine) persist(rd *raft.Ready) error {
	state := e.saved
	if !raft.IsEmptyHardState(rd.HardState) {
		e.term = rd.HardState.GetTerm()
		if int32(e.term) != state.LeaderEpoch {
			state = quorumState{LeaderID: -1, LeaderEpoch: int32(e.term), VotedID: -1}
		}
		if vote := nodeID(rd.HardState.GetVote()); vote >= 0 && vote != state.VotedID && e.lead < 0 {
			state.VotedID, state.VotedDirectoryID = vote, e.directoryOf(vote)
		}
	}
	if e.lead >= 0 && e.lead != state.LeaderID {
		// As in Kafka, a node that knows the leader of an epoch forgets its vote in that epoch.
		state = quorumState{LeaderID: e.lead, LeaderEpoch: int32(e.term), VotedID: -1}
	}
	if state != e.saved {
		if err := state.write(e.fs, e.dir, e.voters); err != nil {
			return err
		}
		e.saved = state
	}
	if len(rd.Entries) == 0 {
		return nil
	}
	e.noteLeaderChange(rd.Entries)
	err := e.store.append(rd.Entries, e.now.UnixMilli(), func(offset int64, epoch int32) record.Batch {
		return leaderChangeBatch(e.o.NodeID, e.voters.Voters, offset, e.now.UnixMilli(), epoch)
	})
	if err == nil {
		e.c.stats.Records.Add(int64(len(rd.Entries)))
	}
	return err
}
