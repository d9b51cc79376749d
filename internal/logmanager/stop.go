package logmanager

import "github.com/gregorhq/gregor/storage"

// Stop ends the committer, the flusher and the cleaner, and closes everything. A clean stop syncs
// and snapshots every log, writes the checkpoints and, in each directory where all of that worked,
// the clean-shutdown marker with the broker's epoch. Any other stop only closes files, as a crash
// does.
func (m *Manager) Stop(clean bool, brokerEpoch int64) {
	m.mu.Lock()
	closed := m.closed
	m.closed = true
	m.mu.Unlock()
	if closed {
		return
	}
	m.halt()
	if clean {
		for m.Commit() > 0 {
		}
	}
	logs := m.Logs()
	if clean {
		m.settle(logs)
	}
	m.host.Each(len(logs), m.config.Load().workers(), func(i int) {
		if err := logs[i].Log.Close(clean); clean && err != nil {
			logs[i].dir.unsettled.Store(true)
			m.logError(logs[i], "close", err)
		}
	})
	m.closeDeleted()
	m.commit.abandon()
	if clean && m.loaded.Load() {
		m.checkpointClosed()
		m.markClean(brokerEpoch)
	}
	m.unlockAll()
}

// closeDeleted closes the logs whose folders wait for their removal. The next start removes them.
func (m *Manager) closeDeleted() {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, d := range m.dirs {
		for _, x := range d.deleting {
			if x.log != nil {
				_ = x.log.Log.Close(false) // its files are worth nothing
			}
		}
	}
}

// syncsOfClose is the number of syncs of a Close without settle.
const syncsOfClose = 4

// closeWidth is the number of logs that are prepared for a stop at the same time. A log that was
// never synced has a file to sync, and a disk does many of these as fast as one.
const closeWidth = 32

// settle makes logs durable as one group in each directory, except logs apart. It does most of the
// work of clean closes: Close syncs each log on its own, which takes about a millisecond.
func (m *Manager) settle(logs []*Log) {
	for _, d := range m.dirs {
		var dirty []*Log
		for _, l := range logs {
			if l.dir == d && !l.apart {
				dirty = append(dirty, l)
			}
		}
		if d.mount == nil || d.Err() != nil || !m.commit.costs.preferFS(syncsOfClose*len(dirty)) {
			continue
		}
		halves := make([]half, len(dirty))
		m.host.Each(len(dirty), max(m.config.Load().workers(), closeWidth), func(i int) {
			upTo, gen, err := dirty[i].PrepareClose()
			if err != nil {
				m.logError(dirty[i], "close", err)
				return // Close tries again
			}
			halves[i] = half{dirty[i], upTo, gen}
		})
		if d.Err() != nil {
			continue
		}
		if err := d.mount.SyncFS(); err != nil {
			m.failDir(d, err)
			continue
		}
		for _, h := range halves {
			if h.l != nil {
				h.l.SyncDone(h.upTo, h.gen)
			}
		}
	}
}

func (m *Manager) checkpointClosed() {
	m.CheckpointRecoveryPoints()
	m.CheckpointHighWatermarks()
	m.CheckpointStartOffsets()
}

// markClean writes the clean-shutdown markers. A directory gets none when a log of it could not be
// closed, and when one is damaged or missing: if an operator repairs or brings back its folder, the
// next start must recover it, because it may be as an earlier crash left it.
func (m *Manager) markClean(brokerEpoch int64) {
	for _, d := range m.dirs {
		if d.Err() != nil || d.unsettled.Load() || m.hasBroken(d) {
			continue
		}
		if err := storage.WriteCleanShutdown(d.fs, d.path, brokerEpoch); err == nil {
			continue
		} else if gone := m.unmounted(d); gone != nil {
			m.failDir(d, gone)
		} else {
			m.log.Warn("no clean-shutdown marker", "dir", d.path, "error", err)
		}
	}
}

// hasBroken is true when a log of d is damaged or missing.
func (m *Manager) hasBroken(d *Dir) bool {
	d.checkpoints.Lock()
	kept := len(d.keep)
	d.checkpoints.Unlock()
	if kept > 0 {
		return true
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, b := range m.broken { // any order
		if b.dir == d {
			return true
		}
	}
	return false
}
