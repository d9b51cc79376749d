package logmanager

import (
	"errors"
	"sync"

	"github.com/gregorhq/gregor/internal/host"
)

// committer makes appends durable, a group at a time.
type committer struct {
	mu sync.Mutex
	// pending is the next group. mu guards it, spare and wait.
	pending []pendingSync
	spare   [][]pendingSync
	wait    growth
	// wake makes the committer look at pending.
	wake func()
	loop *host.Loop

	// syncing is held while a group goes to disk; the next group collects meanwhile. It guards the
	// fields below.
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

// Durable calls w when l is on disk up to offset upTo. It returns true, and does not call w, when l
// is on disk so far already.
func (m *Manager) Durable(l *Log, upTo int64, w Waiter) bool {
	if l.RecoveryPoint() >= upTo {
		return true
	}
	m.commit.note(pendingSync{l, upTo, w})
	return false
}

// note adds p to the next group. It wakes the committer when the group begins and when it is
// complete.
func (c *committer) note(p pendingSync) {
	c.mu.Lock()
	c.pending = append(c.pending, p)
	first := len(c.pending) == 1
	complete := len(c.pending) == c.wait.size
	c.mu.Unlock()
	if first || complete {
		c.wake()
	}
}

// Commit makes everything that waits durable as one group, calls the waiters, and returns their
// number. The committer calls it; a test may, too.
func (m *Manager) Commit() int {
	c := &m.commit
	c.syncing.Lock()
	group := c.take()
	if len(group) > 0 {
		began := m.host.Elapsed()
		m.syncGroup(group)
		c.mu.Lock()
		c.gather.synced(int64(m.host.Elapsed()-began), len(group)+len(c.pending))
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
	costs, began := &m.commit.costs, m.host.Elapsed()
	if d.mount != nil && costs.preferFS(n) {
		m.syncFS(d, logs)
		costs.tookFS(int64(m.host.Elapsed() - began))
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
	costs.tookEach(n, int64(m.host.Elapsed()-began))
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
