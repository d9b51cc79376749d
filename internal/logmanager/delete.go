package logmanager

import (
	"path/filepath"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// deletion is a renamed folder that waits for its removal. log is nil for one that was not open.
type deletion struct {
	tp    storage.TopicPartition
	path  string
	log   *Log
	dueMs int64
}

// Delete takes a partition's log away. Its folder gets a name that no partition has, at once, and
// is removed after file.delete.delay.ms. The log must not be used afterwards. Reads under way keep
// their files.
func (m *Manager) Delete(l *Log, nowMs int64) error {
	m.mu.Lock()
	m.leave(l)
	m.mu.Unlock()
	l.gone.Store(true)
	m.endCompaction(l)
	if err := l.dir.Err(); err != nil {
		return err
	}
	if m.Damaged(l.TP, l.TopicID) != nil {
		_ = l.Log.Close(false) // it is broken: its error is known
		return m.Discard(l.TP.Topic, l.TP.Partition, nowMs)
	}
	to := m.deletedPath(l.dir, l.TP)
	if err := l.Log.Rename(to); err != nil {
		m.logError(l, "rename", err)
		return err
	}
	m.deleteLater(l.dir, deletion{tp: l.TP, path: to, log: l, dueMs: nowMs + l.Config().FileDeleteDelayMs})
	return nil
}

// Discard deletes the rest of a partition that has no open log, because the log is damaged or lost.
func (m *Manager) Discard(topic string, partition int32, nowMs int64) error {
	tp := storage.TopicPartition{Topic: topic, Partition: partition}
	m.mu.Lock()
	b, ok := m.broken[tp]
	delete(m.broken, tp)
	m.mu.Unlock()
	for _, d := range m.dirs {
		if d.Err() == nil {
			if err := m.forget(d, tp); err != nil {
				m.dirError(d, "write of checkpoints", err)
			}
		}
	}
	if !ok || b.dir.Err() != nil {
		return nil
	}
	to := m.deletedPath(b.dir, tp)
	err := m.opts.FS.Rename(b.path, to)
	if err == nil {
		err = m.opts.FS.SyncDir(b.dir.path)
	}
	if err != nil {
		m.dirError(b.dir, "rename", err)
		return err
	}
	m.deleteLater(b.dir, deletion{tp: tp, path: to, dueMs: nowMs})
	return nil
}

func (m *Manager) deletedPath(d *Dir, tp storage.TopicPartition) string {
	return filepath.Join(d.path, storage.MarkedDirName(tp.Topic, tp.Partition, host.UUID(m.host), storage.DirDelete))
}

func (m *Manager) deleteLater(d *Dir, x deletion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d.deleting = append(d.deleting, x)
}

// removeDeleted removes the folders that are due. The entries of their logs leave the checkpoint
// files first.
func (m *Manager) removeDeleted(nowMs int64) {
	for _, d := range m.dirs {
		due := m.takeDue(d, nowMs)
		if len(due) == 0 {
			continue
		}
		tps := make([]storage.TopicPartition, len(due))
		for i, x := range due {
			tps[i] = x.tp
		}
		err := m.forget(d, tps...)
		done := 0
		for ; err == nil && done < len(due); done++ {
			err = m.remove(due[done])
		}
		if err != nil {
			for _, x := range due[max(done-1, 0):] {
				m.deleteLater(d, x)
			}
			m.dirError(d, "deletion of a folder", err)
		}
	}
}

// takeDue takes the deletions of d that are due.
func (m *Manager) takeDue(d *Dir, nowMs int64) (due []deletion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.Err() != nil {
		return nil
	}
	var later []deletion
	for _, x := range d.deleting {
		if x.dueMs <= nowMs {
			due = append(due, x)
		} else {
			later = append(later, x)
		}
	}
	if len(due) > 0 {
		d.deleting = later
	}
	return due
}

func (m *Manager) remove(x deletion) error {
	if x.log != nil {
		return x.log.Log.Delete()
	}
	return m.opts.FS.RemoveAll(x.path)
}
