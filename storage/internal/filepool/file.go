package filepool

import (
	"os"
	"sync/atomic"

	"github.com/gregorhq/gregor/vfs"
)

// Owner is the user of a File. It knows the file's name, and what the file and the memory beside it
// hold that is not on disk.
type Owner interface {
	// OpenFile opens the file by its name.
	OpenFile(flag int) (vfs.File, error)
	// Gone returns an error once the file's name may belong to another file. The pool then keeps
	// no open file for the name.
	Gone() error
	// SyncIdle syncs h before the pool closes it.
	SyncIdle(h *Handle)
	// SweepMemory gives up the memory that was not used since the last call, and reports whether
	// none is left. It is called after File.NoteMemory.
	SweepMemory() bool
}

// File is a file that a pool opens when its owner needs it. Bind gives it a pool.
type File struct {
	pool   *Pool
	owner  Owner
	handle atomic.Pointer[Handle] // guarded by pool.mu for writing
}

// Bind sets the pool and the owner. It is the first call.
func (f *File) Bind(p *Pool, owner Owner) { f.pool, f.owner = p, owner }

// Acquire returns the open file, and opens it when it is closed. The caller releases the handle.
func (f *File) Acquire() (*Handle, error) {
	for {
		if h := f.handle.Load(); h != nil && h.retain() {
			if !h.used.Load() {
				h.used.Store(true)
			}
			return h, nil
		}
		if err := f.Open(os.O_RDWR); err != nil {
			return nil, err
		}
	}
}

// Open opens the file with the flags of os.OpenFile, and the pool keeps it open. When another
// caller has opened it in between, Open keeps that one.
func (f *File) Open(flag int) error {
	file, err := f.owner.OpenFile(flag)
	if err != nil {
		return err
	}
	h := f.newHandle(file)
	p := f.pool
	p.mu.Lock()
	if f.handle.Load() != nil || f.owner.Gone() != nil {
		p.mu.Unlock()
		h.Release()
		return f.owner.Gone()
	}
	f.handle.Store(h)
	victims := p.keep(h)
	p.mu.Unlock()
	releaseAll(victims)
	return nil
}

// Take makes file the open file. The caller has the only reference: the pool does not close the
// file and opens nothing by its name until Adopt gets the handle.
func (f *File) Take(file vfs.File) *Handle {
	h := f.newHandle(file)
	f.handle.Store(h)
	return h
}

// Adopt gives the pool the reference that Take has returned.
func (f *File) Adopt(h *Handle) {
	f.pool.mu.Lock()
	victims := f.pool.keep(h)
	f.pool.mu.Unlock()
	releaseAll(victims)
}

// Handle returns the open file without a reference, nil when it is closed.
func (f *File) Handle() *Handle { return f.handle.Load() }

// Drop takes the file and the memory out of the pool. The file closes when its last user has
// released it.
func (f *File) Drop() { f.pool.drop(f) }

// NoteMemory makes Pool.Sweep call SweepMemory of the owner, until SweepMemory returns true.
func (f *File) NoteMemory() {
	f.pool.mu.Lock()
	f.pool.memory = append(f.pool.memory, f)
	f.pool.mu.Unlock()
}

// newHandle counts an open file. The caller has the first reference.
func (f *File) newHandle(file vfs.File) *Handle {
	h := &Handle{File: file, of: f}
	h.refs.Store(1)
	h.used.Store(true)
	f.pool.opened.Add(1)
	return h
}

// Handle is an open file, shared by readers, the appender and slices. It closes when the last of
// them releases it.
type Handle struct {
	File vfs.File
	of   *File
	// refs counts users, plus one while the pool keeps the handle. Invariant: it never rises
	// again from 0.
	refs atomic.Int32
	used atomic.Bool // since the clock hand or Sweep last passed
	// Unsynced is set after each write. It is cleared before each sync that covers the write: a
	// sync of this file, or of its file system through a descriptor that stays open.
	Unsynced atomic.Bool
}

func (h *Handle) retain() bool {
	for {
		n := h.refs.Load()
		if n == 0 {
			return false
		}
		if h.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives back a reference. The last one closes the file. Nothing is lost: see Pool.
func (h *Handle) Release() {
	if h.refs.Add(-1) == 0 {
		h.File.Close()
		h.of.pool.opened.Add(-1)
	}
}
