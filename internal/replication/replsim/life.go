package replsim

import (
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// life is one process of a broker. It is the host of the broker's engines.
type life struct {
	w           *world
	began       time.Duration
	pausedUntil time.Duration
	// slowUntil delays the work of loops, above all the syncs, as a slow disk does.
	slowUntil time.Duration
	ended     bool
}

// Now implements host.Clock.
func (l *life) Now() time.Time { return epoch.Add(l.w.now) }

// Elapsed implements host.Clock.
func (l *life) Elapsed() time.Duration { return l.w.now - l.began + 1 }

// Uint64 implements host.Random.
func (l *life) Uint64() uint64 { return l.w.rng.Uint64() }

// Go implements host.Executor.
func (l *life) Go(f func()) {
	longest := 200 * time.Microsecond
	switch {
	case l.slowUntil > l.w.now:
		longest = 1500 * time.Millisecond
	case l.w.chance(30):
		longest = 20 * time.Millisecond
	}
	l.w.schedule(l, l.w.between(0, longest), f)
}

// AfterFunc implements host.Executor.
func (l *life) AfterFunc(d time.Duration, f func()) host.Timer {
	return timer{l.w, l.w.schedule(l, d+l.w.between(0, time.Millisecond), f)}
}

// Each implements host.Executor.
func (l *life) Each(n, _ int, f func(i int)) {
	for _, i := range l.w.rng.Perm(n) {
		f(i)
	}
}

type timer struct {
	w *world
	e *event
}

// Stop implements host.Timer.
func (t timer) Stop() bool { return t.w.queue.Cancel(t.e) }
