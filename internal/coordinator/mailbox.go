package coordinator

import (
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

type state uint8

const (
	stateInactive state = iota // not owned, or loading failed
	stateLoading
	stateActive
	// stateFailed is shown, never held: inactive since loading failed.
	stateFailed
)

// partition is one coordinator partition.
//
// Invariant: everything below "owned" is touched only inside an event, and events
// of one partition never run at the same time: busy is set by the one that drains.
type partition[S shard.Core] struct {
	rt *Runtime[S]
	id int32

	mu    sync.Mutex
	queue []func()
	busy  bool

	// next is the earliest deadline of this partition, by Options.Elapsed, 0 for none.
	next atomic.Int64

	// shown is the state after the last events, for metrics.
	shown atomic.Uint32

	// owned by the drainer
	state state
	// broken: the last load failed.
	broken bool
	// loadingSince is when the load began, by Options.Elapsed.
	loadingSince int64
	epoch        int32
	// life counts loads and unloads; what began in an earlier life is ignored.
	life     uint64
	core     S
	failure  protocol.Error // what commands are answered when inactive
	timers   timers
	pending  []entry // decided, not appended. Invariant: in the order of decisions
	inflight []entry // in the one append under way
	// held are commands behind a barrier. Invariant: not empty only while pending
	// or inflight is not.
	held       []Command[S]
	answers    []answer
	lingerTill int64
	// skew is what the partition's time is ahead of Options.Elapsed. Deadlines are in the partition's time.
	skew int64
}

// entry is one command's records on their way through the log.
type entry struct {
	outcome  shard.Outcome
	size     int
	deadline int64 // when its replies are answered without waiting longer
	failed   bool  // deadline has passed, replies are answered
}

type answer struct {
	reply shard.Reply
}

func newPartition[S shard.Core](r *Runtime[S], id int32) *partition[S] {
	return &partition[S]{rt: r, id: id, epoch: -1, failure: protocol.ErrNotCoordinator}
}

// drainRounds is how many rounds a goroutine does that came with an event of its
// own: it is a connection's, or the committer's, and clients that ask without
// pause would keep it from its own work for as long as they go on.
const drainRounds = 128

// post runs ev, after what was posted before and never beside it: here and now
// when the partition is idle, else on the goroutine that drains it.
func (p *partition[S]) post(ev func()) {
	p.mu.Lock()
	p.queue = append(p.queue, ev)
	if p.busy {
		p.mu.Unlock()
		return
	}
	p.busy = true
	p.mu.Unlock()
	p.drain()
}

// drain runs events until there are none, or another goroutine goes on with it.
// The caller has set busy.
func (p *partition[S]) drain() {
	p.mu.Lock()
	for n := 0; len(p.queue) > 0; n++ {
		if n == drainRounds {
			p.mu.Unlock()
			later(p.drain)
			return
		}
		batch := p.queue
		p.queue = nil
		p.mu.Unlock()
		for _, ev := range batch {
			ev()
		}
		p.settle()
		p.mu.Lock()
	}
	p.busy = false
	p.mu.Unlock()
}

// settle ends a round of events: start the next append, answer, publish.
func (p *partition[S]) settle() {
	p.flush()
	p.show()
	if p.rt.opts.AfterStep != nil && p.state == stateActive {
		p.rt.opts.AfterStep(p.id, p.core)
	}
	answers := p.answers
	p.answers = p.answers[:0]
	for i, a := range answers {
		if a.reply.Err != protocol.ErrNone {
			a.reply.To.Fail(a.reply.Err)
		} else {
			a.reply.To.Reply(a.reply.Response)
		}
		answers[i] = answer{}
	}
	p.publishDeadline()
}

// show publishes the state for metrics.
func (p *partition[S]) show() {
	s := p.state
	if s == stateInactive && p.broken {
		s = stateFailed
	}
	p.shown.Store(uint32(s))
}

func (p *partition[S]) answer(rs []shard.Reply) {
	for _, r := range rs {
		if r.To != nil {
			p.answers = append(p.answers, answer{r})
		}
	}
}

func (p *partition[S]) answerAll(rs []shard.Reply, err protocol.Error) {
	for _, r := range rs {
		p.answerFail(r.To, err)
	}
}

func (p *partition[S]) answerFail(to shard.Waiter, err protocol.Error) {
	if to != nil {
		p.answers = append(p.answers, answer{shard.Reply{To: to, Err: err}})
	}
}

// submit runs or refuses a command.
func (p *partition[S]) submit(c Command[S]) {
	switch {
	case p.state == stateLoading:
		p.answerFail(c.To, protocol.ErrCoordinatorLoadInProgress)
	case p.state != stateActive:
		p.answerFail(c.To, p.failure)
	case len(p.held) > 0 || (c.Barrier && p.writing()):
		p.held = append(p.held, c)
	default:
		p.perform(c.Decide(p.core, p.now()))
	}
}

func (p *partition[S]) writing() bool { return len(p.pending)+len(p.inflight) > 0 }

// release runs held commands until one must wait again.
func (p *partition[S]) release() {
	for len(p.held) > 0 && p.state == stateActive {
		c := p.held[0]
		if c.Barrier && p.writing() {
			return
		}
		p.held[0] = Command[S]{}
		p.held = p.held[1:]
		p.perform(c.Decide(p.core, p.now()))
	}
	if len(p.held) == 0 {
		p.held = nil
	}
}
