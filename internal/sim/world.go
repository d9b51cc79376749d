package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/sim/agenda"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

// epoch is the wall clock at the start of every world.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// World is one simulated run: a clock, a queue of events and a source of randomness.
type World struct {
	seed uint64
	rng  *rand.Rand
	// now is the simulated time since the start. Only the event loop moves it.
	now time.Duration
	// skew is the difference between the wall clock and now.
	skew  time.Duration
	queue agenda.Agenda[task]
	trace *trace.Trace
	// violation is the first broken promise. The run ends with it.
	violation error
}

// task is one function that runs at a simulated time.
type task struct {
	name string // in the trace
	f    func()
	// life is the life of the node that the task belongs to, nil for clients and faults.
	life *life
}

type event = agenda.Event[task]

func newWorld(seed uint64, record *trace.Trace) *World {
	return &World{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), trace: record}
}

// after runs f after d. what names the event in the trace.
func (w *World) after(d time.Duration, what string, f func()) *event {
	return w.schedule(nil, d, what, f)
}

func (w *World) schedule(l *life, d time.Duration, what string, f func()) *event {
	return w.queue.Add(w.now+max(d, 0), w.rng.Uint32(), task{what, f, l})
}

// run runs events until the simulated time end or the first violation.
func (w *World) run(end time.Duration) {
	for w.violation == nil {
		e := w.queue.Take(end)
		if e == nil {
			break
		}
		w.now = max(w.now, e.At)
		l := e.What.life
		if l != nil && l.ended {
			continue
		}
		if l != nil && l.pausedUntil > w.now {
			w.queue.Delay(e, l.pausedUntil)
			continue
		}
		w.trace.Add(w.now, e.What.name)
		e.What.f()
		if l != nil {
			l.settle()
		}
	}
	if w.violation == nil {
		w.now = max(w.now, end)
	}
}

// fail records a broken promise. Only the first one counts.
func (w *World) fail(format string, args ...any) {
	if w.violation == nil {
		w.violation = fmt.Errorf("seed %d at %v: "+format, append([]any{w.seed, w.now}, args...)...)
		w.trace.Add(w.now, "VIOLATION "+w.violation.Error())
	}
}

// between draws a duration from lo up to hi.
func (w *World) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64(hi-lo)+1))
}

// chance returns true in one of n draws.
func (w *World) chance(n int) bool { return w.rng.IntN(n) == 0 }

func pick[T any](w *World, from ...T) T { return from[w.rng.IntN(len(from))] }

// wall returns the wall clock.
func (w *World) wall() time.Time { return epoch.Add(w.now + w.skew) }
