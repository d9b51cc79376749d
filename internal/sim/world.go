package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

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
	queue events
	// made counts events. It orders events with the same time and draw.
	made  uint64
	trace *trace.Trace
	// violation is the first broken promise. The run ends with it.
	violation error
}

// event is one function that runs at a simulated time.
type event struct {
	at   time.Duration
	draw uint32 // orders events of the same time at random
	n    uint64
	what string
	f    func()
	// life is the life of the node that the event belongs to, nil for clients and faults.
	life *life
	pos  int // index in the queue, -1 after the event has run or was stopped
}

type events []*event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.at != b.at {
		return a.at < b.at
	}
	if a.draw != b.draw {
		return a.draw < b.draw
	}
	return a.n < b.n
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i]; q[i].pos, q[j].pos = i, j }
func (q *events) Push(x any)   { e := x.(*event); e.pos = len(*q); *q = append(*q, e) }
func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	e.pos = -1
	return e
}

func newWorld(seed uint64, record *trace.Trace) *World {
	return &World{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), trace: record}
}

// after runs f after d. what names the event in the trace.
func (w *World) after(d time.Duration, what string, f func()) *event {
	return w.schedule(nil, d, what, f)
}

func (w *World) schedule(l *life, d time.Duration, what string, f func()) *event {
	w.made++
	e := &event{at: w.now + max(d, 0), draw: w.rng.Uint32(), n: w.made, what: what, f: f, life: l}
	heap.Push(&w.queue, e)
	return e
}

// cancel removes a pending event. It returns false when the event has run or was removed before.
func (w *World) cancel(e *event) bool {
	if e.pos < 0 {
		return false
	}
	heap.Remove(&w.queue, e.pos)
	e.pos = -1
	return true
}

// run runs events until the simulated time end or the first violation.
func (w *World) run(end time.Duration) {
	for w.violation == nil && len(w.queue) > 0 && w.queue[0].at <= end {
		e := heap.Pop(&w.queue).(*event)
		w.now = max(w.now, e.at)
		if l := e.life; l != nil {
			if l.ended {
				continue
			}
			if l.pausedUntil > w.now {
				e.at = l.pausedUntil
				heap.Push(&w.queue, e)
				continue
			}
		}
		w.trace.Add(w.now, e.what)
		e.f()
		if l := e.life; l != nil {
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
