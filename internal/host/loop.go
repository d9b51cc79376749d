package host

import (
	"sync"
	"time"
)

// Forever is the pause of a Loop that runs again only after Wake.
const Forever time.Duration = -1

// Loop runs one function repeatedly, never twice at the same time. It replaces a goroutine that
// waits for a channel or a timer: between two steps no goroutine exists.
type Loop struct {
	exec Executor
	step func() time.Duration
	run  func() // l.steps, allocated once

	mu   sync.Mutex
	idle sync.Cond // signalled when a step ends
	// scheduled: the executor has run, but run has not begun. running: run has begun.
	scheduled, running bool
	// again: Wake was called during a step, so another step follows.
	again  bool
	closed bool
	timer  Timer
	// armed counts timers, so that the loop can ignore a late earlier timer.
	armed uint64
}

// NewLoop makes a loop that waits for Wake. step returns the pause until the next step: 0 for no
// pause, Forever for no next step. Wake ends the pause early.
func NewLoop(exec Executor, step func() time.Duration) *Loop {
	l := &Loop{exec: exec, step: step}
	l.idle.L = &l.mu
	l.run = l.steps
	return l
}

// Wake schedules a step. The step sees all writes of the caller before Wake. Several calls before
// the step begins cause one step.
func (l *Loop) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

func (l *Loop) wake() {
	switch {
	case l.closed || l.scheduled:
	case l.running:
		l.again = true
	default:
		l.disarm()
		l.scheduled = true
		l.exec.Go(l.run)
	}
}

func (l *Loop) disarm() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.armed++
}

// steps runs steps until one returns a pause.
func (l *Loop) steps() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scheduled = false
	for !l.closed {
		l.running, l.again = true, false
		l.mu.Unlock()
		pause := l.step()
		l.mu.Lock()
		l.running = false
		l.idle.Broadcast()
		if l.closed || l.again || pause == 0 {
			continue
		}
		if pause > 0 {
			l.arm(pause)
		}
		return
	}
}

func (l *Loop) arm(pause time.Duration) {
	l.armed++
	n := l.armed
	l.timer = l.exec.AfterFunc(pause, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if n == l.armed {
			l.timer = nil
			l.wake()
		}
	})
}

// Close ends the loop. After Close no step begins, and the current step has returned. A step must
// not close its own loop.
func (l *Loop) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.disarm()
	for l.running {
		l.idle.Wait()
	}
}
