// Package vfs is the door to the disk. Everything gregor keeps goes through an FS, so that the
// same code runs on the operating system's files, in memory, and against a disk that fails.
//
// Each call states what it promises after a power cut. Nothing is durable unless a Sync call
// says so: a write is durable after File.Sync, a name (created, renamed, removed) only after
// SyncDir of its directory, and Mount.SyncFS does both for everything below one mount.
//
// Names are plain paths of the operating system.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is a file system. All methods are safe for concurrent use.
type FS interface {
	// OpenFile opens name with the os.O_* flags. A file that it creates is durable as a name
	// only after SyncDir of its directory.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Remove unlinks a file or an empty directory. After a power cut the name may be back
	// unless SyncDir was called.
	Remove(name string) error
	// RemoveAll removes name and what is below it; a missing name is no error.
	RemoveAll(name string) error
	// Rename replaces newName atomically: after a power cut one of both names holds the file,
	// never a mix. Which of them is certain only after SyncDir.
	Rename(oldName, newName string) error
	// MkdirAll makes a directory and its parents. Durable after SyncDir of each parent.
	MkdirAll(name string, perm fs.FileMode) error
	// ReadDir lists a directory, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat describes a file.
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes the names in dir durable (create, rename, remove), not the contents.
	SyncDir(dir string) error
	// OpenMount gives the file system that holds dir, to be synced in one call. It returns
	// ErrNotSupported where the platform has no such call, or one that cannot be relied upon;
	// the caller then syncs its files one by one.
	OpenMount(dir string) (Mount, error)
	// Lock takes an exclusive lock on the file name, creating it, without waiting. It returns
	// ErrLocked when another process (or another Lock of this process) holds it. Closing the
	// result releases the lock; so does the end of the process, however it ends.
	Lock(name string) (io.Closer, error)
}

// Mount is a mounted file system. It is to be opened before what it shall answer for is written, and kept.
type Mount interface {
	// SyncFS makes all contents and names of the file system durable (syncfs(2)). It fails when any write to it was lost since
	// OpenMount: Linux tells that once to each open descriptor, so one opened for the call would not hear of a loss that
	// somebody else was told already, another log directory or a sync(1).
	SyncFS() error
	io.Closer
}

// File is an open file. ReadAt and WriteAt are safe for concurrent use.
type File interface {
	io.ReaderAt
	// WriteAt writes at an absolute position, growing the file as needed. After a power cut
	// any part of what was not synced may be missing, in any order.
	io.WriterAt
	// Write appends at the handle's own position, which starts at 0, or at the end of the
	// file when it was opened with os.O_APPEND.
	io.Writer
	// Sync makes the contents and the size durable (fdatasync). After an error nothing is
	// known about what reached the disk; calling it again proves nothing (fsyncgate), so the
	// caller must give the file up.
	Sync() error
	// Truncate changes the size; durable after Sync.
	Truncate(size int64) error
	// Size returns the current size in bytes.
	Size() (int64, error)
	// Close releases the handle. It does not sync.
	Close() error
	// Fd returns the descriptor for sendfile, false where there is none.
	Fd() (uintptr, bool)
}

// Errors of this package.
var (
	// ErrLocked means that someone else holds the lock.
	ErrLocked = errors.New("vfs: locked by another process")
	// ErrNotSupported means that the platform does not offer the call; a fallback exists.
	ErrNotSupported = errors.New("vfs: not supported here")
)

// FilePerm and DirPerm are the modes of new files and folders, before the umask.
const (
	FilePerm fs.FileMode = 0o644
	DirPerm  fs.FileMode = 0o755
)

// Open opens a file for reading.
func Open(fsys FS, name string) (File, error) { return fsys.OpenFile(name, os.O_RDONLY, 0) }

// Create makes or empties a file for reading and writing.
func Create(fsys FS, name string) (File, error) {
	return fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, FilePerm)
}

// ReadFile reads a whole file.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := Open(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, size)
	n, err := f.ReadAt(buf, 0)
	if err == io.EOF {
		err = nil
	}
	return buf[:n], err
}

// WriteFile replaces the contents of a file, without any promise after a power cut.
func WriteFile(fsys FS, name string, data []byte) error {
	f, err := Create(fsys, name)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(data, 0); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// WriteFileAtomic replaces a file so that after a power cut either the old or the new contents
// are there: write name.tmp, Sync, Rename, SyncDir. When it returns, the new contents are durable.
func WriteFileAtomic(fsys FS, name string, data []byte) error {
	tmp := name + ".tmp"
	f, err := Create(fsys, tmp)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err = fsys.Rename(tmp, name); err != nil {
		return err
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// Exists reports whether name exists.
func Exists(fsys FS, name string) bool {
	_, err := fsys.Stat(name)
	return err == nil
}

// MakeDir makes a directory and its missing parents, so that they stay after a power cut.
func MakeDir(fsys FS, dir string) error {
	if Exists(fsys, dir) {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MakeDir(fsys, parent); err != nil {
			return err
		}
	}
	if err := fsys.MkdirAll(dir, DirPerm); err != nil {
		return err
	}
	return fsys.SyncDir(parent)
}
