package replication

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/vfs"
)

// steppedHost runs everything in the goroutine of the test, over a clock that the test moves.
type steppedHost struct {
	host.Host
	elapsed time.Duration
	due     []steppedCall
	ran     int
}

type steppedCall struct {
	at      time.Duration
	f       func()
	stopped *atomic.Bool
}

type steppedTimer struct{ stopped *atomic.Bool }

func (t steppedTimer) Stop() bool { return !t.stopped.Swap(true) }

func (h *steppedHost) Elapsed() time.Duration { return h.elapsed }

func (h *steppedHost) Go(f func()) { h.AfterFunc(0, f) }

func (h *steppedHost) AfterFunc(d time.Duration, f func()) host.Timer {
	c := steppedCall{h.elapsed + d, f, new(atomic.Bool)}
	h.due = append(h.due, c)
	return steppedTimer{c.stopped}
}

// run advances the time by d and runs the due functions, in the order of time.
func (h *steppedHost) run(d time.Duration) {
	end := h.elapsed + d
	for {
		next := -1
		for i, c := range h.due {
			if c.at <= end && (next < 0 || c.at < h.due[next].at) {
				next = i
			}
		}
		if next < 0 {
			h.elapsed = end
			return
		}
		c := h.due[next]
		h.due = slices.Delete(h.due, next, next+1)
		h.elapsed = max(h.elapsed, c.at)
		if !c.stopped.Load() {
			h.ran++
			c.f()
		}
	}
}

// The expiry loop completes every delayed operation at its deadline, whatever the order in which
// they come. An operation whose deadline is later than that for which the loop waits does not wake
// it.
func TestExpiryLoop(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	h := &steppedHost{Host: host.Real(), elapsed: time.Second}
	n.m = New(Options{BrokerID: 1, Logs: n.logs, Config: n.m.config, Host: h, Logger: quiet})
	if err := n.m.Start(n.image, startMs, nil, nil); err != nil {
		t.Fatal(err)
	}
	n.createTopic("t", 1)
	n.m.Run()
	h.run(0)
	answered := map[int32]time.Duration{}
	begin := h.elapsed
	wait := func(ms int32) {
		f := NewFetchRequest()
		f.MaxWaitMs, f.MinBytes = ms, 1
		p := f.Add()
		p.Topic, p.MaxBytes = "t", 1000
		f.Done = func(f *FetchRequest) { answered[ms] = h.elapsed - begin }
		n.m.Fetch(f)
	}
	for _, ms := range []int32{500, 900, 300, 301, 5000, 40} {
		wait(ms)
	}
	h.run(0)
	before := h.ran
	for ms := range int32(1000) {
		wait(10_000 + ms)
	}
	if h.run(0); h.ran != before {
		t.Errorf("%d later deadlines ran the loop %d times", 1000, h.ran-before)
	}
	h.run(time.Minute)
	if len(answered) != 1006 {
		t.Errorf("%d of 1006 fetches are answered", len(answered))
	}
	for ms, at := range answered {
		if want := time.Duration(ms) * time.Millisecond; at < want || at > want+time.Millisecond {
			t.Errorf("a wait of %d ms ended after %v", ms, at)
		}
	}
	n.m.Stop()
	wait(100)
	if h.run(time.Minute); len(answered) != 1006 {
		t.Error("a fetch is answered after the stop")
	}
}
