package logmanager

import "github.com/gregorhq/gregor/storage"

// Stop ends the drivers and lets go of everything. A clean stop syncs and snapshots every log, writes the checkpoints and,
// in each directory where all of that worked, the clean-shutdown marker with the broker's epoch. A stop that is not clean only
// closes files, as a crash would.
func (m *Manager) Stop(clean bool, brokerEpoch int64) {
	m.halt()
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return
	}
	m.closed = true
	m.mu.Unlock()
	logs := m.Logs()
	if clean {
		for m.Commit() > 0 {
		}
		m.Flush()
	}
	m.host.Each(len(logs), m.config.Load().workers(), func(i int) {
		l := logs[i]
		if err := l.Log.Close(clean); clean && diskError(err) {
			m.failDir(l.dir, err)
		}
	})
	if clean && m.loaded.Load() {
		m.checkpointClosed()
		m.markClean(brokerEpoch)
	}
	m.unlockAll()
}

func (m *Manager) checkpointClosed() {
	m.CheckpointRecoveryPoints()
	m.CheckpointHighWatermarks()
	m.CheckpointStartOffsets()
}

func (m *Manager) markClean(brokerEpoch int64) {
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		if err := storage.WriteCleanShutdown(m.opts.FS, d.path, brokerEpoch); err != nil {
			m.log.Warn("no clean-shutdown marker", "dir", d.path, "error", err)
		}
	}
}
