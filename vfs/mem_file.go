package vfs

import (
	"io"
	"io/fs"
	"time"
)

// memFile is an open file of a Mem. Like a descriptor, it stays usable after the name is gone.
type memFile struct {
	m       *Mem
	n       *memNode
	name    string
	pos     int64
	appends bool
	closed  bool
}

func (f *memFile) check(op string, off int64) error {
	if f.closed {
		return pathErr(op, f.name, fs.ErrClosed)
	}
	if off < 0 {
		return pathErr(op, f.name, fs.ErrInvalid)
	}
	return nil
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.check("read", off); err != nil {
		return 0, err
	}
	if off >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return f.writeAt(p, off)
}

func (f *memFile) writeAt(p []byte, off int64) (int, error) {
	if err := f.check("write", off); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if f.m.track {
		f.n.pending = append(f.n.pending, memWrite{off: off, data: append([]byte(nil), p...)})
	}
	if end := off + int64(len(p)); end > int64(len(f.n.data)) {
		f.n.data = resize(f.n.data, end)
	}
	return copy(f.n.data[off:], p), nil
}

func (f *memFile) Write(p []byte) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.appends {
		f.pos = int64(len(f.n.data))
	}
	n, err := f.writeAt(p, f.pos)
	f.pos += int64(n)
	return n, err
}

func (f *memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.check("sync", 0); err != nil {
		return err
	}
	f.n.sync()
	return nil
}

func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.check("truncate", size); err != nil {
		return err
	}
	f.m.truncate(f.n, size)
	return nil
}

func (f *memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.n.data)), f.check("stat", 0)
}

func (f *memFile) Close() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	err := f.check("close", 0)
	f.closed = true
	return err
}

func (f *memFile) Fd() (uintptr, bool) { return 0, false }

// memInfo is the fs.FileInfo of a node.
type memInfo struct {
	name string
	size int64
	dir  bool
	mod  time.Time
	node *memNode
}

func (n *memNode) info(name string) fs.FileInfo {
	return memInfo{name: name, size: int64(len(n.data)), dir: n.dir, mod: n.mod, node: n}
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return i.mod }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }

func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | DirPerm
	}
	return FilePerm
}
