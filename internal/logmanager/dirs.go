package logmanager

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const lockFile = ".lock"

// LockDir locks a directory for this broker, and makes it first if it is missing. The error is
// vfs.ErrLocked when another broker holds the lock.
func LockDir(fs vfs.FS, path string) (io.Closer, error) {
	if !vfs.Exists(fs, filepath.Join(path, storage.MetaPropertiesFile)) { // made after the name is durable
		if err := vfs.MakeDir(fs, path); err != nil {
			return nil, err
		}
	}
	lock, err := fs.Lock(filepath.Join(path, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		return nil, lockedError(path)
	}
	return lock, err
}

// lockedError is vfs.ErrLocked with a text for operators.
type lockedError string

func (e lockedError) Error() string {
	return "failed to acquire lock on file .lock in " + string(e) + ": another broker is using this directory"
}

func (e lockedError) Is(target error) bool { return target == vfs.ErrLocked }

// openDir locks a directory and reads its files. It returns an error when another broker uses the
// directory and when there are not enough file descriptors, and a directory that is offline when
// the directory does not work. New closes the directory after an error, too.
func (m *Manager) openDir(path string) (*Dir, error) {
	d := &Dir{path: path, cleanEpoch: -1}
	d.checkpoints = checkpoints{dir: d, keep: map[storage.TopicPartition]bool{}}
	d.fs = vfs.Guard(m.opts.FS, func() error { return m.guard(d) })
	m.initLoops(d)
	var err error
	if d.lock, err = LockDir(m.opts.FS, path); errors.Is(err, vfs.ErrLocked) {
		return d, err
	}
	d.place = newPlace(m.opts.FS, path, m.log)
	if err == nil {
		d.mount, err = m.opts.FS.OpenMount(path)
		if errors.Is(err, vfs.ErrNotSupported) {
			d.mount, err = nil, nil
		}
	}
	if err == nil {
		err = m.read(d)
	}
	if storage.Classify(err) == storage.ClassRetry {
		return d, tooManyFiles(path, err)
	}
	if err != nil {
		m.log.Error("log directory cannot be used", "dir", path, "error", err)
		err = fmt.Errorf("%w: %s: %w", ErrOffline, path, err)
		d.failed.Store(&err)
	}
	return d, nil
}

// read reads the files in the root of a directory. A damaged checkpoint counts as an empty one, and
// is reported.
func (m *Manager) read(d *Dir) error {
	fs := m.opts.FS
	meta, ok, err := storage.ReadMetaProperties(fs, d.path)
	if err != nil {
		return err
	}
	if ok {
		d.id, d.formatted = meta.DirectoryID, true
	}
	if d.cleanEpoch, d.clean, err = storage.ReadCleanShutdown(fs, d.path); err != nil {
		return err
	}
	own, err := storage.OwnCleanShutdown(fs, d.path)
	if d.foreign = !own; err != nil {
		return err
	}
	if !d.clean {
		// A crash may have come between the rename of a checkpoint file and its sync. The content
		// that is read here must not change back to the earlier one at a later power cut.
		if err := fs.SyncDir(d.path); err != nil {
			return err
		}
	}
	return d.checkpoints.read(fs, func(k checkpointKind, err error) { m.noteDamaged(d, k, err) })
}

// noteDamaged reports a checkpoint file that is damaged.
func (m *Manager) noteDamaged(d *Dir, k checkpointKind, err error) {
	m.log.Warn("checkpoint file is damaged and is not used: "+checkpointTexts[k].without, "file", filepath.Join(d.path, k.name()), "error", err)
	d.checkpoints.files[k].damaged = true // nothing else uses the directory yet
	m.addDamaged(d, k.name())
}

func (m *Manager) addDamaged(d *Dir, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(d.damaged, name) {
		d.damaged = append(d.damaged, name)
	}
}

// errBlank is the error of a checkpoint file that has lost its contents.
var errBlank = errors.New("the file is empty")

// checkBlank reports checkpoint files of 0 bytes in a directory with partitions. Apache Kafka
// creates them so, and fills all but one at a clean stop at the latest. That one stays empty until
// a compaction.
func (m *Manager) checkBlank(d *Dir) {
	for k := range checkpointKinds {
		if d.clean && d.checkpoints.files[k].blank && k != cleanerOffsets {
			m.noteDamaged(d, k, errBlank)
		}
	}
}

// DamagedCheckpoints is the number of checkpoint files that were damaged at the start and not used,
// or not for every log, and of partition.metadata files that were damaged and written again.
func (m *Manager) DamagedCheckpoints() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := int(m.damagedIDs.Load())
	for _, d := range m.dirs {
		n += len(d.damaged)
	}
	return n
}

// DirID returns the id of a directory, zero when it is not known.
func (m *Manager) DirID(d *Dir) [16]byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return d.id
}

// OfflineDirIDs returns the known ids of the directories that are offline.
func (m *Manager) OfflineDirIDs() (ids [][16]byte) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, d := range m.dirs {
		if d.Err() != nil && d.id != [16]byte{} {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// SetDirID sets the id that a new directory got in its meta.properties.
func (m *Manager) SetDirID(path string, id [16]byte) {
	for _, d := range m.dirs {
		if d.path == path {
			m.mu.Lock()
			d.id, d.formatted = id, vfs.Exists(m.opts.FS, filepath.Join(d.path, storage.MetaPropertiesFile))
			m.mu.Unlock()
		}
	}
}

// EndCleanStop removes the clean-shutdown marker of one directory, durably, so that for the next
// start the last stop was no clean one: PreviousBrokerEpoch needs the markers of all directories.
// It takes the marker of the directory metadata if that has one. Load removes the others; until
// then their logs are as the clean stop left them.
func (m *Manager) EndCleanStop(metadata string) error {
	dirs := slices.Clone(m.dirs)
	slices.SortStableFunc(dirs, func(a, b *Dir) int { // the one of the metadata log first
		switch metadata {
		case a.path:
			return -1
		case b.path:
			return 1
		}
		return 0
	})
	var failed error
	for _, d := range dirs {
		if d.Err() != nil || !d.clean {
			continue
		}
		if failed = storage.RemoveCleanShutdown(m.opts.FS, d.path); failed == nil || d.path == metadata {
			return failed
		}
	}
	return failed
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
