package vfs

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// CrashOptions selects the unsynced writes that survive a power cut.
type CrashOptions struct {
	// Rand decides; nil keeps nothing that is not synced.
	Rand *rand.Rand
	// Keep is the chance, from 0 to 1, of each unsynced name change and each block of each
	// unsynced write to be on the disk.
	Keep float64
	// Block is the unit in which a write is torn, in bytes; 0 means 4096. Disks promise 512.
	Block int64
}

// CrashClone returns a possible state of the file system after a power cut at this moment. The
// synced state survives. Each unsynced write (block by block), truncation and change of a name
// survives or not, independently of the others, so every order of write-back is possible. The clone
// is itself crashable and counts as synced. m continues unchanged.
func (m *Mem) CrashClone(o CrashOptions) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o.Block <= 0 {
		o.Block = 4096
	}
	c := &crash{o: o, files: map[*memNode]*memNode{}, dirs: map[*memNode]map[string]*memNode{}, fate: map[*memRename]bool{}}
	c.names(m.root)
	out := newMem(true)
	out.root = c.clone(m.root)
	return out
}

type crash struct {
	o     CrashOptions
	files map[*memNode]*memNode
	// dirs holds the names that survive in each folder, fate whether a name change did: one
	// that touches two folders does so in both or in neither.
	dirs map[*memNode]map[string]*memNode
	fate map[*memRename]bool
}

func (c *crash) keep() bool {
	return c.o.Rand != nil && c.o.Rand.Float64() < c.o.Keep
}

// names decides the surviving names of d and of all folders that may be below it.
func (c *crash) names(d *memNode) map[string]*memNode {
	if e, ok := c.dirs[d]; ok {
		return e
	}
	e := make(map[string]*memNode, len(d.syncedEntries))
	for name, n := range d.syncedEntries {
		e[name] = n
	}
	c.dirs[d] = e
	for _, r := range d.pendingNames {
		kept, known := c.fate[r]
		if !known {
			kept = c.keep()
			c.fate[r] = kept
		}
		if !kept {
			continue
		}
		if r.fromDir == d && e[r.from] == r.node {
			delete(e, r.from)
		}
		if r.toDir == d {
			e[r.to] = r.node
		}
	}
	return e
}

func (c *crash) clone(n *memNode) *memNode {
	if out, ok := c.files[n]; ok {
		return out
	}
	if !n.dir {
		data := c.contents(n)
		out := &memNode{data: data, synced: append([]byte(nil), data...), mod: time.Unix(0, 0)}
		c.files[n] = out
		return out
	}
	out := newMemDir()
	c.files[n] = out
	names := c.names(n)
	for _, name := range slices.Sorted(maps.Keys(names)) { // in order: each clone draws from Rand
		k := c.clone(names[name])
		out.entries[name], out.syncedEntries[name] = k, k
	}
	return out
}

func (c *crash) contents(n *memNode) []byte {
	data := append([]byte(nil), n.synced...)
	for _, w := range n.pending {
		if w.data == nil {
			if c.keep() {
				data = resize(data, w.off)
			}
			continue
		}
		for at := int64(0); at < int64(len(w.data)); {
			// Blocks are those of the file, not of the write: a sector is written whole.
			step := min(c.o.Block-(w.off+at)%c.o.Block, int64(len(w.data))-at)
			if c.keep() {
				if end := w.off + at + step; end > int64(len(data)) {
					data = resize(data, end)
				}
				copy(data[w.off+at:], w.data[at:at+step])
			}
			at += step
		}
	}
	return data
}

// sync makes the contents of a file durable.
func (n *memNode) sync() {
	if len(n.pending) == 0 {
		return
	}
	for _, w := range n.pending {
		if w.data == nil {
			n.synced = resize(n.synced, w.off)
			continue
		}
		if end := w.off + int64(len(w.data)); end > int64(len(n.synced)) {
			n.synced = resize(n.synced, end)
		}
		copy(n.synced[w.off:], w.data)
	}
	n.pending = nil
}

// syncNames makes the names in a folder durable; a change that touches another folder too is
// then durable there as well, as in a journal.
func (n *memNode) syncNames() {
	for _, r := range n.pendingNames {
		r.apply(func(d *memNode) map[string]*memNode { return d.syncedEntries })
		other := r.fromDir
		if other == n {
			other = r.toDir
		}
		if other != nil && other != n {
			other.forget(r)
		}
	}
	n.pendingNames = nil
}

func (n *memNode) forget(r *memRename) {
	for i, p := range n.pendingNames {
		if p == r {
			n.pendingNames = append(n.pendingNames[:i:i], n.pendingNames[i+1:]...)
			return
		}
	}
}

// SyncDir implements FS.
func (m *Mem) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.find(dir)
	if d == nil || !d.dir {
		return pathErr("syncdir", dir, fs.ErrNotExist)
	}
	d.syncNames()
	return nil
}

// OpenMount implements FS.
func (m *Mem) OpenMount(string) (Mount, error) { return memMount{m}, nil }

type memMount struct{ m *Mem }

func (x memMount) SyncFS() error {
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	x.m.root.syncAll()
	return nil
}

// Holds implements Mount: Mem is one file system.
func (memMount) Holds(string) (bool, error) { return true, nil }

func (memMount) Close() error { return nil }

func (n *memNode) syncAll() {
	if !n.dir {
		n.sync()
		return
	}
	n.syncNames()
	for _, child := range n.entries {
		child.syncAll()
	}
}
