package logmanager

import (
	"sync"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// flusher holds the logs of a directory with rolled segments that are not on disk yet.
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
	f := &l.dir.flush
	f.note(l, upTo)
	f.wake()
}

// Flush syncs the logs of FlushSoon. It returns false when a sync has to be tried again. The
// flushers do it; a test may, too.
func (m *Manager) Flush() (done bool) {
	done = true
	for _, d := range m.dirs {
		done = m.flushIn(d) && done
	}
	return done
}

func (m *Manager) flushIn(d *Dir) (done bool) {
	done = true
	f := &d.flush
	f.mu.Lock()
	pending := f.pending
	f.pending = nil
	f.mu.Unlock()
	for _, l := range pending {
		f.mu.Lock()
		upTo := l.flushTo
		l.flushTo = 0
		f.mu.Unlock()
		if l.gone.Load() || l.RecoveryPoint() >= upTo {
			continue
		}
		if err := m.syncObserved(l, upTo); storage.Classify(err) == storage.ClassRetry {
			f.note(l, upTo)
			done = false
		}
	}
	return done
}

// note adds a log to pending.
func (f *flusher) note(l *Log, upTo int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.flushTo == 0 && upTo > 0 {
		f.pending = append(f.pending, l)
	}
	l.flushTo = max(l.flushTo, upTo)
}

// syncObserved syncs a log and reports the duration to OnSync.
func (m *Manager) syncObserved(l *Log, upTo int64) error {
	began := m.host.Elapsed()
	err := l.Sync(upTo)
	m.logError(l, "sync", err)
	if m.opts.OnSync != nil {
		m.opts.OnSync(int64(m.host.Elapsed() - began))
	}
	return err
}
