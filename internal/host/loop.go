package host

import (
	"sync"
	"time"
)

// Forever is the pause of a Loop that runs again only when it is woken.
const Forever time.Duration = -1

// Loop runs one function again and again, never twice at the same time. It replaces a goroutine
// that waits for a channel or a timer: between two steps nothing runs and nothing waits.
type Loop struct {
	exec Executor
	step func() time.Duration
	run  func() // l.steps, allocated once

	mu   sync.Mutex
	idle sync.Cond // signalled when a step ends
	// scheduled: run was handed to the executor and did not begin. running: it has begun.
	scheduled, running bool
	// again: Wake was called while a step ran, so another step follows.
	again  bool
	closed bool
	timer  Timer
	// armed counts timers, so that one that fires late does not count as the current one.
	armed uint64
}

// NewLoop makes a loop that runs nothing until Wake. step returns the pause until the next step:
// 0 for at once, Forever for none. Wake ends the pause early.
func NewLoop(exec Executor, step func() time.Duration) *Loop {
	l := &Loop{exec: exec, step: step}
	l.idle.L = &l.mu
	l.run = l.steps
	return l
}

// Wake makes a step begin soon. What the caller did before Wake is visible to that step. Several
// calls before the step begins make one step.
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

// steps runs steps until one asks for a pause.
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

// Close ends the loop: no step begins any more, and a step that runs has returned when Close
// returns. A step must not close its own loop.
func (l *Loop) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.disarm()
	for l.running {
		l.idle.Wait()
	}
}
