package logmanager

import (
	"errors"
	"sync"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// committer makes appends to the logs of a directory durable, a group at a time.
type committer struct {
	mu sync.Mutex
	// pending is the next group. mu guards it, spare and wait.
	pending []pendingSync
	spare   [][]pendingSync
	wait    growth
	// retry is true while pending has requests whose sync failed for want of file descriptors.
	retry bool
	// wake makes the committer look at pending.
	wake func()
	loop *host.Loop
	// end ends the goroutine of loop.
	end func()

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

// AwaitSync calls w when l is on disk up to offset upTo. It returns true, and does not call w, when
// l is on disk so far already.
func (m *Manager) AwaitSync(l *Log, upTo int64, w Waiter) bool {
	if l.RecoveryPoint() >= upTo {
		return true
	}
	l.dir.commit.note(pendingSync{l, upTo, w})
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

// Commit makes everything that waits durable, as one group in each directory, calls the waiters,
// and returns their number. Requests whose sync has to be tried again stay in the next group. The
// committers do it; a test may, too.
func (m *Manager) Commit() (answered int) {
	for _, d := range m.dirs {
		answered += m.commitIn(d)
	}
	return answered
}

func (m *Manager) commitIn(d *Dir) int {
	c := &d.commit
	c.syncing.Lock()
	group := c.take()
	answered := group
	if len(group) > 0 {
		began := m.host.Elapsed()
		m.syncGroup(d, group)
		c.mu.Lock()
		c.gather.synced(int64(m.host.Elapsed()-began), len(group)+len(c.pending))
		answered = c.putBack(group)
		c.mu.Unlock()
	}
	c.syncing.Unlock()
	for i := range answered {
		g := &answered[i]
		var err error
		if g.log.RecoveryPoint() < g.upTo {
			err = g.log.failure()
		}
		g.w.Synced(err)
	}
	c.give(group)
	return len(answered)
}

// putBack returns the requests of a group that can be answered, and adds the others to the next
// group. mu and syncing are held.
func (c *committer) putBack(group []pendingSync) (answered []pendingSync) {
	c.retry = false
	for i := range group {
		if !group[i].log.again {
			continue
		}
		c.retry = true
		answered = make([]pendingSync, 0, len(group))
		for _, g := range group {
			if g.log.again && g.log.RecoveryPoint() < g.upTo {
				c.pending = append(c.pending, g)
			} else {
				answered = append(answered, g)
			}
		}
		return answered
	}
	return group
}

// mustRetry is true when the next group has to be tried soon although no request arrives.
func (c *committer) mustRetry() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retry && len(c.pending) > 0
}

// abandon answers every request that waits with an error.
func (c *committer) abandon() {
	group := c.take()
	for i := range group {
		group[i].w.Synced(group[i].log.failure())
	}
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

// errNotSynced is the answer for a log that was closed or truncated before a sync.
var errNotSynced = errors.New("logmanager: the log was closed or truncated before its end was on disk")

func (l *Log) failure() error {
	if err := l.dir.Err(); err != nil {
		return err
	}
	return errNotSynced
}

// syncGroup makes the logs of a group durable. committer.syncing is held.
func (m *Manager) syncGroup(d *Dir, group []pendingSync) {
	c := &d.commit
	c.round++
	c.dirty = c.dirty[:0]
	for i := range group {
		l := group[i].log
		if l.round == c.round {
			l.needed = max(l.needed, group[i].upTo)
			continue
		}
		l.round, l.needed, l.again = c.round, group[i].upTo, false
		c.dirty = append(c.dirty, l)
	}
	if d.Err() == nil {
		m.syncLogs(d, c.dirty)
	}
	clear(c.dirty)
}

// syncLogs syncs those of logs, which are in d, that are not durable yet.
func (m *Manager) syncLogs(d *Dir, logs []*Log) {
	n := 0
	for _, l := range logs {
		if l.RecoveryPoint() < l.needed && !l.apart {
			n++
		}
	}
	costs, began := &d.commit.costs, m.host.Elapsed()
	whole := n > 0 && d.mount != nil && costs.preferFS(n)
	if whole {
		m.syncFS(d, logs)
		costs.tookFS(int64(m.host.Elapsed() - began))
		began = m.host.Elapsed()
	}
	n = 0
	for _, l := range logs {
		if l.RecoveryPoint() >= l.needed || whole && !l.apart || d.Err() != nil {
			continue
		}
		n++
		m.syncFailed(l, l.Sync(l.needed))
	}
	if n > 0 {
		costs.tookEach(n, int64(m.host.Elapsed()-began))
	}
}

// syncFailed handles the error of a log's sync in a group, if any.
func (m *Manager) syncFailed(l *Log, err error) {
	if err == nil {
		return
	}
	l.again = storage.Classify(err) == storage.ClassRetry
	m.logError(l, "sync", err)
}

// syncFS is one syncfs for all logs, which are in d, but those apart.
func (m *Manager) syncFS(d *Dir, logs []*Log) {
	halves := d.commit.halves[:0]
	for _, l := range logs {
		if l.apart {
			continue
		}
		upTo, gen, err := l.PrepareSync()
		if err == nil {
			halves = append(halves, half{l, upTo, gen})
		} else if m.syncFailed(l, err); d.Err() != nil {
			return
		}
	}
	if err := d.mount.SyncFS(); err != nil {
		m.failDir(d, err)
		return
	}
	for _, h := range halves {
		h.l.SyncDone(h.upTo, h.gen)
	}
	d.commit.halves = halves
}
