package logmanager

import "sync"

// flusher holds rolled segments that are still to be written out.
type flusher struct {
	mu      sync.Mutex
	pending map[*Log]int64
	wake    chan struct{}
}

// FlushSoon has the log written out up to offset by a driver: done when a segment was rolled, so that the recovery point
// follows and a crash costs no more than the active segment (Kafka's "flush-log" task).
func (m *Manager) FlushSoon(l *Log, upTo int64) {
	f := &m.flush
	f.mu.Lock()
	f.pending[l] = max(f.pending[l], upTo)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Flush writes out what FlushSoon noted. The driver calls it; a test may, too.
func (m *Manager) Flush() {
	f := &m.flush
	f.mu.Lock()
	pending := f.pending
	f.pending = make(map[*Log]int64)
	f.mu.Unlock()
	for l, upTo := range pending {
		if l.gone.Load() || l.RecoveryPoint() >= upTo {
			continue
		}
		m.syncObserved(l, upTo)
	}
}

// syncObserved writes a log out and tells how long it took.
func (m *Manager) syncObserved(l *Log, upTo int64) {
	began := m.opts.Clock()
	if err := l.Sync(upTo); diskError(err) {
		m.failDir(l.dir, err)
	}
	if m.opts.OnSync != nil {
		m.opts.OnSync(m.opts.Clock() - began)
	}
}
