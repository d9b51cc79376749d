package logmanager

import (
	"errors"
	"sync"
)

// committer makes appends durable, a group at a time.
type committer struct {
	mu sync.Mutex
	// pending is the next group. Guarded by mu, as spare and awaited.
	pending []pendingSync
	spare   [][]pendingSync
	// awaited is the size of pending at which full is signalled; 0 when nobody waits for it.
	awaited int
	wake    chan struct{}
	full    chan struct{}

	// syncing is held while a group goes to disk: the next one collects meanwhile. It guards what follows.
	syncing sync.Mutex
	round   uint64
	dirty   []*Log
	halves  []half
	costs   syncCosts
	gather  gathering
}

// half is a log between PrepareSync and SyncDone.
type half struct {
	l    *Log
	upTo int64
	gen  uint64
}

type pendingSync struct {
	log  *Log
	upTo int64
	w    Waiter
}

func (c *committer) init() { c.wake, c.full = make(chan struct{}, 1), make(chan struct{}, 1) }

// Durable has w told when l is on disk up to offset upTo. It returns true, and w is not called, when that is so already.
func (m *Manager) Durable(l *Log, upTo int64, w Waiter) bool {
	if l.RecoveryPoint() >= upTo {
		return true
	}
	m.commit.note(pendingSync{l, upTo, w})
	return false
}

// note adds to the next group and wakes whoever waits for it to begin or to be full.
func (c *committer) note(p pendingSync) {
	c.mu.Lock()
	c.pending = append(c.pending, p)
	first := len(c.pending) == 1
	full := c.awaited > 0 && len(c.pending) >= c.awaited
	if full {
		c.awaited = 0
	}
	c.mu.Unlock()
	if first {
		signal(c.wake)
	}
	if full {
		signal(c.full)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Commit makes everything that waits durable as one group, calls the waiters, and tells how many there were. The drivers call
// it; a simulator or a test may, too.
func (m *Manager) Commit() int {
	c := &m.commit
	c.syncing.Lock()
	group := c.take()
	if len(group) > 0 {
		began := m.opts.Clock()
		m.syncGroup(group)
		c.mu.Lock()
		c.gather.synced(m.opts.Clock()-began, len(group)+len(c.pending))
		c.mu.Unlock()
	}
	c.syncing.Unlock()
	for i := range group {
		g := &group[i]
		var err error
		if g.log.RecoveryPoint() < g.upTo {
			err = g.log.failure()
		}
		g.w.Durable(err)
	}
	c.give(group)
	return len(group)
}

func (c *committer) take() []pendingSync {
	c.mu.Lock()
	defer c.mu.Unlock()
	group := c.pending
	c.pending = nil
	if n := len(c.spare); n > 0 {
		c.pending, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	return group
}

func (c *committer) give(group []pendingSync) {
	clear(group)
	c.mu.Lock()
	if len(c.spare) < 4 && cap(group) > 0 {
		c.spare = append(c.spare, group[:0])
	}
	c.mu.Unlock()
}

// errNotDurable stands for a log that was closed or truncated while somebody waited for it.
var errNotDurable = errors.New("logmanager: the log was closed or truncated before its end was on disk")

func (l *Log) failure() error {
	if err := l.dir.Err(); err != nil {
		return err
	}
	return errNotDurable
}

// syncGroup makes the logs of a group durable. committer.syncing is held.
func (m *Manager) syncGroup(group []pendingSync) {
	c := &m.commit
	c.round++
	c.dirty = c.dirty[:0]
	for i := range group {
		l := group[i].log
		if l.round == c.round {
			l.needed = max(l.needed, group[i].upTo)
			continue
		}
		l.round, l.needed = c.round, group[i].upTo
		c.dirty = append(c.dirty, l)
	}
	for _, d := range m.dirs {
		m.syncDirLogs(d, c.dirty)
	}
	clear(c.dirty)
}

// syncDirLogs syncs those of logs that are in d and not durable yet.
func (m *Manager) syncDirLogs(d *Dir, logs []*Log) {
	n := 0
	for _, l := range logs {
		if l.dir == d && l.RecoveryPoint() < l.needed {
			n++
		}
	}
	if n == 0 || d.Err() != nil {
		return
	}
	costs, began := &m.commit.costs, m.opts.Clock()
	if d.mount != nil && costs.preferFS(n) {
		m.syncFS(d, logs)
		costs.tookFS(m.opts.Clock() - began)
		return
	}
	for _, l := range logs {
		if l.dir != d || l.RecoveryPoint() >= l.needed || d.Err() != nil {
			continue
		}
		if err := l.Sync(l.needed); diskError(err) {
			m.failDir(d, err)
		}
	}
	costs.tookEach(n, m.opts.Clock()-began)
}

// syncFS is one syncfs for all logs of d.
func (m *Manager) syncFS(d *Dir, logs []*Log) {
	halves := m.commit.halves[:0]
	for _, l := range logs {
		if l.dir != d {
			continue
		}
		upTo, gen, err := l.PrepareSync()
		if diskError(err) {
			m.failDir(d, err)
			return
		}
		if err == nil {
			halves = append(halves, half{l, upTo, gen})
		}
	}
	if err := d.mount.SyncFS(); err != nil {
		m.failDir(d, err)
		return
	}
	for _, h := range halves {
		h.l.SyncDone(h.upTo, h.gen)
	}
	m.commit.halves = halves
}
