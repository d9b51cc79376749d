package network

import "sync"

// budget bounds the bytes of all request frames of all connections.
//
// A frame begins only while the budget is not used up. Frames that have begun and must grow could
// wait for each other for ever. So one request at a time may overdraw the budget,
// from the growth of its frame until it gives all bytes back. The bound is the budget, a first
// chunk and one frame.
type budget struct {
	mu    sync.Mutex
	total int64
	free  int64
	// overdrawn is set while a request holds more than the budget had. Invariant: at most one does.
	overdrawn bool
	// Invariant: both queues are first come, first served. Growing frames go before beginning ones,
	// because they give their bytes back when they are complete.
	growing, beginning []*budgetWaiter
}

type budgetWaiter struct {
	need  int64
	hold  *holding
	ready chan struct{}
}

// holding counts the bytes that one frame has taken from the budget.
type holding struct {
	n         int64
	overdraws bool
}

func newBudget(n int64) *budget { return &budget{total: n, free: n} }

// tight reports whether more than half is in use.
func (b *budget) tight() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free < b.total/2
}

// left returns the number of free bytes. It is below 0 while a frame overdraws.
func (b *budget) left() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free
}

// begin takes n bytes for a frame's first bytes, or returns a waiter whose channel closes when they
// are taken.
func (b *budget) begin(h *holding, n int64) *budgetWaiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.free > 0 && len(b.growing) == 0 && len(b.beginning) == 0 {
		b.take(h, n)
		return nil
	}
	w := &budgetWaiter{need: n, hold: h, ready: make(chan struct{})}
	b.beginning = append(b.beginning, w)
	return w
}

// grow takes n more bytes for a frame that has begun, or returns a waiter.
func (b *budget) grow(h *holding, n int64) *budgetWaiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h.overdraws || b.free >= n && len(b.growing) == 0 {
		b.take(h, n)
		return nil
	}
	w := &budgetWaiter{need: n, hold: h, ready: make(chan struct{})}
	b.growing = append(b.growing, w)
	b.grant()
	return w
}

// release gives all bytes of a frame back.
func (b *budget) release(h *holding) {
	if h.n == 0 && !h.overdraws {
		return
	}
	b.mu.Lock()
	b.giveBack(h)
	b.grant()
	b.mu.Unlock()
}

// forget removes a waiter whose connection closed, and gives the bytes of its frame back.
func (b *budget) forget(w *budgetWaiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.growing = remove(b.growing, w)
	b.beginning = remove(b.beginning, w)
	b.giveBack(w.hold)
	b.grant()
}

// The rest needs mu.

func (b *budget) take(h *holding, n int64) {
	b.free -= n
	h.n += n
}

func (b *budget) giveBack(h *holding) {
	b.free += h.n
	if h.overdraws {
		b.overdrawn = false
	}
	*h = holding{}
}

func (b *budget) grant() {
	for len(b.growing) > 0 && (b.free >= b.growing[0].need || !b.overdrawn) {
		w := b.growing[0]
		b.growing = b.growing[1:]
		if b.free < w.need {
			b.overdrawn, w.hold.overdraws = true, true
		}
		b.take(w.hold, w.need)
		close(w.ready)
	}
	for len(b.beginning) > 0 && len(b.growing) == 0 && b.free > 0 {
		w := b.beginning[0]
		b.beginning = b.beginning[1:]
		b.take(w.hold, w.need)
		close(w.ready)
	}
}

func remove(ws []*budgetWaiter, w *budgetWaiter) []*budgetWaiter {
	for i, x := range ws {
		if x == w {
			return append(ws[:i], ws[i+1:]...)
		}
	}
	return ws
}
