package logmanager

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// oneGoroutine is a host that runs everything in the goroutine of the test, over simulated time. A
// manager that waited for something would wait for ever.
type oneGoroutine struct {
	now    time.Duration
	queue  []func()
	timers []*simTimer
	random uint64
}

type simTimer struct {
	at      time.Duration
	f       func()
	stopped bool
}

var _ host.Host = (*oneGoroutine)(nil)

func newHost() *oneGoroutine { return &oneGoroutine{now: time.Second} }

func (h *oneGoroutine) Now() time.Time         { return time.UnixMilli(nowMs).Add(h.now) }
func (h *oneGoroutine) Elapsed() time.Duration { return h.now }
func (h *oneGoroutine) Uint64() uint64         { h.random += 0x9e3779b97f4a7c15; return h.random }
func (h *oneGoroutine) Go(f func())            { h.queue = append(h.queue, f) }

func (h *oneGoroutine) Each(n, _ int, f func(int)) {
	for i := range n {
		f(i)
	}
}

func (h *oneGoroutine) AfterFunc(d time.Duration, f func()) host.Timer {
	t := &simTimer{at: h.now + d, f: f}
	h.timers = append(h.timers, t)
	return t
}

func (t *simTimer) Stop() bool {
	was := t.stopped
	t.stopped = true
	return !was
}

// run runs the functions that are due now.
func (h *oneGoroutine) run() {
	for len(h.queue) > 0 {
		f := h.queue[0]
		h.queue = h.queue[1:]
		f()
	}
}

// advance lets time pass.
func (h *oneGoroutine) advance(d time.Duration) {
	h.run()
	for end := h.now + d; ; h.run() {
		h.timers = slices.DeleteFunc(h.timers, func(t *simTimer) bool { return t.stopped })
		slices.SortStableFunc(h.timers, func(a, b *simTimer) int { return int(a.at - b.at) })
		if len(h.timers) == 0 || h.timers[0].at > end {
			h.now = end
			return
		}
		t := h.timers[0]
		h.now, t.stopped = t.at, true
		t.f()
	}
}
