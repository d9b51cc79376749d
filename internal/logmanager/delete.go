package logmanager

import (
	"path/filepath"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// deletion is a renamed folder that waits for its removal. log is nil for one that was found at start.
type deletion struct {
	path  string
	log   *Log
	dueMs int64
}

// Delete takes a partition's log away: its folder gets a name that no partition has, at once, and goes after
// file.delete.delay.ms. The log must not be used afterwards; reads under way keep their files.
func (m *Manager) Delete(l *Log, nowMs int64) error {
	m.mu.Lock()
	m.leave(l)
	m.mu.Unlock()
	l.gone.Store(true)
	m.endCompaction(l)
	if err := l.dir.Err(); err != nil {
		return err
	}
	to := filepath.Join(l.dir.path, storage.MarkedDirName(l.TP.Topic, l.TP.Partition, host.UUID(m.host), storage.DirDelete))
	if err := l.Log.Rename(to); err != nil {
		if diskError(err) {
			m.failDir(l.dir, err)
		}
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.dir.deleting = append(l.dir.deleting, deletion{path: to, log: l, dueMs: nowMs + l.Config().FileDeleteDelayMs})
	return nil
}

// removeDeleted removes folders that are due.
func (m *Manager) removeDeleted(nowMs int64) {
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		m.mu.Lock()
		var due []deletion
		kept := d.deleting[:0]
		for _, x := range d.deleting {
			if x.dueMs <= nowMs {
				due = append(due, x)
			} else {
				kept = append(kept, x)
			}
		}
		d.deleting = kept
		m.mu.Unlock()
		for _, x := range due {
			if err := m.remove(x); err != nil {
				m.failDir(d, err)
				break
			}
		}
	}
}

func (m *Manager) remove(x deletion) error {
	if x.log != nil {
		return x.log.Log.Delete()
	}
	return m.opts.FS.RemoveAll(x.path)
}
