package client

import (
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// stats are the counters of a link. Steps write them, any goroutine reads them.
type stats struct {
	dials, requests, answers, bytesIn, bytesOut atomic.Uint64
	failed                                      [link.Kinds]atomic.Uint64
	ups, downs                                  atomic.Uint64
	roundTrip                                   telemetry.Timer

	state            atomic.Uint32
	since, used      atomic.Int64
	queued, inFlight atomic.Int64
	last             atomic.Pointer[Error]
}

// Status is the state of a link and its counters since it was made.
type Status struct {
	Peer  Peer
	State link.State
	// Since is the time (host.Clock.Elapsed) at which the state began.
	Since time.Duration
	// Queued requests wait to be written, InFlight ones wait for their answers.
	Queued, InFlight int
	// Dials counts attempts to connect, Ups connections that became ready, and Downs failed dials
	// and connections that ended.
	Dials, Ups, Downs uint64
	// Requests were written, Answers have come.
	Requests, Answers uint64
	// Failed counts requests without an answer by kind.
	Failed            [link.Kinds]uint64
	BytesIn, BytesOut uint64
	// Last is the reason of the last Down, nil when there was none.
	Last error
	// RoundTrip is the distribution of the times from writing a request to its answer.
	RoundTrip *telemetry.Timer
}

// Links returns the state of every link, in the order of the peers.
func (p *Pool) Links() []Status {
	all := p.all()
	out := make([]Status, len(all))
	for i, l := range all {
		out[i] = l.status()
	}
	return out
}

func (c *conduit) status() Status {
	s := &c.stats
	out := Status{Peer: c.peer, State: link.State(s.state.Load()), Since: time.Duration(s.since.Load()), Queued: int(s.queued.Load()), InFlight: int(s.inFlight.Load()),
		Dials: s.dials.Load(), Ups: s.ups.Load(), Downs: s.downs.Load(), Requests: s.requests.Load(), Answers: s.answers.Load(),
		BytesIn: s.bytesIn.Load(), BytesOut: s.bytesOut.Load(), RoundTrip: &s.roundTrip}
	for i := range s.failed {
		out.Failed[i] = s.failed[i].Load()
	}
	if e := s.last.Load(); e != nil {
		out.Last = e
	}
	return out
}

// note publishes the state after a step.
func (c *conduit) note() {
	state, since := c.core.State()
	c.stats.state.Store(uint32(state))
	c.stats.since.Store(int64(since))
	c.stats.used.Store(int64(c.core.Used()))
	c.stats.queued.Store(int64(c.core.Queued()))
	c.stats.inFlight.Store(int64(c.core.InFlight()))
}

// unused reports whether the link has no connection, no work, and was not used since a time.
func (c *conduit) unused(since time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.stats
	return len(c.events) == 0 && link.State(s.state.Load()) == link.Idle && s.queued.Load() == 0 && time.Duration(s.used.Load()) < since
}

// changed reports a change of the connection. The log gets a line for the first failure of a kind,
// and when the link is ready again.
func (c *conduit) changed(f link.Fault) {
	log, o := c.pool.o.Logger, &c.pool.o
	if f.Kind == 0 {
		c.stats.ups.Add(1)
		if c.down != 0 {
			log.Info("connected to a peer again", "peer", c.peer.String(), "listener", c.peer.Listener, "class", c.peer.Class.String())
		}
		c.down = 0
		if o.OnChange != nil {
			o.OnChange(Change{Peer: c.peer})
		}
		return
	}
	c.stats.downs.Add(1)
	err := &Error{Peer: c.peer, Fault: f}
	c.stats.last.Store(err)
	if c.down != f.Kind {
		log.Warn("no connection to a peer", "peer", c.peer.String(), "listener", c.peer.Listener, "class", c.peer.Class.String(), "error", f.Text())
	}
	c.down = f.Kind
	if o.OnChange != nil {
		o.OnChange(Change{Peer: c.peer, Err: err})
	}
}
