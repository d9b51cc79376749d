package kraftsim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

// World is one run: a clock, a queue of events, a source of randomness and the machines.
type World struct {
	opts  Options
	rng   *rand.Rand
	now   time.Duration
	queue queue
	made  uint64 // events that were made
	ran   int    // events that have run
	sum   uint64
	trace *trace.Trace
	// violation is the first broken promise. The run ends with it.
	violation error

	machines []*machine
	net      network
	settings settings
	truth    truth
	admin    admin
	script   script
	load     load
	stats    Stats
}

// settings are what the seed has chosen for the whole run.
type settings struct {
	dynamic                                       bool // the disks were formatted with kraft.version 1
	election, fetch, request, backoff, backoffMax time.Duration
	fetchMaxBytes                                 int32
	fetchMaxWait                                  time.Duration
	upgrades, changes, wipes                      bool
	// old says that some nodes do not know pre-votes.
	old bool
	// joins says that controllers add themselves to the voters.
	joins bool
}

func newWorld(o Options) *World {
	w := &World{opts: o, rng: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)), trace: o.Trace}
	w.truth.init()
	w.stats.Failover = map[string][]time.Duration{}
	return w
}

func (w *World) push(e event) {
	w.made++
	e.seq = w.made
	w.queue.push(e)
}

// after runs f after d.
func (w *World) after(d time.Duration, f func()) {
	w.push(event{at: w.now + max(d, 0), kind: evFunc, body: f})
}

// run runs events until the simulated time end or the first violation.
func (w *World) run(end time.Duration) {
	for w.violation == nil && len(w.queue) > 0 && w.queue[0].at <= end {
		e := w.queue.pop()
		w.now = e.at
		w.ran++
		w.sum = mix(w.sum, uint64(e.at)^e.id<<24^uint64(e.kind)<<8^uint64(e.node))
		if e.kind == evFunc {
			e.body.(func())()
			continue
		}
		w.machines[e.node].receive(&e)
	}
	if w.violation == nil {
		w.now = max(w.now, end)
	}
	w.sum = mix(w.sum, w.truth.sum())
}

// fail records a broken promise. Only the first one counts.
func (w *World) fail(format string, args ...any) {
	if w.violation == nil {
		w.violation = fmt.Errorf("seed %d at %v: "+format, append([]any{w.opts.Seed, w.now}, args...)...)
		w.note("VIOLATION %v", w.violation)
	}
}

// note writes a line to the trace.
func (w *World) note(format string, args ...any) {
	if w.trace != nil {
		w.trace.Add(w.now, fmt.Sprintf(format, args...))
	}
}

// between draws a duration from lo up to hi.
func (w *World) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64(hi-lo)+1))
}

// chance returns true in one of n draws.
func (w *World) chance(n int) bool { return w.rng.IntN(n) == 0 }

func pick[T any](w *World, from ...T) T { return from[w.rng.IntN(len(from))] }

// mix is a step of a hash (the finalizer of SplitMix64).
func mix(h, v uint64) uint64 {
	h = (h ^ v) + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// byID returns the machine of a node, nil when there is none.
func (w *World) byID(id int32) *machine {
	for _, m := range w.machines {
		if m.key.ID == id {
			return m
		}
	}
	return nil
}

// leader returns the running leader with the highest epoch, nil for none.
func (w *World) leader() *machine {
	var best *machine
	for _, m := range w.machines {
		if m.node != nil && m.status.Role == kraft.Leading && (best == nil || m.disk.state.Epoch > best.disk.state.Epoch) {
			best = m
		}
	}
	return best
}
