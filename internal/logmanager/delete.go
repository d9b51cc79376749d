package logmanager

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// deletion is a folder that is renamed and then waits for its removal.
type deletion struct {
	tp storage.TopicPartition
	// path is the name that no partition has. from is the name before, for a folder without an open
	// log.
	path, from string
	// log is nil for a folder whose log was not open.
	log   *Log
	dueMs int64
	// moved is true when the folder has its new name, and named when this is durable.
	moved, named bool
}

// Delete takes a partition's log away. Its folder gets a name that no partition has, at once, and
// is removed after file.delete.delay.ms. The log must not be used afterwards. Reads under way keep
// their files.
func (m *Manager) Delete(l *Log, nowMs int64) error {
	m.mu.Lock()
	m.leave(l)
	delete(m.aside, l.TP)
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
	return m.beginDeletion(l.dir, deletion{tp: l.TP, path: m.deletedPath(l.dir, l.TP), log: l, dueMs: nowMs + l.Config().FileDeleteDelayMs})
}

// Discard deletes the rest of a partition that has no open log, because the log is damaged or lost,
// or because its creation was not completed.
func (m *Manager) Discard(topic string, partition int32, nowMs int64) error {
	tp := storage.TopicPartition{Topic: topic, Partition: partition}
	m.mu.Lock()
	b, ok := m.broken[tp]
	delete(m.broken, tp)
	delete(m.aside, tp)
	if d := m.begun[tp]; d != nil {
		b, ok = broken{dir: d, path: filepath.Join(d.path, storage.PartitionDirName(topic, partition))}, true
		delete(m.begun, tp)
	}
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
	return m.beginDeletion(b.dir, deletion{tp: tp, path: m.deletedPath(b.dir, tp), from: b.path, dueMs: nowMs})
}

// beginDeletion renames the folder of x. After a lack of file descriptors, removeDeleted tries the
// rename again.
func (m *Manager) beginDeletion(d *Dir, x deletion) error {
	d.naming.Lock()
	defer d.naming.Unlock()
	m.mu.RLock()
	begun := x.log != nil && slices.ContainsFunc(d.deleting, func(o deletion) bool { return o.log == x.log })
	m.mu.RUnlock()
	if begun {
		return nil
	}
	err := m.name(d, &x)
	if err == nil || storage.Classify(err) == storage.ClassRetry {
		m.deleteLater(d, x)
		return nil
	}
	if offline := d.Err(); offline != nil {
		return offline // it has its own line in the log
	}
	return err
}

// name gives the folder of x its new name, durably. A second call completes what the first one has
// begun. Dir.naming is held.
func (m *Manager) name(d *Dir, x *deletion) error {
	if x.log != nil {
		err := x.log.Log.Rename(x.path)
		m.logError(x.log, "rename", err)
		x.named = err == nil
		return err
	}
	if !x.moved {
		// The folder of a damaged or lost partition may be gone. Then nothing is left to delete.
		if err := d.fs.Rename(x.from, x.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			m.dirError(d, "rename", err)
			return err
		}
		x.moved = true
	}
	err := d.fs.SyncDir(d.path)
	m.dirError(d, "rename", err)
	x.named = err == nil
	return err
}

// nameDeleted renames the folders that beginDeletion could not rename. They stay in Dir.deleting
// meanwhile.
func (m *Manager) nameDeleted(d *Dir) error {
	if d.Err() != nil {
		return nil
	}
	d.naming.Lock()
	defer d.naming.Unlock()
	m.mu.RLock()
	var unnamed []deletion
	for _, x := range d.deleting {
		if !x.named {
			unnamed = append(unnamed, x)
		}
	}
	m.mu.RUnlock()
	var failed error
	for _, x := range unnamed {
		err := m.name(d, &x)
		m.replaceDeletion(d, x, err == nil || storage.Classify(err) == storage.ClassRetry)
		failed = cmp.Or(failed, err)
	}
	return failed
}

// replaceDeletion puts x in the place of the deletion with its path, or removes that deletion.
func (m *Manager) replaceDeletion(d *Dir, x deletion, keep bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range d.deleting {
		if d.deleting[i].path != x.path {
			continue
		}
		if keep {
			d.deleting[i] = x
		} else {
			d.deleting = slices.Delete(d.deleting, i, i+1)
		}
		return
	}
}

// nameFolderOf is nameDeleted when a folder that waits for its new name still has the name of tp.
// It must not meet a new log of the same name. It does not wait for a directory that has no such
// folder.
func (m *Manager) nameFolderOf(d *Dir, tp storage.TopicPartition) error {
	m.mu.RLock()
	waits := slices.ContainsFunc(d.deleting, func(x deletion) bool { return x.tp == tp && !x.named })
	m.mu.RUnlock()
	if !waits {
		return nil
	}
	return m.nameDeleted(d)
}

func (m *Manager) deletedPath(d *Dir, tp storage.TopicPartition) string {
	return filepath.Join(d.path, storage.MarkedDirName(tp.Topic, tp.Partition, host.UUID(m.host), storage.DirDelete))
}

func (m *Manager) deleteLater(d *Dir, x deletion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d.deleting = append(d.deleting, x)
}

// removeDeleted removes the folders of d that are due. The entries of their logs leave the
// checkpoint files first.
func (m *Manager) removeDeleted(d *Dir, nowMs int64) {
	_ = m.nameDeleted(d) // it has logged its error
	due := m.takeDue(d, nowMs)
	if len(due) == 0 {
		return
	}
	err := m.forgetThose(d, func() []storage.TopicPartition { return m.gone(d, due) })
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

// gone returns the partitions of deletions in d, without partitions that exist again there and are
// damaged: their checkpoint entries stay.
func (m *Manager) gone(d *Dir, due []deletion) (tps []storage.TopicPartition) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, x := range due {
		if b, damaged := m.broken[x.tp]; !damaged || b.dir != d {
			tps = append(tps, x.tp)
		}
	}
	return tps
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
		if x.dueMs <= nowMs && x.named {
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
