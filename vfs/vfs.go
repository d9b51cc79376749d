// Package vfs is the interface to the disk. All files of gregor go through an FS, so that the same
// code runs on the files of the operating system, in memory, and on a disk that fails.
//
// The comment of each call states what it promises after a power cut. Without a promise a change
// may be on the disk or not, and changes may reach the disk in any order. Three calls make changes
// durable:
//
//   - File.Sync: the contents and the size of one file;
//   - FS.SyncDir: the names in one directory (created, renamed, removed);
//   - Mount.SyncFS: all contents and names of a file system.
//
// The end of the process, also by kill -9, loses nothing that a call has done.
//
// Names are plain paths of the operating system.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// FS is a file system. All methods are safe for concurrent use.
type FS interface {
	// OpenFile opens name with the os.O_* flags. A file that it creates is empty. Its name is
	// durable after SyncDir of its directory, also when the file itself was synced before.
	// os.O_TRUNC is durable after Sync of the file: until then the old contents may come back.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Remove unlinks a file or an empty directory. This is durable after SyncDir of its directory:
	// until then the name, with the synced contents, may come back. An open file stays readable.
	Remove(name string) error
	// RemoveAll removes name and everything below it. A missing name is no error. Only the removal
	// of name itself is durable after SyncDir of its directory. A power cut before that may leave
	// any part of the tree.
	RemoveAll(name string) error
	// Rename gives a file or a directory another name, and replaces what had it, atomically: after
	// a power cut the file has the old or the new name, and newName is never missing or mixed if it
	// existed before. The new name is durable after SyncDir of its directory, and SyncDir of the
	// old directory if that is another one. Rename syncs no contents: without a Sync before it, the
	// new name may hold an empty or torn file.
	Rename(oldName, newName string) error
	// Mkdir makes a directory whose parent exists. The error is fs.ErrExist when the name exists.
	// The name is durable after SyncDir of the parent.
	Mkdir(name string, perm fs.FileMode) error
	// MkdirAll makes a directory and its missing parents. Each new name is durable after SyncDir of
	// the directory that it is in; MakeDir does both.
	MkdirAll(name string, perm fs.FileMode) error
	// ReadDir lists a directory, sorted by name. It shows all names of this moment, durable or not.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat describes a file, and follows a symbolic link. It shows the state of this moment,
	// durable or not.
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes the names in dir durable: all that were created, renamed or removed before the
	// call. It does not sync the contents of files, nor names in directories below. On Windows it
	// does nothing, because NTFS journals names.
	SyncDir(dir string) error
	// OpenMount opens the file system that holds dir, to sync it in one call. It returns
	// ErrNotSupported where the platform has no such call, or one that does not keep the promise of
	// SyncFS; the caller then syncs its files one by one. It changes nothing on the disk.
	OpenMount(dir string) (Mount, error)
	// Lock takes an exclusive lock on the file name without waiting, and creates the file if it is
	// missing. It returns ErrLocked when another process, or another Lock of this process, has the
	// lock. Closing the result releases the lock, and so does the end of the process. The lock does
	// not outlast a power cut; the empty file may.
	Lock(name string) (io.Closer, error)
}

// Mount is an open file system. Open it before the first write that a SyncFS must cover, and keep
// it open.
type Mount interface {
	// SyncFS makes all contents and names of the file system durable that were written before the
	// call (syncfs(2)). It fails when a write of any process to the file system was lost since
	// OpenMount. Linux reports a lost write once to each open descriptor. A descriptor that is
	// opened for the call misses the losses that were reported before, for example to another log
	// directory or to sync(1). After an error nothing is known about what reached the disk.
	SyncFS() error
	// Holds reports whether SyncFS covers the file or folder at path. A symbolic link or a mount
	// point may lead to another file system, which SyncFS does not reach.
	Holds(path string) (bool, error)
	// Close syncs nothing.
	io.Closer
}

// File is an open file. ReadAt and WriteAt are safe for concurrent use.
type File interface {
	// ReadAt returns the bytes of this moment, durable or not.
	io.ReaderAt
	// WriteAt writes at an absolute position, and grows the file as needed. It is durable after
	// Sync. After a power cut before that, each sector of 512 bytes holds its old or its new
	// contents, independently of the others, and the file has any size between the synced one and
	// the new one.
	io.WriterAt
	// Write writes at the handle's own position, which starts at 0, or at the end of the file when
	// it was opened with os.O_APPEND. Its promise is that of WriteAt.
	io.Writer
	// Sync makes the contents and the size durable that the file has at the call, whichever handle
	// has written them (fdatasync). It does not sync the file's name. After an error nothing is
	// known about what reached the disk, and a second Sync that succeeds proves nothing, because
	// the kernel may have dropped the failed pages: the caller must give up what it wrote.
	Sync() error
	// Truncate changes the size. It is durable after Sync: until then the bytes that were cut off
	// may come back.
	Truncate(size int64) error
	// Size returns the current size in bytes, durable or not.
	Size() (int64, error)
	// Close releases the handle. It syncs nothing, and a Sync of another handle of the file covers
	// its writes.
	Close() error
	// Fd returns the descriptor for sendfile, false where there is none.
	Fd() (uintptr, bool)
}

// Errors of this package.
var (
	// ErrLocked means that another process, or another Lock of this one, has the lock.
	ErrLocked = errors.New("vfs: locked by another process")
	// ErrNotSupported means that the platform does not offer the call. The caller does without it.
	ErrNotSupported = errors.New("vfs: not supported here")
)

// FilePerm and DirPerm are the modes of new files and folders, before the umask.
const (
	FilePerm fs.FileMode = 0o644
	DirPerm  fs.FileMode = 0o755
)

// Open opens a file for reading.
func Open(fsys FS, name string) (File, error) { return fsys.OpenFile(name, os.O_RDONLY, 0) }

// Create makes or empties a file for reading and writing. Its promise is that of FS.OpenFile with
// os.O_TRUNC.
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

// WriteFile replaces the contents of a file. It promises nothing after a power cut: the file may be
// empty, torn or old.
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

// WriteFileSync is WriteFile and a Sync of the file. It does not sync the directory, so after a
// power cut a new file may be missing.
func WriteFileSync(fsys FS, name string, data []byte) error {
	f, err := Create(fsys, name)
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
	return err
}

// WriteFileAtomic replaces a file by write of name.tmp, Sync, Rename and SyncDir. When it returns
// nil, the new contents and the name are durable. After a power cut before that, or an error, the
// file holds either the old or the new contents, and name.tmp may be left.
func WriteFileAtomic(fsys FS, name string, data []byte) error {
	tmp := name + ".tmp"
	if err := WriteFileSync(fsys, tmp, data); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// Exists reports whether name exists.
func Exists(fsys FS, name string) bool {
	_, err := fsys.Stat(name)
	return err == nil
}

// SameFile reports whether a and b, which Stat has returned, are the same file or directory, under
// whatever names: on the files of the operating system, the same inode of the same device. The
// number of an inode that nothing uses may be given to a new file. On Windows the first call reads
// what identifies the file by its name, so call SameFile(a, a) early to remember a file.
func SameFile(a, b fs.FileInfo) bool {
	x, ok1 := a.(memInfo)
	y, ok2 := b.(memInfo)
	if ok1 && ok2 {
		return x.node == y.node
	}
	return os.SameFile(a, b)
}

// MakeDir makes a directory and its missing parents. When it returns nil, their names are durable.
// An earlier call may have been killed before the sync, so the name of a directory that exists is
// synced, too. A parent that cannot be synced, as on a read-only file system, has no new names.
func MakeDir(fsys FS, dir string) error {
	parent := filepath.Dir(dir)
	if Exists(fsys, dir) {
		err := fsys.SyncDir(parent)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EROFS) {
			return nil
		}
		return err
	}
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
