package filepool

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/gregorhq/gregor/vfs"
)

// OutOfDescriptors reports whether the process, or the system, had no file descriptor left to open
// a file (EMFILE, ENFILE).
func OutOfDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// WithDescriptors returns fsys with one difference: when the process has no file descriptor left, a
// call that opens a file makes the pool close the files that are not in use, and opens the file
// then.
func (p *Pool) WithDescriptors(fsys vfs.FS) vfs.FS {
	if d, ok := fsys.(*descriptorFS); ok && d.pool == p {
		return fsys
	}
	return &descriptorFS{FS: fsys, pool: p}
}

type descriptorFS struct {
	vfs.FS
	pool *Pool
}

func (d *descriptorFS) OpenFile(name string, flag int, perm fs.FileMode) (f vfs.File, err error) {
	err = d.open(func() error {
		f, err = d.FS.OpenFile(name, flag, perm)
		return err
	})
	return f, err
}

func (d *descriptorFS) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = d.open(func() error {
		entries, err = d.FS.ReadDir(name)
		return err
	})
	return entries, err
}

func (d *descriptorFS) SyncDir(dir string) error {
	return d.open(func() error { return d.FS.SyncDir(dir) })
}

func (d *descriptorFS) RemoveAll(name string) error {
	return d.open(func() error { return d.FS.RemoveAll(name) })
}

func (d *descriptorFS) OpenMount(dir string) (m vfs.Mount, err error) {
	err = d.open(func() error {
		m, err = d.FS.OpenMount(dir)
		return err
	})
	return m, err
}

func (d *descriptorFS) Lock(name string) (c io.Closer, err error) {
	err = d.open(func() error {
		c, err = d.FS.Lock(name)
		return err
	})
	return c, err
}

func (d *descriptorFS) open(call func() error) error {
	err := call()
	if OutOfDescriptors(err) {
		d.pool.Shed()
		err = call()
	}
	return err
}
