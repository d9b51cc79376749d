package telemetry

import (
	"sync"
	"time"
)

// maxReasons bounds what a Limiter remembers, so that reasons made of a stranger's bytes cannot fill memory.
const maxReasons = 1024

// Limiter lets one line per reason and interval into the log.
type Limiter struct {
	interval time.Duration
	mu       sync.Mutex
	reasons  map[string]*reasonState // Invariant: len <= maxReasons
}

type reasonState struct {
	next       time.Time
	suppressed int
}

// NewLimiter allows one line per reason every interval.
func NewLimiter(interval time.Duration) *Limiter {
	return &Limiter{interval: interval, reasons: make(map[string]*reasonState)}
}

// Allow reports whether a line for this reason may be logged now, and how many were held back since the last.
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

// forget drops the reasons whose interval is over.
func (l *Limiter) forget(now time.Time) {
	for k, s := range l.reasons {
		if !now.Before(s.next) {
			delete(l.reasons, k)
		}
	}
}
