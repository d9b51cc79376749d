package logmanager

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// GuardDir returns fsys for the files of a formatted directory with this id. It makes no name when
// the directory is another one: then its disk was unmounted, and the path leads to the mount point
// or to another disk.
func GuardDir(fsys vfs.FS, path string, id [16]byte) vfs.FS {
	return vfs.Guard(fsys, func() error { return present(fsys, path, id) })
}

// errUnmounted is the error of a log directory whose own files are gone.
var errUnmounted = errors.New(storage.MetaPropertiesFile + " of the directory is gone, so its disk is probably not mounted any more")

// present returns an error unless meta.properties in path names the directory id. An id of zero is
// not compared.
func present(fsys vfs.FS, path string, id [16]byte) error {
	meta, ok, err := storage.ReadMetaProperties(fsys, path)
	var damaged *storage.CheckpointError
	switch {
	case errors.As(err, &damaged):
		return errors.New(damaged.Error()) // not a file that can be made again
	case err != nil:
		return err
	case !ok:
		return errUnmounted
	case id != [16]byte{} && meta.DirectoryID != id:
		return fmt.Errorf("%s names directory id %s, and the id was %s at the start: another disk is mounted there",
			storage.MetaPropertiesFile, uuid.Format(meta.DirectoryID), uuid.Format(id))
	}
	return nil
}

// present returns an error when d is not the directory any more that the start found. It reads one
// small file. Whatever makes a name in d asks it (Dir.fs): files below a mount point are lost when
// the disk is mounted again.
func (m *Manager) present(d *Dir) error {
	if !d.formatted {
		return nil
	}
	return present(m.opts.FS, d.path, d.id)
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
