package vfs

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// Mem is a file system in memory. A Mem of NewCrashableMem remembers the synced state, so that
// CrashClone can return a possible state after a power cut.
type Mem struct {
	mu    sync.Mutex
	track bool
	root  *memNode
	locks map[string]bool
}

// memNode is a file or a folder. For a tracked node, the synced fields are the state that certainly
// survives a power cut, and pending are the later operations, in order.
type memNode struct {
	dir  bool
	data []byte
	mod  time.Time

	synced  []byte
	pending []memWrite

	entries       map[string]*memNode
	syncedEntries map[string]*memNode
	pendingNames  []*memRename
}

// memWrite is a write at off, or a truncation to off when data is nil.
type memWrite struct {
	off  int64
	data []byte
}

// memRename is a change of names in up to two folders: from (removed) and to (set). A create has
// no from, a removal no to.
type memRename struct {
	fromDir, toDir *memNode
	from, to       string
	node           *memNode
}

// NewMem returns an empty file system in memory that forgets nothing: for embedding and for
// tests that cut no power.
func NewMem() *Mem { return newMem(false) }

// NewCrashableMem returns an empty file system in memory that remembers the synced state.
func NewCrashableMem() *Mem { return newMem(true) }

func newMem(track bool) *Mem {
	return &Mem{track: track, root: newMemDir(), locks: map[string]bool{}}
}

func newMemDir() *memNode {
	return &memNode{dir: true, entries: map[string]*memNode{}, syncedEntries: map[string]*memNode{}}
}

func splitPath(name string) []string {
	name = filepath.ToSlash(filepath.Clean(name))
	name = strings.Trim(name, "/")
	if name == "" || name == "." {
		return nil
	}
	return strings.Split(name, "/")
}

func pathErr(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

// find walks to name; the caller holds mu.
func (m *Mem) find(name string) *memNode {
	n := m.root
	for _, part := range splitPath(name) {
		if !n.dir {
			return nil
		}
		if n = n.entries[part]; n == nil {
			return nil
		}
	}
	return n
}

func (m *Mem) parent(name string) (*memNode, string) {
	parts := splitPath(name)
	if len(parts) == 0 {
		return nil, ""
	}
	d := m.find(strings.Join(parts[:len(parts)-1], "/"))
	if d == nil || !d.dir {
		return nil, ""
	}
	return d, parts[len(parts)-1]
}

// change applies r to the visible names and notes it in the folders it touches.
func (m *Mem) change(r *memRename) {
	r.apply(func(d *memNode) map[string]*memNode { return d.entries })
	if !m.track {
		return
	}
	if r.fromDir != nil {
		r.fromDir.pendingNames = append(r.fromDir.pendingNames, r)
	}
	if r.toDir != nil && r.toDir != r.fromDir {
		r.toDir.pendingNames = append(r.toDir.pendingNames, r)
	}
}

func (r *memRename) apply(entries func(*memNode) map[string]*memNode) {
	if r.fromDir != nil && entries(r.fromDir)[r.from] == r.node {
		delete(entries(r.fromDir), r.from)
	}
	if r.toDir != nil {
		entries(r.toDir)[r.to] = r.node
	}
}

// OpenFile implements FS.
func (m *Mem) OpenFile(name string, flag int, _ fs.FileMode) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(name)
	switch {
	case n == nil && flag&os.O_CREATE == 0:
		return nil, pathErr("open", name, fs.ErrNotExist)
	case n == nil:
		d, base := m.parent(name)
		if d == nil {
			return nil, pathErr("open", name, fs.ErrNotExist)
		}
		n = &memNode{mod: time.Unix(0, 0)}
		m.change(&memRename{toDir: d, to: base, node: n})
	case n.dir:
		return nil, pathErr("open", name, fs.ErrInvalid)
	case flag&os.O_EXCL != 0:
		return nil, pathErr("open", name, fs.ErrExist)
	case flag&os.O_TRUNC != 0:
		m.truncate(n, 0)
	}
	return &memFile{m: m, n: n, name: name, appends: flag&os.O_APPEND != 0}, nil
}

func (m *Mem) truncate(n *memNode, size int64) {
	if m.track {
		n.pending = append(n.pending, memWrite{off: size})
	}
	n.data = resize(n.data, size)
}

func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size:size] // the capacity goes too, so that growing again gives zeros
	}
	if size <= int64(cap(b)) {
		return b[:size]
	}
	grown := make([]byte, size, max(size, int64(len(b))*5/4))
	copy(grown, b)
	return grown
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(name)
	d, base := m.parent(name)
	if n == nil || d == nil {
		return pathErr("remove", name, fs.ErrNotExist)
	}
	if n.dir && len(n.entries) > 0 {
		return pathErr("remove", name, fs.ErrInvalid)
	}
	m.change(&memRename{fromDir: d, from: base, node: n})
	return nil
}

// RemoveAll implements FS.
func (m *Mem) RemoveAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(name)
	d, base := m.parent(name)
	if n == nil || d == nil {
		return nil
	}
	m.change(&memRename{fromDir: d, from: base, node: n})
	return nil
}

// Rename implements FS.
func (m *Mem) Rename(oldName, newName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(oldName)
	from, oldBase := m.parent(oldName)
	to, newBase := m.parent(newName)
	if n == nil || from == nil || to == nil {
		return pathErr("rename", oldName, fs.ErrNotExist)
	}
	m.change(&memRename{fromDir: from, from: oldBase, toDir: to, to: newBase, node: n})
	return nil
}

// Mkdir implements FS.
func (m *Mem) Mkdir(name string, _ fs.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base := m.parent(name)
	switch {
	case m.find(name) != nil:
		return pathErr("mkdir", name, fs.ErrExist)
	case d == nil:
		return pathErr("mkdir", name, fs.ErrNotExist)
	}
	m.change(&memRename{toDir: d, to: base, node: newMemDir()})
	return nil
}

// MkdirAll implements FS.
func (m *Mem) MkdirAll(name string, _ fs.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.root
	for _, part := range splitPath(name) {
		next := n.entries[part]
		if next == nil {
			next = newMemDir()
			m.change(&memRename{toDir: n, to: part, node: next})
		}
		if !next.dir {
			return pathErr("mkdir", name, fs.ErrExist)
		}
		n = next
	}
	return nil
}

// ReadDir implements FS.
func (m *Mem) ReadDir(name string) ([]fs.DirEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.find(name)
	if d == nil || !d.dir {
		return nil, pathErr("readdir", name, fs.ErrNotExist)
	}
	out := make([]fs.DirEntry, 0, len(d.entries))
	for base, n := range d.entries {
		out = append(out, memEntry{fs.FileInfoToDirEntry(n.info(base)), m, filepath.Join(name, base)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name() < out[j].Name() })
	return out, nil
}

// memEntry is one name of ReadDir. As on the operating system, Info looks at the file when it is
// called, and a removed file is an error.
type memEntry struct {
	fs.DirEntry
	m    *Mem
	path string
}

// Info implements fs.DirEntry.
func (e memEntry) Info() (fs.FileInfo, error) { return e.m.Stat(e.path) }

// Stat implements FS.
func (m *Mem) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.find(name)
	if n == nil {
		return nil, pathErr("stat", name, fs.ErrNotExist)
	}
	return n.info(filepath.Base(name)), nil
}

// Lock implements FS.
func (m *Mem) Lock(name string) (io.Closer, error) {
	f, err := m.OpenFile(name, os.O_RDWR|os.O_CREATE, FilePerm)
	if err != nil {
		return nil, err
	}
	f.Close()
	key := filepath.Clean(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[key] {
		return nil, ErrLocked
	}
	m.locks[key] = true
	return &memLock{m: m, key: key}, nil
}

type memLock struct {
	m   *Mem
	key string
}

func (l *memLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	delete(l.m.locks, l.key)
	return nil
}
