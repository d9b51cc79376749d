package coordinator

import (
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

type state uint8

const (
	stateInactive state = iota // not led by this node, or loading failed
	stateLoading
	stateActive
	// stateFailed is for metrics: inactive because loading failed.
	stateFailed
)

// partition is one coordinator partition.
//
// Invariant: the fields below "owned" are used only inside an event, and events of one partition
// never run at the same time: the goroutine that set busy runs them.
type partition[S shard.Core] struct {
	rt *Runtime[S]
	id int32

	mu    sync.Mutex
	queue []func()
	busy  bool

	// next is the earliest deadline of this partition in elapsed time, 0 for none.
	next atomic.Int64

	// shown is the state after the last events, for metrics.
	shown atomic.Uint32

	// owned

	state state
	// broken: the last load failed.
	broken bool
	// loadingSince is the elapsed time at which the load began.
	loadingSince int64
	epoch        int32
	// life counts loads and unloads. Events that began in an earlier life are ignored.
	life    uint64
	core    S
	failure protocol.Error // the answer to commands while inactive
	timers  timers
	// decided is the offset after the newest record that the core has replayed, written the offset
	// after the newest one that the log has taken, committed the offset up to which these records
	// are known to be committed. Invariant: committed <= written <= decided.
	decided, written, committed int64
	seen                        seen
	// listings are the lists before the records that are not committed.
	listings listings
	pending  []write // decided and not appended, in order
	// appending is the end offset of the append in flight, 0 without one.
	appending  int64
	parked     []parked
	answers    []shard.Reply
	lingerTill int64
	// skew is the partition's time minus the elapsed time. Deadlines are in the partition's time.
	skew int64
	// failures counts the appends and loads that failed since the last commit.
	failures int
	// retryAt is the elapsed time at which the next load begins, 0 for none.
	retryAt int64
	// timersHeld is the elapsed time before which no timer fires, because the log refuses records.
	timersHeld int64
}

// write holds the records of one command on their way to the log.
type write struct {
	records       []shard.Record
	size          int
	now           int64
	transactional bool
	producerID    int64
	producerEpoch int16
}

// parked is an answer that waits for the commit of everything that its command saw.
type parked struct {
	// at is the offset up to which records must be committed.
	at       int64
	deadline int64
	reply    shard.Reply
}

func newPartition[S shard.Core](r *Runtime[S], id int32) *partition[S] {
	return &partition[S]{rt: r, id: id, epoch: -1, failure: protocol.ErrNotCoordinator}
}

// drainRounds bounds the rounds that a goroutine runs after its own event. The goroutine belongs to
// a connection or to the committer, and clients that send without pause would keep it here for
// ever.
const drainRounds = 128

// post runs ev after the events that were posted before. It runs it on this goroutine when the
// partition is idle.
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

// drain runs events until there are none, or until another goroutine continues. The caller has set
// busy.
func (p *partition[S]) drain() {
	p.mu.Lock()
	for n := 0; len(p.queue) > 0; n++ {
		if n == drainRounds {
			p.mu.Unlock()
			p.rt.group.Go(p.drain)
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

// settle ends a round of events: it starts the next append, delivers answers and publishes counts.
func (p *partition[S]) settle() {
	p.flush()
	p.show()
	if p.rt.opts.AfterStep != nil && p.state == stateActive {
		p.rt.opts.AfterStep(p.id, p.core)
	}
	answers := p.answers
	p.answers = p.answers[:0]
	for i, r := range answers {
		if r.Err != protocol.ErrNone {
			r.To.Fail(r.Err)
		} else {
			r.To.Reply(r.Response)
		}
		answers[i] = shard.Reply{}
	}
	p.publishDeadline()
}

// show publishes the state for metrics.
func (p *partition[S]) show() {
	s := p.state
	if p.broken {
		s = stateFailed
	}
	p.shown.Store(uint32(s))
}

// submit runs or refuses a command. A command that may write does not run while the log refuses
// records: nothing has to be taken back then, and the partition goes on to serve.
func (p *partition[S]) submit(c Command[S]) {
	switch p.state {
	case stateActive:
		if !c.Reads {
			if err := p.rt.opts.Log.Refuses(p.id); err != nil {
				p.fail(c.To, appendError(err))
				return
			}
		}
		was := listingOf(p.core, c.Key)
		p.perform(c.Key, was, c.Decide(p.core, shard.Env{Now: p.now(), UUID: p.rt.uuid}))
	case stateLoading:
		p.fail(c.To, protocol.ErrCoordinatorLoadInProgress)
	default:
		p.fail(c.To, p.failure)
	}
}

func (r *Runtime[S]) uuid() [16]byte { return host.UUID(r.opts.Host) }

// fail answers a request with an error when this round of events ends.
func (p *partition[S]) fail(to shard.Waiter, err protocol.Error) {
	if to != nil {
		p.answers = append(p.answers, shard.Reply{To: to, Err: err})
	}
}
