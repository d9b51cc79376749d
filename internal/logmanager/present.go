package logmanager

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// place tells whether the path of a directory still leads to the directory that the start found.
// After an unmount it leads to the mount point, and later maybe to another disk.
type place struct {
	fs   vfs.FS
	path string
	log  *slog.Logger
	// found is the directory at the start, nil when unknown. The lock of the directory is an open
	// file in it. So no other directory gets the same device and inode while the broker runs.
	found fs.FileInfo
	// warned is set while meta.properties is known to be damaged.
	warned atomic.Bool
}

// newPlace remembers the directory at path. The caller holds the lock of the directory.
func newPlace(fsys vfs.FS, path string, log *slog.Logger) *place {
	p := &place{fs: fsys, path: path, log: log}
	if info, err := fsys.Stat(path); err == nil && vfs.SameFile(info, info) {
		p.found = info
	}
	return p
}

// GuardDir returns the file system for the files of a formatted directory with this id, such as the
// one of the metadata log. It makes no name when the path leads to another directory. The caller,
// or m, holds the lock of the directory.
func (m *Manager) GuardDir(path string, id [16]byte) vfs.FS {
	var p *place
	for _, d := range m.dirs {
		if d.path == path {
			p = d.place
		}
	}
	if p == nil {
		p = newPlace(m.opts.FS, path, m.log)
	}
	return vfs.Guard(m.opts.FS, func() error { return p.present(id) })
}

// errUnmounted is the error of a log directory that is gone.
var errUnmounted = errors.New("the directory with its " + storage.MetaPropertiesFile + " is gone, so its disk is probably not mounted any more")

// present returns an error when the directory is not the one that the start found. Its device and
// inode decide. While they are the same, damage to meta.properties is a warning. Another directory
// must have a meta.properties with the id: some file systems give a directory another inode.
func (p *place) present(id [16]byte) error {
	info, err := p.fs.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return errUnmounted
	}
	if err != nil {
		return err
	}
	same := p.found != nil && vfs.SameFile(p.found, info)
	meta, ok, err := storage.ReadMetaProperties(p.fs, p.path)
	unnamed := id == [16]byte{} // an old directory without an id
	if ok && (unnamed && same || !unnamed && meta.DirectoryID == id) {
		p.warned.Store(false)
		return nil
	}
	another := !unnamed && meta.DirectoryID != [16]byte{} && !(same && differInOne(meta.DirectoryID, id))
	if ok && another {
		return fmt.Errorf("%s names directory id %s, and the id was %s at the start: another disk is mounted there",
			storage.MetaPropertiesFile, uuid.Format(meta.DirectoryID), uuid.Format(id))
	}
	switch {
	case same && failedRead(err):
		return err
	case same:
		p.warn(id, err)
		return nil
	}
	return p.another(ok, err)
}

// failedRead reports whether the disk did not give the bytes of a file, in contrast to a file that
// is missing, damaged or closed to this user.
func failedRead(err error) bool {
	var damaged *storage.CheckpointError
	return storage.Classify(err) == storage.ClassDisk && !errors.As(err, &damaged) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist)
}

// another returns the error about another directory whose meta.properties does not prove that it
// belongs here. err is the error of the read of that file.
func (p *place) another(ok bool, err error) error {
	var damaged *storage.CheckpointError
	switch {
	case errors.As(err, &damaged):
		return errors.New("the path leads to another directory now: " + damaged.Error()) // not a file that can be made again
	case err != nil:
		return err
	case !ok:
		return errUnmounted
	}
	return errors.New("the path leads to another directory now, and its " + storage.MetaPropertiesFile + " names no directory id")
}

// warn reports once that meta.properties is missing or damaged. A lack of file descriptors is no
// damage.
func (p *place) warn(id [16]byte, err error) {
	if storage.Classify(err) == storage.ClassRetry || !p.warned.CompareAndSwap(false, true) {
		return
	}
	if err == nil {
		err = errors.New("the file is missing or names another directory id")
	}
	p.log.Warn("meta.properties has changed; the directory stays in service, but the next start needs the file as it was",
		"file", filepath.Join(p.path, storage.MetaPropertiesFile), "directory_id", uuid.Format(id), "error", err)
}

// present returns an error when d is not the directory any more that the start found. Whatever
// makes a name in d asks it (Dir.fs): files below a mount point are lost when the disk is mounted
// again.
func (m *Manager) present(d *Dir) error {
	if !d.formatted {
		return nil
	}
	return d.place.present(d.id)
}

// guard is present for a directory in service. Load has just found the directories.
func (m *Manager) guard(d *Dir) error {
	if !m.loaded.Load() {
		return nil
	}
	return m.present(d)
}

// unmounted is present for a directory in which a file is missing. If it returns an error, the
// missing file is no damage to one log: the whole directory is lost.
func (m *Manager) unmounted(d *Dir) error {
	if err := m.present(d); storage.Classify(err) == storage.ClassDisk {
		return err
	}
	return nil
}
