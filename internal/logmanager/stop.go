package logmanager

import (
	"slices"

	"github.com/gregorhq/gregor/storage"
)

// Stop ends the committers, the flushers and the cleaner, and closes everything. A clean stop syncs
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
	m.stopping.Store(true)
	m.running.Store(false)
	// Each directory on its own: a disk that hangs does not keep the marker from the others. Stop
	// itself waits for all of them.
	n := len(m.dirs)
	m.host.Each(n+1, n+1, func(i int) {
		if i == n {
			m.haltShared()
			return
		}
		m.haltDir(m.dirs[i])
		m.stopDir(m.dirs[i], clean, brokerEpoch)
	})
	m.closeDeleted()
	m.unlockAll()
}

// stopDir closes the logs of a directory, and writes its checkpoints and its marker.
func (m *Manager) stopDir(d *Dir, clean bool, brokerEpoch int64) {
	if clean {
		for m.commitIn(d) > 0 {
		}
	}
	logs := slices.Collect(m.logsIn(d))
	if clean {
		m.settle(d, logs)
	}
	m.host.Each(len(logs), m.config.Load().workers(), func(i int) {
		if err := logs[i].Log.Close(clean); clean && err != nil {
			d.unsettled.Store(true)
			m.logError(logs[i], "close", err)
		}
	})
	d.commit.abandon()
	if clean && m.loaded.Load() {
		m.checkpoint(recoveryPoints, d)
		m.checkpoint(highWatermarks, d)
		m.checkpoint(startOffsets, d)
		m.markClean(d, brokerEpoch)
	}
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

// settle makes the logs of d durable as one group, except logs apart. It does most of the work of
// clean closes: Close syncs each log on its own, which takes some milliseconds. Two syncs of the
// file system take their place. The second one is for files that must get their names after the
// contents or the names of others are on disk. Nothing else waits for the disk, so more workers
// than cores would only compete for the locks of the file system.
func (m *Manager) settle(d *Dir, logs []*Log) {
	var dirty []*Log
	for _, l := range logs {
		if !l.apart {
			dirty = append(dirty, l)
		}
	}
	if d.mount == nil || d.Err() != nil || !d.commit.costs.preferFS(syncsOfClose*len(dirty)) {
		return
	}
	width := m.config.Load().workers()
	staged := make([]bool, len(dirty))
	m.host.Each(len(dirty), width, func(i int) {
		var err error
		if staged[i], err = dirty[i].StageClose(); err != nil {
			m.logError(dirty[i], "close", err) // Close tries again
		}
	})
	if slices.Contains(staged, true) {
		if !m.syncWhole(d) {
			return
		}
		for i, l := range dirty {
			if staged[i] {
				l.StageDone()
			}
		}
	}
	halves := make([]half, len(dirty))
	m.host.Each(len(dirty), width, func(i int) {
		upTo, gen, err := dirty[i].PrepareClose()
		if err != nil {
			m.logError(dirty[i], "close", err)
			return // Close tries again
		}
		halves[i] = half{dirty[i], upTo, gen}
	})
	if !m.syncWhole(d) {
		return
	}
	for _, h := range halves {
		if h.l != nil {
			h.l.SyncDone(h.upTo, h.gen)
		}
	}
}

// syncWhole syncs the file system of d. It reports whether d is still online.
func (m *Manager) syncWhole(d *Dir) bool {
	if d.Err() != nil {
		return false
	}
	if err := d.mount.SyncFS(); err != nil {
		m.failDir(d, err)
		return false
	}
	return true
}

// markClean writes the clean-shutdown marker of d. A directory gets none when a log of it could not
// be closed, and when one is damaged or missing: if an operator repairs or brings back its folder,
// the next start must recover it, because it may be as an earlier crash left it.
func (m *Manager) markClean(d *Dir, brokerEpoch int64) {
	if d.Err() != nil || d.unsettled.Load() || m.hasBroken(d) {
		return
	}
	if err := storage.WriteCleanShutdown(d.fs, d.path, brokerEpoch); err == nil {
		return
	} else if gone := m.unmounted(d); gone != nil {
		m.failDir(d, gone)
	} else {
		m.log.Warn("no clean-shutdown marker", "dir", d.path, "error", err)
	}
}

// hasBroken is true when a log of d is damaged or missing.
func (m *Manager) hasBroken(d *Dir) bool {
	d.checkpoints.mu.Lock()
	kept := len(d.checkpoints.keep)
	d.checkpoints.mu.Unlock()
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
