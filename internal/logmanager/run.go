package logmanager

import (
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// Run starts the committer, the flusher and the cleaner threads. Stop ends them.
func (m *Manager) Run() {
	m.cleaner.resize(m)
	m.running.Store(true)
	m.commit.loop.Wake()
	m.flush.loop.Wake()
	m.WakeCleaner()
}

// halt ends the committer, the flusher and the cleaner threads. Compactions under way are aborted.
func (m *Manager) halt() {
	m.stopping.Store(true)
	m.running.Store(false)
	m.commit.loop.Close()
	m.commit.end()
	m.flush.loop.Close()
	for _, t := range m.cleaner.all() {
		t.loop.Close()
		if t.run != nil {
			m.awaitCompaction(t.run)
			t.run = nil
		}
	}
}

// retryPause is the pause before an operation is tried again that failed for want of file
// descriptors.
const retryPause = 200 * time.Millisecond

// commitStep is the step of the committer. It lets a group grow for a moment where that pays, and
// then makes it durable.
func (m *Manager) commitStep() time.Duration {
	if pause := m.commit.await(m.host.Elapsed()); pause > 0 {
		return pause
	}
	m.Commit()
	if m.commit.mustRetry() {
		return retryPause
	}
	return host.Forever
}

// flushStep is the step of the flusher. It writes out segments that were rolled, so that neither an
// append nor a group commit waits for them.
func (m *Manager) flushStep() time.Duration {
	if m.Flush() {
		return host.Forever
	}
	return retryPause
}
