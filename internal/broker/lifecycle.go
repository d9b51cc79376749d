package broker

import (
	"context"
	"sync"
)

// lifecycle is the state of a node from Begin to the end of BeginStop. Each transition happens
// once, in this order: begun, serving or failed, leaving, closing, stopped.
type lifecycle struct {
	// patience ends when the stop no longer waits for pending requests.
	patience context.Context
	hurry    context.CancelFunc

	mu sync.Mutex
	// started receives the outcome of the start. It is nil before Begin and after the call.
	started func(error)
	outcome error
	decided bool

	leaving, closing, ended bool
	// building is set while Begin builds the engines, which must not be closed meanwhile. late is
	// set when the node was to close in that time.
	building, late bool
	// stopped are the callbacks of BeginStop. Invariant: empty once ended.
	stopped []func()
}

func (l *lifecycle) init() { l.patience, l.hurry = context.WithCancel(context.Background()) }

func (l *lifecycle) begin(started func(error)) {
	l.mu.Lock()
	l.started, l.building = started, true
	l.mu.Unlock()
}

// built marks the end of Begin. It reports whether the node was to close in the meantime.
func (l *lifecycle) built() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.building = false
	return l.late
}

// report records how the start ended. The first call wins and returns true. report calls started
// for a failure; notify calls it for a success.
func (l *lifecycle) report(err error) bool {
	l.mu.Lock()
	if l.decided {
		l.mu.Unlock()
		return false
	}
	l.decided, l.outcome = true, err
	l.mu.Unlock()
	if err != nil {
		l.notify()
	}
	return true
}

// notify calls the callback of Begin.
func (l *lifecycle) notify() {
	l.mu.Lock()
	started, err := l.started, l.outcome
	l.started = nil
	l.mu.Unlock()
	if started != nil {
		started(err)
	}
}

// leave begins the stop. It returns true to the first caller; stopped is called at the end.
func (l *lifecycle) leave(stopped func()) bool {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		stopped()
		return false
	}
	l.stopped = append(l.stopped, stopped)
	first := !l.leaving
	l.leaving = true
	l.mu.Unlock()
	return first
}

// close moves from leaving to closing. It returns true once, and only after leave. While Begin
// builds the node it waits for built.
func (l *lifecycle) close() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.building {
		l.late = true
		return false
	}
	first := l.leaving && !l.closing
	l.closing = l.closing || first
	return first
}

// end marks the node as stopped and calls the callbacks in stopped.
func (l *lifecycle) end() {
	l.mu.Lock()
	l.ended = true
	stopped := l.stopped
	l.stopped = nil
	l.mu.Unlock()
	for _, f := range stopped {
		f()
	}
}
