package coordinator

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// seen says which records a command may have seen: those of commands for its key, and those of
// commands that use the whole core.
type seen struct {
	// all is the offset after the newest record of a command without a key.
	all int64
	// keys holds the offset after the newest record of each key that has one to be committed.
	keys map[string]int64
}

// wrote notes that a command for a key has records up to an offset.
func (s *seen) wrote(key string, end int64) {
	if key == "" {
		s.all = end
		return
	}
	if s.keys == nil {
		s.keys = map[string]int64{}
	}
	s.keys[key] = end
}

// by returns the offset up to which a command for a key may have seen records.
func (s *seen) by(key string) int64 { return max(s.all, s.keys[key]) }

// forget drops the keys whose records are committed.
func (s *seen) forget(committed int64) {
	for key, end := range s.keys { // any order
		if end <= committed {
			delete(s.keys, key)
		}
	}
}

// park delivers replies when everything that their command may have seen is committed. The command
// saw the newest state of its key.
func (p *partition[S]) park(key string, rs []shard.Reply) {
	if len(rs) == 0 {
		return
	}
	at := p.decided
	if key != "" {
		at = p.seen.by(key)
	}
	if at <= p.committed {
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
			p.parked = append(p.parked, parked{at: at, deadline: deadline, reply: r})
		}
	}
}

// commit notes that all records below an offset are committed, and delivers the answers that waited
// for them.
func (p *partition[S]) commit(upTo int64) {
	p.committed = max(p.committed, upTo)
	p.seen.forget(p.committed)
	p.listings.forget(p.committed)
	rest := p.parked[:0]
	for _, w := range p.parked {
		if w.at <= p.committed {
			p.answers = append(p.answers, w.reply)
		} else {
			rest = append(rest, w)
		}
	}
	clear(p.parked[len(rest):])
	p.parked = rest
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
