package logmanager

import (
	"sync"

	"github.com/gregorhq/gregor/internal/host"
)

// flusher holds the logs with rolled segments that are not on disk yet.
type flusher struct {
	mu sync.Mutex
	// pending are the logs with a flushTo, in the order of the calls of FlushSoon.
	pending []*Log
	wake    func()
	loop    *host.Loop
}

// FlushSoon makes the flusher sync the log up to offset upTo. A roll calls it, so that the recovery
// point follows and a crash costs no more than the recovery of the active segment (Kafka's
// "flush-log" task).
func (m *Manager) FlushSoon(l *Log, upTo int64) {
	f := &m.flush
	f.mu.Lock()
	if l.flushTo == 0 && upTo > 0 {
		f.pending = append(f.pending, l)
	}
	l.flushTo = max(l.flushTo, upTo)
	f.mu.Unlock()
	f.wake()
}

// Flush syncs the logs of FlushSoon. The flusher calls it; a test may, too.
func (m *Manager) Flush() {
	f := &m.flush
	f.mu.Lock()
	pending := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, l := range pending {
		f.mu.Lock()
		upTo := l.flushTo
		l.flushTo = 0
		f.mu.Unlock()
		if !l.gone.Load() && l.RecoveryPoint() < upTo {
			m.syncObserved(l, upTo)
		}
	}
}

// syncObserved syncs a log and reports the duration to OnSync.
func (m *Manager) syncObserved(l *Log, upTo int64) {
	began := m.host.Elapsed()
	if err := l.Sync(upTo); diskError(err) {
		m.failDir(l.dir, err)
	}
	if m.opts.OnSync != nil {
		m.opts.OnSync(int64(m.host.Elapsed() - began))
	}
}
