package storage

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// FilePool bounds the open .log files of all logs that share it, and keeps files open and indexes
// in memory between uses. An idle partition holds neither. The bound counts every open file: also
// those of answers that are being sent. When nothing else can be closed, a read copies its bytes,
// and its file is closed at once. FilePool has no goroutine; the owner calls Sweep from time to
// time. It is safe for concurrent use.
//
// Durability: a file with unsynced writes is kept while there are others to close. Its writes stay
// in the page cache, and the fdatasync of the handle that is opened later covers them, since both
// act on the inode. But the kernel reports a failed write-back to the later handle only if the
// inode stayed in memory in between. So such a file is closed without a sync only when the pool
// holds nothing else and is over its bound, and Sweep syncs it first.
type FilePool struct {
	max int
	// opened counts the open files, also those that only answers hold.
	opened atomic.Int64

	mu      sync.Mutex
	handles []*handle  // open files, in no order; hand is the clock's position
	indexed []*segment // segments whose indexes are in memory
	hand    int
}

// handle is an open .log file, shared by readers, the appender and slices in flight. It closes
// when the last of them lets go.
type handle struct {
	file vfs.File
	seg  *segment
	pool *FilePool
	// refs counts users, plus one while the pool keeps the handle. Invariant: it never rises
	// again from 0.
	refs atomic.Int32
	used atomic.Bool // since the clock hand or Sweep last passed
	// unsynced is set after each write and cleared before each sync that is to cover it: of this
	// file, or of its file system through a descriptor that stays open.
	unsynced atomic.Bool
}

// maxSweepSyncs bounds how many idle files with unsynced writes one Sweep syncs: those of topics
// whose records are acknowledged without a sync.
const maxSweepSyncs = 64

// NewFilePool returns a pool that keeps at most maxOpen files open, apart from those that are in
// use for a moment.
func NewFilePool(maxOpen int) *FilePool { return &FilePool{max: max(maxOpen, 1)} }

// newHandle counts an open file. The caller has the first reference.
func (p *FilePool) newHandle(f vfs.File, s *segment) *handle {
	h := &handle{file: f, seg: s, pool: p}
	h.refs.Store(1)
	h.used.Store(true)
	p.opened.Add(1)
	return h
}

// full reports whether more files are open than the pool keeps, and all of them are in use.
func (p *FilePool) full() bool { return p.opened.Load() > int64(p.max) }

func (h *handle) retain() bool {
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

func (h *handle) release() {
	if h.refs.Add(-1) == 0 {
		h.file.Close() // nothing is lost: see FilePool
		h.pool.opened.Add(-1)
	}
}

// acquire returns the open file of s, opening it if need be. The caller releases it.
func (p *FilePool) acquire(s *segment) (*handle, error) {
	for {
		if h := s.handle.Load(); h != nil && h.retain() {
			if !h.used.Load() {
				h.used.Store(true)
			}
			return h, nil
		}
		if err := p.open(s, os.O_RDWR); err != nil {
			return nil, err
		}
	}
}

// open opens the file of s and keeps it, unless another has done so meanwhile.
func (p *FilePool) open(s *segment, flag int) error {
	path := s.path(segfile.LogSuffix)
	f, err := s.log.fs.OpenFile(path, flag, vfs.FilePerm)
	if err != nil {
		if s.gone.Load() || notExist(err) && (s.log.moving.Load() || path != s.path(segfile.LogSuffix)) {
			return ErrClosed // the name was taken away, not the file
		}
		return err
	}
	h := p.newHandle(f, s)
	p.mu.Lock()
	if s.handle.Load() != nil || s.gone.Load() {
		p.mu.Unlock()
		h.release()
		if s.gone.Load() {
			return ErrClosed
		}
		return nil
	}
	s.handle.Store(h)
	p.handles = append(p.handles, h)
	victims := p.evict(h)
	p.mu.Unlock()
	for _, v := range victims {
		v.release()
	}
	return nil
}

// evict takes handles that are not in use and were not used lately out of the pool, until the pool
// is within its bound. keep stays. The caller holds mu and releases the result.
func (p *FilePool) evict(keep *handle) (victims []*handle) {
	n := len(p.handles)
	for tries := 3 * n; int(p.opened.Load())-len(victims) > p.max && len(p.handles) > 0 && tries > 0; tries-- {
		if p.hand >= len(p.handles) {
			p.hand = 0
		}
		h := p.handles[p.hand]
		// The first two rounds leave files with unsynced writes.
		if h == keep || h.used.Swap(false) || h.refs.Load() > 1 || tries > n && h.unsynced.Load() {
			p.hand++
			continue
		}
		p.removeAt(p.hand)
		victims = append(victims, h)
	}
	return victims
}

// shed closes every file that is not in use.
func (p *FilePool) shed() {
	p.mu.Lock()
	var victims []*handle
	for i := 0; i < len(p.handles); {
		if p.handles[i].refs.Load() > 1 {
			i++
			continue
		}
		victims = append(victims, p.handles[i])
		p.removeAt(i)
	}
	p.mu.Unlock()
	for _, v := range victims {
		v.release()
	}
}

// removeAt takes a handle out of the pool; the caller holds mu and releases it afterwards.
func (p *FilePool) removeAt(i int) {
	h := p.handles[i]
	last := len(p.handles) - 1
	p.handles[i], p.handles[last] = p.handles[last], nil
	p.handles = p.handles[:last]
	h.seg.handle.Store(nil)
}

// drop closes the file of s when its last user has released it.
func (p *FilePool) drop(s *segment) {
	p.mu.Lock()
	h := s.handle.Load()
	for i := range p.handles {
		if p.handles[i] == h && h != nil {
			p.removeAt(i)
			break
		}
	}
	p.dropIndexed(s)
	p.mu.Unlock()
	if h != nil {
		h.release()
	}
}

func (p *FilePool) dropIndexed(s *segment) {
	for i, o := range p.indexed {
		if o == s {
			last := len(p.indexed) - 1
			p.indexed[i], p.indexed[last] = p.indexed[last], nil
			p.indexed = p.indexed[:last]
			return
		}
	}
}

// noteIndex remembers that the indexes of s are in memory.
func (p *FilePool) noteIndex(s *segment) {
	p.mu.Lock()
	p.indexed = append(p.indexed, s)
	p.mu.Unlock()
}

// Sweep closes the files and drops the indexes that were not used since the last Sweep, writing out
// what the latter have not on file yet. A file with unsynced writes is synced, and closed by the
// next Sweep. Call it every few minutes.
func (p *FilePool) Sweep() {
	var victims, unsynced []*handle
	p.mu.Lock()
	for i := 0; i < len(p.handles); {
		h := p.handles[i]
		switch {
		case h.used.Swap(false) || h.refs.Load() > 1:
		case !h.unsynced.Load():
			p.removeAt(i)
			victims = append(victims, h)
			continue
		case len(unsynced) < maxSweepSyncs && h.retain():
			unsynced = append(unsynced, h)
		}
		i++
	}
	indexed := append([]*segment(nil), p.indexed...)
	p.mu.Unlock()
	for _, h := range victims {
		h.release()
	}
	for _, h := range unsynced {
		h.seg.log.syncIdle(h)
		h.release()
	}
	for _, s := range indexed {
		if s.sweepIndex() {
			p.mu.Lock()
			p.dropIndexed(s)
			p.mu.Unlock()
		}
	}
}

// OpenFiles is the number of open .log files.
func (p *FilePool) OpenFiles() int { return int(p.opened.Load()) }
