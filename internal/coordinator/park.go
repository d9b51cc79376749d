package coordinator

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// park delivers replies when everything that is decided so far is committed. Their command saw the
// newest state, so each of them may speak of a record that is not committed.
func (p *partition[S]) park(rs []shard.Reply) {
	if len(rs) == 0 {
		return
	}
	if p.committed == p.decided {
		for _, r := range rs {
			if r.To != nil {
				p.answers = append(p.answers, r)
			}
		}
		return
	}
	deadline := p.now() + p.rt.opts.WriteTimeoutMs()
	if n := len(p.parked); n > 0 {
		// The time-out can be lowered at any time; the first of the queue stays the first to be
		// late.
		deadline = max(deadline, p.parked[n-1].deadline)
	}
	for _, r := range rs {
		if r.To != nil {
			p.parked = append(p.parked, parked{at: p.decided, deadline: deadline, reply: r})
		}
	}
}

// release delivers the answers that waited for the records which are committed now.
func (p *partition[S]) release() {
	n := 0
	for n < len(p.parked) && p.parked[n].at <= p.committed {
		p.answers = append(p.answers, p.parked[n].reply)
		n++
	}
	p.unpark(n)
}

// expire answers the requests that have waited too long for a commit. Their records stay on their
// way, and the log decides whether they are committed.
func (p *partition[S]) expire(now int64) {
	n := 0
	for n < len(p.parked) && p.parked[n].deadline <= now {
		p.fail(p.parked[n].reply.To, protocol.ErrCoordinatorNotAvailable)
		n++
	}
	p.unpark(n)
}

// failParked answers everything that waits with an error.
func (p *partition[S]) failParked(err protocol.Error) {
	for i := range p.parked {
		p.fail(p.parked[i].reply.To, err)
	}
	p.parked = nil
}

// unpark removes the first n.
func (p *partition[S]) unpark(n int) {
	rest := copy(p.parked, p.parked[n:])
	clear(p.parked[rest:])
	p.parked = p.parked[:rest]
}
