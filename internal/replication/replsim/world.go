package replsim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
)

// epoch is the wall clock at the start of a run.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// event is a function that runs at a simulated time.
type event struct {
	at   time.Duration
	draw uint32 // orders events of the same time
	n    uint64
	f    func()
	// life is the process that the event belongs to, nil for the network, the controller and
	// faults.
	life *life
	pos  int
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

func (q *events) Push(x any) { e := x.(*event); e.pos = len(*q); *q = append(*q, e) }

func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	e.pos = -1
	return e
}

// world is one run.
type world struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Duration
	queue events
	made  uint64
	// violation is the first broken promise.
	violation error
	trace     *trace.Trace

	nodes      []*node
	links      map[linkKey]*link
	cut        map[[2]int32]bool
	controller *controller
	producer   *producer
	check      *checker
	calm       bool // no more faults
	stats      Stats
}

// Stats counts what happened in a run.
type Stats struct {
	Acked, Failed, Fetches, Truncations, Elections, PowerCuts, Kills, Wipes, Pauses, Cuts, Breaks, Shrinks, Expands int
}

// Add adds the counts of another run.
func (s *Stats) Add(o Stats) {
	for _, x := range []struct{ to, from *int }{{&s.Acked, &o.Acked}, {&s.Failed, &o.Failed}, {&s.Fetches, &o.Fetches}, {&s.Truncations, &o.Truncations},
		{&s.Elections, &o.Elections}, {&s.PowerCuts, &o.PowerCuts}, {&s.Kills, &o.Kills}, {&s.Wipes, &o.Wipes}, {&s.Pauses, &o.Pauses}, {&s.Cuts, &o.Cuts},
		{&s.Breaks, &o.Breaks}, {&s.Shrinks, &o.Shrinks}, {&s.Expands, &o.Expands}} {
		*x.to += *x.from
	}
}

func (w *world) after(d time.Duration, f func()) *event { return w.schedule(nil, d, f) }

func (w *world) schedule(l *life, d time.Duration, f func()) *event {
	w.made++
	e := &event{at: w.now + max(d, 0), draw: w.rng.Uint32(), n: w.made, f: f, life: l}
	heap.Push(&w.queue, e)
	return e
}

func (w *world) cancel(e *event) bool {
	if e.pos < 0 {
		return false
	}
	heap.Remove(&w.queue, e.pos)
	e.pos = -1
	return true
}

// run runs events until a time or the first violation.
func (w *world) run(end time.Duration) {
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
		e.f()
	}
	w.now = max(w.now, end)
}

// fail notes a broken promise. Only the first one counts.
func (w *world) fail(format string, args ...any) {
	if w.violation == nil {
		w.violation = fmt.Errorf("seed %d at %v: "+format, append([]any{w.seed, w.now}, args...)...)
		w.note("VIOLATION %v", w.violation)
	}
}

func (w *world) note(format string, args ...any) {
	if w.trace != nil {
		w.trace.Add(w.now, fmt.Sprintf(format, args...))
	}
}

func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64(hi-lo)+1))
}

func (w *world) chance(n int) bool { return w.rng.IntN(n) == 0 }
