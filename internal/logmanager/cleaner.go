package logmanager

import (
	"errors"
	"sync"

	"github.com/gregorhq/gregor/storage"
)

// cleaner is the state that cleaner threads share.
type cleaner struct {
	mu   sync.Mutex
	done sync.Cond
	wake chan struct{}
	// uncleanable are logs whose compaction failed for a reason other than the disk (Kafka's uncleanable partitions).
	uncleanable map[*Log]bool
	// runs are the last compactions, one for each cleaner thread as in Kafka's gauges; nextRun is the place of the next one.
	runs    []cleanerRun
	nextRun int
	look    look
}

// cleanerRun is a compaction that is over.
type cleanerRun struct {
	stats storage.CleanStats
	took  int64 // nanoseconds
}

// look is what the last look for work found.
type look struct {
	atMs int64
	// maxDelayMs is by how much the log that is most overdue for compaction was late, dirtiest the highest dirty ratio.
	maxDelayMs int64
	dirtiest   float64
}

func (c *cleaner) init() {
	c.done.L = &c.mu
	c.wake = make(chan struct{}, 1)
	c.uncleanable = make(map[*Log]bool)
}

// WakeCleaner has a cleaner thread look for work now: after a topic became compacted, or in a test.
func (m *Manager) WakeCleaner() {
	select {
	case m.cleaner.wake <- struct{}{}:
	default:
	}
}

// Clean compacts the log that needs it most, if any does, and tells whether one was compacted. Cleaner threads call it.
func (m *Manager) Clean(nowMs int64) bool {
	l, plan := m.dirtiest(nowMs)
	if l == nil {
		return false
	}
	defer m.release(l)
	dirty, cuts := m.cleanerOffset(l)
	if plan.ResetCheckpoint {
		if err := m.setCleanerOffset(l, plan.FirstDirtyOffset, cuts); err != nil {
			m.failDir(l.dir, err)
			return false
		}
		dirty, cuts = m.cleanerOffset(l)
	}
	began := m.opts.Clock()
	stats, err := l.Clean(m.cleanOptions(l, dirty, nowMs))
	m.cleaner.noteRun(cleanerRun{stats, m.opts.Clock() - began}, err, max(m.config.Load().Cleaner.Threads, 1))
	switch {
	case errors.Is(err, storage.ErrCleanAborted) || errors.Is(err, storage.ErrClosed):
		return false
	case diskError(err):
		m.failDir(l.dir, err)
		return false
	case err != nil:
		m.log.Error("compaction failed, the partition is left as it is until the broker restarts", "topic", l.TP.Topic, "partition", l.TP.Partition, "error", err)
		m.cleaner.mu.Lock()
		m.cleaner.uncleanable[l] = true
		m.cleaner.mu.Unlock()
		return false
	}
	if err := m.setCleanerOffset(l, stats.EndOffset, cuts); err != nil {
		m.failDir(l.dir, err)
		return false
	}
	m.log.Info("compacted", "topic", l.TP.Topic, "partition", l.TP.Partition, "up to offset", stats.EndOffset,
		"bytes read", stats.BytesRead, "bytes written", stats.BytesWritten)
	return true
}

// dirtiest claims the log to compact next: one whose max.compaction.lag.ms has passed, else that with the highest dirty ratio
// at or above min.cleanable.dirty.ratio.
func (m *Manager) dirtiest(nowMs int64) (*Log, storage.CleanPlan) {
	if !m.config.Load().Cleaner.Enable {
		return nil, storage.CleanPlan{}
	}
	var best *Log
	var bestPlan storage.CleanPlan
	seen := look{atMs: nowMs}
	defer func() { m.cleaner.noteLook(seen) }()
	for _, l := range m.Logs() {
		if l.Config().CleanupPolicy&storage.CleanupCompact == 0 || !m.mayClean(l) {
			continue
		}
		dirty, _ := m.cleanerOffset(l)
		plan, err := l.CleanPlan(dirty, nowMs)
		if err == nil {
			seen.maxDelayMs, seen.dirtiest = max(seen.maxDelayMs, plan.CompactionDelayMs), max(seen.dirtiest, plan.DirtyRatio())
		}
		if err != nil || plan.CleanableBytes <= 0 || (!plan.NeedsNow && plan.DirtyRatio() <= l.Config().MinCleanableDirtyRatio) {
			continue
		}
		if best == nil || worse(plan, bestPlan) {
			best, bestPlan = l, plan
		}
	}
	if best == nil || !m.claim(best) {
		return nil, storage.CleanPlan{}
	}
	return best, bestPlan
}

func worse(a, b storage.CleanPlan) bool {
	if a.NeedsNow != b.NeedsNow {
		return a.NeedsNow
	}
	return a.DirtyRatio() > b.DirtyRatio()
}

func (m *Manager) mayClean(l *Log) bool {
	m.cleaner.mu.Lock()
	defer m.cleaner.mu.Unlock()
	return !l.cleaning && !m.cleaner.uncleanable[l] && !l.gone.Load()
}

func (m *Manager) claim(l *Log) bool {
	m.cleaner.mu.Lock()
	defer m.cleaner.mu.Unlock()
	if l.cleaning || l.gone.Load() {
		return false
	}
	l.cleaning = true
	return true
}

func (m *Manager) release(l *Log) {
	m.cleaner.mu.Lock()
	l.cleaning = false
	m.cleaner.mu.Unlock()
	m.cleaner.done.Broadcast()
}

// waitForCleaner returns when no thread compacts l any more. A run looks at l.gone often, so this is short.
func (m *Manager) waitForCleaner(l *Log) {
	m.cleaner.mu.Lock()
	defer m.cleaner.mu.Unlock()
	for l.cleaning {
		m.cleaner.done.Wait()
	}
	delete(m.cleaner.uncleanable, l)
}

func (m *Manager) cleanOptions(l *Log, dirty, nowMs int64) storage.CleanOptions {
	c := m.config.Load().Cleaner
	threads := max(c.Threads, 1)
	return storage.CleanOptions{
		NowMs: nowMs, DirtyOffset: dirty,
		DedupeBytes: c.DedupeBytes / threads, LoadFactor: c.LoadFactor, IOBytes: c.IOBytes / threads / 2,
		Throttle: m.throttle(c.MaxBytesPerSecond / float64(threads)),
		Check: func() error {
			if l.gone.Load() || m.stopping() {
				return storage.ErrCleanAborted
			}
			return nil
		},
	}
}

func (m *Manager) stopping() bool {
	if m.drivers.stop == nil {
		return false
	}
	select {
	case <-m.drivers.stop:
		return true
	default:
		return false
	}
}
