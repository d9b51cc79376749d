package logmanager

import (
	"errors"
	"iter"
	"time"

	"github.com/gregorhq/gregor/storage"
)

// compaction is a run of the cleaner over one log.
//
// It is a coroutine: when it is ahead of log.cleaner.io.max.bytes.per.second, it pauses in the
// middle and gives the cleaner thread back. So no goroutine waits, and a simulator can run it. No
// lock of the log is held during a pause.
type compaction struct {
	l *Log
	// next continues until the next pause. It returns false when the run is over.
	next func() (pause time.Duration, more bool)
	// busy is true while a caller prepares the run or is in next. over is true after the last next.
	// cleaner.mu guards both.
	busy, over bool

	began    time.Duration
	cuts     uint64
	restarts int64
	stats    storage.CleanStats
	err      error
	// compacted is true after a run without an error.
	compacted bool
}

// beginCompaction claims the dirtiest log and prepares its compaction. It returns nil when no log
// needs one.
func (m *Manager) beginCompaction(nowMs int64) *compaction {
	l, plan := m.dirtiest(nowMs)
	if l == nil {
		return nil
	}
	c := &compaction{l: l, began: m.host.Elapsed(), restarts: m.cleaner.restarts.Load()}
	if !m.claim(c) {
		return nil
	}
	dirty, cuts := m.cleanerOffset(l)
	if plan.ResetCheckpoint {
		if err := m.setCleanerOffset(l, plan.FirstDirtyOffset, cuts); err != nil {
			m.release(c)
			m.dirError(l.dir, "write of "+storage.CleanerOffsetCheckpoint, err)
			return nil
		}
		dirty, cuts = m.cleanerOffset(l)
	}
	c.cuts = cuts
	c.next, _ = iter.Pull(func(pause func(time.Duration) bool) {
		c.stats, c.err = l.Clean(m.cleanOptions(c, dirty, nowMs, pause))
	})
	m.pause(c)
	return c
}

// claim gives the log to c, which stays busy until it is prepared. No compaction begins after
// stopping is set.
func (m *Manager) claim(c *compaction) bool {
	m.cleaner.mu.Lock()
	defer m.cleaner.mu.Unlock()
	if c.l.compaction != nil || c.l.gone.Load() || m.stopping.Load() {
		return false
	}
	c.l.compaction, c.busy = c, true
	return true
}

// pause ends the use of c by this caller. Another one may continue c.
func (m *Manager) pause(c *compaction) {
	m.cleaner.mu.Lock()
	c.busy = false
	m.cleaner.mu.Unlock()
	m.cleaner.idle.Broadcast()
}

func (m *Manager) release(c *compaction) {
	m.cleaner.mu.Lock()
	c.busy, c.over = false, true
	c.l.compaction = nil
	m.cleaner.mu.Unlock()
	m.cleaner.idle.Broadcast()
}

// advance continues a compaction until it pauses or is over. A deletion may have ended it
// before.
func (m *Manager) advance(c *compaction) (pause time.Duration, over bool) {
	m.cleaner.mu.Lock()
	for c.busy {
		m.cleaner.idle.Wait()
	}
	if c.over {
		m.cleaner.mu.Unlock()
		return 0, true
	}
	c.busy = true
	m.cleaner.mu.Unlock()
	pause, more := c.next()
	if more {
		m.pause(c)
		return pause, false
	}
	m.conclude(c)
	return 0, true
}

// awaitCompaction continues a compaction until it is over, without its pauses.
func (m *Manager) awaitCompaction(c *compaction) {
	for over := false; !over; {
		_, over = m.advance(c)
	}
}

// endCompaction returns when no compaction of l runs. l.gone is set, so a run ends at its next
// batch.
func (m *Manager) endCompaction(l *Log) {
	m.awaitCompactionOf(l)
	m.cleaner.mu.Lock()
	delete(m.cleaner.uncleanable, l)
	m.cleaner.mu.Unlock()
}

// awaitCompactionOf continues the compaction of l, if there is one, until it is over.
func (m *Manager) awaitCompactionOf(l *Log) {
	m.cleaner.mu.Lock()
	c := l.compaction
	m.cleaner.mu.Unlock()
	if c != nil {
		m.awaitCompaction(c)
	}
}

// conclude records the outcome of a compaction and releases its log.
func (m *Manager) conclude(c *compaction) {
	l := c.l
	if c.err == nil {
		c.err = m.setCleanerOffset(l, c.stats.EndOffset, c.cuts)
	}
	c.compacted = c.err == nil
	aborted := errors.Is(c.err, storage.ErrCleanAborted) || errors.Is(c.err, storage.ErrClosed)
	if c.err != nil && !aborted && m.stopping.Load() {
		l.dir.unsettled.Store(true) // after release, the directory may get its marker at once
	}
	m.release(c)
	switch {
	case c.err == nil:
		m.cleaner.noteRun(cleanerRun{c.stats, int64(m.host.Elapsed() - c.began)}, max(m.config.Load().Cleaner.Threads, 1))
		m.log.Info("compacted", "topic", l.TP.Topic, "partition", l.TP.Partition, "end_offset", c.stats.EndOffset,
			"bytes_read", c.stats.BytesRead, "bytes_written", c.stats.BytesWritten)
	case aborted:
	case errors.Is(c.err, storage.ErrUncleanable):
		m.log.Error("compaction failed, and the partition is not compacted before the next start", "topic", l.TP.Topic, "partition", l.TP.Partition, "error", c.err)
		m.cleaner.mu.Lock()
		m.cleaner.uncleanable[l] = true
		m.cleaner.mu.Unlock()
	default:
		m.logError(l, "compaction", c.err)
	}
}

func (m *Manager) cleanOptions(c *compaction, dirty, nowMs int64, pause func(time.Duration) bool) storage.CleanOptions {
	cfg := m.config.Load().Cleaner
	threads := max(cfg.Threads, 1)
	return storage.CleanOptions{
		NowMs: nowMs, DirtyOffset: dirty,
		DedupeBytes: cfg.DedupeBytes / threads, LoadFactor: cfg.LoadFactor, IOBytes: cfg.IOBytes / threads / 2,
		Throttle: func(n int) {
			m.cleaner.spend(n)
			for !m.endsSoon(c) {
				ahead := m.cleaner.ahead(m)
				if ahead == 0 {
					return
				}
				pause(ahead)
			}
		},
		Check: func() error {
			if m.endsSoon(c) {
				return storage.ErrCleanAborted
			}
			return nil
		},
	}
}

// endsSoon is true when a compaction is to end before it is done.
func (m *Manager) endsSoon(c *compaction) bool {
	return c.l.gone.Load() || m.stopping.Load() || c.restarts != m.cleaner.restarts.Load()
}

// throttle is the account of log.cleaner.io.max.bytes.per.second. All cleaner threads share it, as
// in Apache Kafka. cleaner.mu guards it.
type throttle struct {
	// owed are the bytes that were read and written and that the rate did not allow yet, at time
	// at.
	owed float64
	at   time.Duration
}

// A pause is between minPause and maxPause long.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

func (c *cleaner) spend(bytes int) {
	c.mu.Lock()
	c.rate.owed += float64(bytes)
	c.mu.Unlock()
}

// ahead returns how long the cleaner has to pause, 0 when it may go on.
func (c *cleaner) ahead(m *Manager) time.Duration {
	perSecond, now := m.config.Load().Cleaner.MaxBytesPerSecond, m.host.Elapsed()
	c.mu.Lock()
	defer c.mu.Unlock()
	if perSecond <= 0 || perSecond > 1e15 { // no limit
		c.rate = throttle{at: now}
		return 0
	}
	c.rate.owed = max(c.rate.owed-perSecond*(now-c.rate.at).Seconds(), 0)
	c.rate.at = now
	if seconds := c.rate.owed / perSecond; seconds < minPause.Seconds() {
		return 0
	} else if seconds < maxPause.Seconds() {
		return time.Duration(seconds * float64(time.Second))
	}
	return maxPause
}
