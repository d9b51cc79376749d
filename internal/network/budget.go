package network

import "sync"

// budget bounds the bytes of all request frames held at once, over all connections.
type budget struct {
	mu   sync.Mutex
	free int64
	// Invariant: waiters are released first come, first served, and none waits while its need fits.
	waiters []*budgetWaiter
}

type budgetWaiter struct {
	need  int64
	ready chan struct{}
}

func newBudget(n int64) *budget { return &budget{free: n} }

// tryAcquire takes n bytes, or returns a waiter whose channel closes once they were taken for it. A need above the
// whole budget is granted when the budget is otherwise unused, so that one large frame is possible still.
func (b *budget) tryAcquire(n int64) *budgetWaiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiters) == 0 && b.free > 0 {
		b.free -= n
		return nil
	}
	w := &budgetWaiter{need: n, ready: make(chan struct{})}
	b.waiters = append(b.waiters, w)
	return w
}

func (b *budget) release(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	for len(b.waiters) > 0 && b.free > 0 {
		w := b.waiters[0]
		b.waiters[0] = nil
		b.waiters = b.waiters[1:]
		b.free -= w.need
		close(w.ready)
	}
}

// forget takes back a waiter whose connection closed.
func (b *budget) forget(w *budgetWaiter) {
	b.mu.Lock()
	for i, x := range b.waiters {
		if x == w {
			b.waiters = append(b.waiters[:i], b.waiters[i+1:]...)
			b.mu.Unlock()
			return
		}
	}
	b.mu.Unlock()
	b.release(w.need)
}
