package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

// OpKind names a file system operation.
type OpKind string

// The operations that hooks see.
const (
	OpCreate   OpKind = "create" // OpenFile with os.O_CREATE
	OpOpen     OpKind = "open"
	OpRemove   OpKind = "remove"
	OpRename   OpKind = "rename"
	OpMkdir    OpKind = "mkdir"
	OpReadDir  OpKind = "readdir"
	OpStat     OpKind = "stat"
	OpSyncDir  OpKind = "syncdir"
	OpSyncFS   OpKind = "syncfs"
	OpLock     OpKind = "lock"
	OpRead     OpKind = "read"
	OpWrite    OpKind = "write"
	OpSync     OpKind = "sync"
	OpTruncate OpKind = "truncate"
	OpClose    OpKind = "close"
)

// Op is one operation. A hook gets it just before the operation.
type Op struct {
	Kind  OpKind
	Path  string
	To    string // target of a rename
	Off   int64  // position of a read or write (-1 for an append), size of a truncate
	Size  int    // bytes of a read or write
	Index int64  // number of the operation since the FS was made, from 0
}

// Mutates reports whether the operation changes what would be found after a power cut.
func (o Op) Mutates() bool {
	switch o.Kind {
	case OpCreate, OpRemove, OpRename, OpMkdir, OpSyncDir, OpSyncFS, OpWrite, OpSync, OpTruncate:
		return true
	}
	return false
}

// String is one line of an operation log; paths are shortened to their last element.
func (o Op) String() string {
	base := filepath.Base(o.Path)
	switch o.Kind {
	case OpRename:
		return fmt.Sprintf("%s %s %s", o.Kind, base, filepath.Base(o.To))
	case OpWrite, OpRead:
		return fmt.Sprintf("%s %s %d+%d", o.Kind, base, o.Off, o.Size)
	case OpTruncate:
		return fmt.Sprintf("%s %s %d", o.Kind, base, o.Off)
	}
	return fmt.Sprintf("%s %s", o.Kind, base)
}

// TornWrite, returned by a hook for a write, lets the first N bytes through and fails with Err.
type TornWrite struct {
	N   int
	Err error
}

func (t *TornWrite) Error() string { return t.Err.Error() }

// Unwrap returns the injected error.
func (t *TornWrite) Unwrap() error { return t.Err }

// WithHook returns an FS that calls hook before each operation of inner. An error of the hook
// is the operation's result, and inner is not called. The hook may be called concurrently.
func WithHook(inner FS, hook func(Op) error) FS {
	return &hookFS{inner: inner, hook: hook}
}

// NewErrorFS is WithHook under the name that says what it is for: inject errors by kind, path
// or index of the operation.
func NewErrorFS(inner FS, inject func(Op) error) FS { return WithHook(inner, inject) }

// NewLogged returns an FS that calls log before every operation.
func NewLogged(inner FS, log func(Op)) FS {
	return WithHook(inner, func(op Op) error {
		log(op)
		return nil
	})
}

type hookFS struct {
	inner FS
	hook  func(Op) error
	index atomic.Int64
}

func (h *hookFS) do(op Op) error {
	op.Index = h.index.Add(1) - 1
	return h.hook(op)
}

func (h *hookFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	kind := OpOpen
	if flag&os.O_CREATE != 0 {
		kind = OpCreate
	}
	if err := h.do(Op{Kind: kind, Path: name}); err != nil {
		return nil, err
	}
	f, err := h.inner.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &hookFile{File: f, fs: h, name: name}, nil
}

func (h *hookFS) Remove(name string) error {
	if err := h.do(Op{Kind: OpRemove, Path: name}); err != nil {
		return err
	}
	return h.inner.Remove(name)
}

func (h *hookFS) RemoveAll(name string) error {
	if err := h.do(Op{Kind: OpRemove, Path: name}); err != nil {
		return err
	}
	return h.inner.RemoveAll(name)
}

func (h *hookFS) Rename(oldName, newName string) error {
	if err := h.do(Op{Kind: OpRename, Path: oldName, To: newName}); err != nil {
		return err
	}
	return h.inner.Rename(oldName, newName)
}

func (h *hookFS) Mkdir(name string, perm fs.FileMode) error {
	if err := h.do(Op{Kind: OpMkdir, Path: name}); err != nil {
		return err
	}
	return h.inner.Mkdir(name, perm)
}

func (h *hookFS) MkdirAll(name string, perm fs.FileMode) error {
	if err := h.do(Op{Kind: OpMkdir, Path: name}); err != nil {
		return err
	}
	return h.inner.MkdirAll(name, perm)
}

func (h *hookFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := h.do(Op{Kind: OpReadDir, Path: name}); err != nil {
		return nil, err
	}
	return h.inner.ReadDir(name)
}

func (h *hookFS) Stat(name string) (fs.FileInfo, error) {
	if err := h.do(Op{Kind: OpStat, Path: name}); err != nil {
		return nil, err
	}
	return h.inner.Stat(name)
}

func (h *hookFS) SyncDir(dir string) error {
	if err := h.do(Op{Kind: OpSyncDir, Path: dir}); err != nil {
		return err
	}
	return h.inner.SyncDir(dir)
}

func (h *hookFS) OpenMount(dir string) (Mount, error) {
	m, err := h.inner.OpenMount(dir)
	if err != nil {
		return nil, err
	}
	return &hookMount{m, h, dir}, nil
}

type hookMount struct {
	Mount
	h   *hookFS
	dir string
}

func (m *hookMount) SyncFS() error {
	if err := m.h.do(Op{Kind: OpSyncFS, Path: m.dir}); err != nil {
		return err
	}
	return m.Mount.SyncFS()
}

func (h *hookFS) Lock(name string) (io.Closer, error) {
	if err := h.do(Op{Kind: OpLock, Path: name}); err != nil {
		return nil, err
	}
	return h.inner.Lock(name)
}
