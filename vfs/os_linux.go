package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

func dataSync(f *os.File) error {
	fd := int(f.Fd())
	for {
		err := unix.Fdatasync(fd)
		if err != unix.EINTR {
			return wrapPath("fdatasync", f.Name(), err)
		}
	}
}

func syncFS(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return wrapPath("syncfs", dir, unix.Syncfs(int(d.Fd())))
}

func wrapPath(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}
