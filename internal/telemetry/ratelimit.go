package telemetry

import (
	"sync"
	"time"
)

// maxReasons bounds the reasons that a Limiter remembers. A reason can contain bytes of a client,
// so clients could otherwise fill the memory.
const maxReasons = 1024

// Limiter allows one log line per reason and interval.
type Limiter struct {
	interval time.Duration
	mu       sync.Mutex
	reasons  map[string]*reasonState // Invariant: len <= maxReasons
}

type reasonState struct {
	next       time.Time
	suppressed int
}

// NewLimiter makes a Limiter with one line per reason and interval.
func NewLimiter(interval time.Duration) *Limiter {
	return &Limiter{interval: interval, reasons: make(map[string]*reasonState)}
}

// Allow reports whether a line for this reason may be logged now, and how many lines it has
// suppressed since the last one.
func (l *Limiter) Allow(reason string, now time.Time) (ok bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.reasons[reason]
	if s == nil {
		if len(l.reasons) >= maxReasons {
			l.forget(now)
		}
		if len(l.reasons) >= maxReasons {
			return false, 0
		}
		l.reasons[reason] = &reasonState{next: now.Add(l.interval)}
		return true, 0
	}
	if now.Before(s.next) {
		s.suppressed++
		return false, 0
	}
	suppressed, s.suppressed = s.suppressed, 0
	s.next = now.Add(l.interval)
	return true, suppressed
}

// forget removes the reasons whose interval is over.
func (l *Limiter) forget(now time.Time) {
	for k, s := range l.reasons {
		if !now.Before(s.next) {
			delete(l.reasons, k)
		}
	}
}
