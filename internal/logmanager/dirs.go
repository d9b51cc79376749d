package logmanager

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const lockFile = ".lock"

// LockDir makes a directory if it is missing and locks it for this broker. The error is vfs.ErrLocked when another one holds it.
func LockDir(fs vfs.FS, path string) (io.Closer, error) {
	if err := makeDir(fs, path); err != nil {
		return nil, err
	}
	lock, err := fs.Lock(filepath.Join(path, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		return nil, lockedError(path)
	}
	return lock, err
}

// lockedError is vfs.ErrLocked in words for who runs the broker.
type lockedError string

func (e lockedError) Error() string {
	return "failed to acquire lock on file .lock in " + string(e) + ": another broker is using this directory"
}

func (e lockedError) Is(target error) bool { return target == vfs.ErrLocked }

// openDir locks a directory and reads its files. The error is for the whole broker (somebody else uses the directory); a
// directory that merely does not work comes back offline.
func (m *Manager) openDir(path string) (*Dir, error) {
	d := &Dir{path: path, cleanEpoch: -1}
	var err error
	if d.lock, err = LockDir(m.opts.FS, path); errors.Is(err, vfs.ErrLocked) {
		return nil, err
	}
	if err == nil {
		d.mount, err = m.opts.FS.OpenMount(path)
		if errors.Is(err, vfs.ErrNotSupported) {
			d.mount, err = nil, nil
		}
	}
	if err == nil {
		err = d.read(m.opts.FS)
	}
	if err != nil {
		m.log.Error("log directory cannot be used", "dir", path, "error", err)
		err = fmt.Errorf("%w: %s: %w", ErrOffline, path, err)
		d.failed.Store(&err)
	}
	return d, nil
}

// makeDir makes a directory and its parents, where missing, so that they stay after a power cut.
func makeDir(fs vfs.FS, path string) error {
	if _, err := fs.Stat(path); err == nil {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := makeDir(fs, parent); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(path, vfs.DirPerm); err != nil {
		return err
	}
	return fs.SyncDir(parent)
}

// read takes in what the directory's files say. A damaged checkpoint is as good as none: recovery then looks at more.
func (d *Dir) read(fs vfs.FS) error {
	meta, ok, err := storage.ReadMetaProperties(fs, d.path)
	if err != nil {
		return err
	}
	if ok {
		d.id = meta.DirectoryID
	}
	if d.cleanEpoch, d.clean, err = storage.ReadCleanShutdown(fs, d.path); err != nil {
		return err
	}
	for _, c := range d.checkpointFiles() {
		offsets, err := storage.ReadOffsetCheckpoint(fs, filepath.Join(d.path, c.name))
		var damaged *storage.CheckpointError
		if err != nil && !errors.As(err, &damaged) {
			return err
		}
		if offsets == nil {
			offsets = map[storage.TopicPartition]int64{}
		}
		*c.offsets = offsets
	}
	return nil
}

// SetDirID tells the id that a new directory got in its meta.properties.
func (m *Manager) SetDirID(path string, id [16]byte) {
	for _, d := range m.dirs {
		if d.path == path {
			m.mu.Lock()
			d.id = id
			m.mu.Unlock()
		}
	}
}

// Fail takes the directory of l offline because of err, which must come from an operation on l.
func (m *Manager) Fail(l *Log, err error) { m.failDir(l.dir, err) }

// failDir marks d offline, once, and every log in it as broken. Nothing in it is touched any more.
func (m *Manager) failDir(d *Dir, err error) {
	err = fmt.Errorf("%w: %s: %w", ErrOffline, d.path, err)
	if !d.failed.CompareAndSwap(nil, &err) {
		return
	}
	var gone []*Log
	for _, l := range m.Logs() {
		if l.dir == d {
			gone = append(gone, l)
		}
	}
	m.mu.Lock()
	for _, l := range gone {
		m.leave(l)
	}
	left := m.onlineDirs()
	m.mu.Unlock()
	m.log.Error("log directory goes offline", "dir", d.path, "logs", len(gone), "online directories left", left, "error", err)
	for _, l := range gone {
		l.gone.Store(true)
		l.Log.Fail(err)
	}
	if m.opts.OnOffline != nil {
		m.opts.OnOffline(d.path, gone, err)
	}
}

// diskError tells whether err is about the disk; other errors leave the directory online.
func diskError(err error) bool {
	if err == nil {
		return false
	}
	var se *storage.StorageError
	return errors.As(err, &se)
}

// PreviousBrokerEpoch returns the broker epoch that the last clean stop left in the directories.
// It is -1 when the stop was not clean, when a directory is offline, and when the directories do
// not agree.
func (m *Manager) PreviousBrokerEpoch() int64 {
	epoch := int64(-1)
	for i, d := range m.dirs {
		if d.Err() != nil || !d.clean || i > 0 && d.cleanEpoch != epoch {
			return -1
		}
		epoch = d.cleanEpoch
	}
	return epoch
}
