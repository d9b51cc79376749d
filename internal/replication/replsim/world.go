package replsim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/sim/agenda"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

// epoch is the wall clock at the start of a run.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// task is a function that runs at a simulated time.
type task struct {
	f func()
	// life is the process that the task belongs to, nil for the network, the controller and faults.
	life *life
}

type event = agenda.Event[task]

// world is one run.
type world struct {
	seed  uint64
	rng   *rand.Rand
	now   time.Duration
	queue agenda.Agenda[task]
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
	return w.queue.Add(w.now+max(d, 0), w.rng.Uint32(), task{f, l})
}

// run runs events until a time or the first violation.
func (w *world) run(end time.Duration) {
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
		e.What.f()
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
