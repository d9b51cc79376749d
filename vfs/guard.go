package vfs

import (
	"io/fs"
	"os"
)

// Guard returns fsys with one difference: a call that makes a name in a directory first calls
// check, and does nothing when check fails. These calls are OpenFile with os.O_CREATE, Mkdir,
// MkdirAll and Rename. check says whether the directories of a disk are still that disk: after an
// unmount, a name would be made in the empty mount point, on another disk.
func Guard(fsys FS, check func() error) FS { return &guardFS{fsys, check} }

type guardFS struct {
	FS
	check func() error
}

func (g *guardFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if flag&os.O_CREATE != 0 {
		if err := g.check(); err != nil {
			return nil, err
		}
	}
	return g.FS.OpenFile(name, flag, perm)
}

func (g *guardFS) Mkdir(name string, perm fs.FileMode) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.FS.Mkdir(name, perm)
}

func (g *guardFS) MkdirAll(name string, perm fs.FileMode) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.FS.MkdirAll(name, perm)
}

func (g *guardFS) Rename(oldName, newName string) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.FS.Rename(oldName, newName)
}
