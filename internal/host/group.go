package host

import "sync"

// Group runs functions on an executor and can wait for all of them.
type Group struct {
	exec Executor

	mu   sync.Mutex
	idle sync.Cond // signalled when running reaches 0
	// waiting are the functions that have not begun, by number.
	waiting map[uint64]func()
	next    uint64
	running int
}

// NewGroup makes a group without functions.
func NewGroup(exec Executor) *Group {
	g := &Group{exec: exec, waiting: map[uint64]func(){}}
	g.idle.L = &g.mu
	return g
}

// Go runs f later, concurrently with the caller.
func (g *Group) Go(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.next
	g.next++
	g.waiting[n] = f
	g.exec.Go(func() { g.begin(n) })
}

func (g *Group) begin(n uint64) {
	g.mu.Lock()
	f := g.waiting[n]
	if f == nil { // Wait ran it
		g.mu.Unlock()
		return
	}
	delete(g.waiting, n)
	g.running++
	g.mu.Unlock()
	f()
	g.mu.Lock()
	if g.running--; g.running == 0 {
		g.idle.Broadcast()
	}
	g.mu.Unlock()
}

// Wait returns when every function passed to Go has returned. It runs the functions that have not
// begun itself, in the order of their Go calls. So it also ends on an executor with one goroutine.
// A function of the group must not call Wait.
func (g *Group) Wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for first := uint64(0); ; {
		for ; first < g.next; first++ {
			if f := g.waiting[first]; f != nil {
				delete(g.waiting, first)
				g.mu.Unlock()
				f()
				g.mu.Lock()
			}
		}
		if g.running == 0 && len(g.waiting) == 0 {
			return
		}
		if len(g.waiting) == 0 {
			g.idle.Wait()
		}
	}
}
