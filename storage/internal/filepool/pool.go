// Package filepool keeps files open between uses, up to a number, and holds a file open while an
// answer is sent from it. It knows files and their owners, not the log that they belong to.
package filepool

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Pool bounds the open files of all owners that share it. It keeps files open between uses, and
// sweeps the memory of their owners. The bound counts every open file, also those that only slices
// hold. Pool has no goroutine: Sweep is called from time to time. It is safe for concurrent use.
//
// Durability: a file with unsynced writes stays open while the pool can close other files. After
// the close its writes stay in the page cache, and the fdatasync of a later handle covers them,
// since both act on the inode. But the kernel reports a failed write-back to the later handle only
// if the inode stayed in memory in between. So the pool closes such a file without a sync only when
// it holds no other and is above its bound, and Sweep syncs the file first.
type Pool struct {
	max int
	// opened counts the open files, also files that only slices hold.
	opened atomic.Int64

	mu      sync.Mutex
	handles []*Handle // open files, in no order; hand is the clock's position
	memory  []*File   // files whose owners have memory to sweep
	hand    int
}

// maxSweepSyncs bounds how many idle files with unsynced writes one Sweep syncs. Such files belong
// to topics whose records are acknowledged without a sync.
const maxSweepSyncs = 64

// New returns a pool that keeps at most maxOpen files open. A caller may hold one file more for a
// moment.
func New(maxOpen int) *Pool { return &Pool{max: max(maxOpen, 1)} }

// Full reports whether more files are open than the pool keeps, because all of them are in use.
func (p *Pool) Full() bool { return p.opened.Load() > int64(p.max) }

// OpenFiles is the number of open files.
func (p *Pool) OpenFiles() int { return int(p.opened.Load()) }

// keep takes over the caller's reference to h. It returns handles above the bound. The caller holds
// mu and releases them afterwards.
func (p *Pool) keep(h *Handle) (victims []*Handle) {
	p.handles = append(p.handles, h)
	return p.evict(h)
}

func releaseAll(handles []*Handle) {
	for _, h := range handles {
		h.Release()
	}
}

// evict takes handles that are not in use and were not used lately out of the pool, until the pool
// is within its bound. kept stays. The caller holds mu and releases the result.
func (p *Pool) evict(kept *Handle) (victims []*Handle) {
	n := len(p.handles)
	for tries := 3 * n; int(p.opened.Load())-len(victims) > p.max && len(p.handles) > 0 && tries > 0; tries-- {
		if p.hand >= len(p.handles) {
			p.hand = 0
		}
		h := p.handles[p.hand]
		// The first two rounds leave files with unsynced writes.
		if h == kept || h.used.Swap(false) || h.refs.Load() > 1 || tries > n && h.Unsynced.Load() {
			p.hand++
			continue
		}
		p.removeAt(p.hand)
		victims = append(victims, h)
	}
	return victims
}

// Shed closes every file that is not in use.
func (p *Pool) Shed() {
	p.mu.Lock()
	var victims []*Handle
	for i := 0; i < len(p.handles); {
		if p.handles[i].refs.Load() > 1 {
			i++
			continue
		}
		victims = append(victims, p.handles[i])
		p.removeAt(i)
	}
	p.mu.Unlock()
	releaseAll(victims)
}

// removeAt takes a handle out of the pool. The caller holds mu and releases the handle afterwards.
func (p *Pool) removeAt(i int) {
	h := p.handles[i]
	last := len(p.handles) - 1
	p.handles[i], p.handles[last] = p.handles[last], nil
	p.handles = p.handles[:last]
	h.of.handle.Store(nil)
}

func (p *Pool) drop(f *File) {
	p.mu.Lock()
	h := f.handle.Load()
	if i := slices.Index(p.handles, h); i >= 0 {
		p.removeAt(i)
	}
	p.dropMemory(f)
	p.mu.Unlock()
	if h != nil {
		h.Release()
	}
}

// dropMemory ends the sweeps of f. The caller holds mu.
func (p *Pool) dropMemory(f *File) {
	i := slices.Index(p.memory, f)
	if i < 0 {
		return
	}
	last := len(p.memory) - 1
	p.memory[i], p.memory[last] = p.memory[last], nil
	p.memory = p.memory[:last]
}

// Sweep closes the files and gives up the memory that were not used since the last Sweep. A file
// with unsynced writes is synced first, and the next Sweep closes it.
func (p *Pool) Sweep() {
	var victims, unsynced []*Handle
	p.mu.Lock()
	for i := 0; i < len(p.handles); {
		h := p.handles[i]
		switch {
		case h.used.Swap(false) || h.refs.Load() > 1:
		case !h.Unsynced.Load():
			p.removeAt(i)
			victims = append(victims, h)
			continue
		case len(unsynced) < maxSweepSyncs && h.retain():
			unsynced = append(unsynced, h)
		}
		i++
	}
	memory := slices.Clone(p.memory)
	p.mu.Unlock()
	releaseAll(victims)
	for _, h := range unsynced {
		h.of.owner.SyncIdle(h)
		h.Release()
	}
	for _, f := range memory {
		if f.owner.SweepMemory() {
			p.mu.Lock()
			p.dropMemory(f)
			p.mu.Unlock()
		}
	}
}
