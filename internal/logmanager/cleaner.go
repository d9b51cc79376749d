package logmanager

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// cleaner is the state that cleaner threads share.
type cleaner struct {
	mu sync.Mutex
	// idle is signalled when a thread leaves a compaction.
	idle sync.Cond
	// threads are the cleaner threads. Those from log.cleaner.threads on begin no compaction.
	threads []*cleanerThread
	// uncleanable are logs whose compaction failed for a reason other than the disk (Kafka's
	// uncleanable partitions).
	uncleanable map[*Log]bool
	// runs are the last compactions, one for each cleaner thread as in Kafka's gauges. nextRun is
	// the place of the next one.
	runs    []cleanerRun
	nextRun int
	look    look
	rate    throttle

	// restarts counts changes of the settings that a compaction takes over when it begins. Such a
	// change aborts the current compactions.
	restarts atomic.Int64
}

// cleanerThread is one of log.cleaner.threads.
type cleanerThread struct {
	loop *host.Loop
	// run is the compaction that the thread has begun. Only a step of loop touches it, and
	// haltShared later.
	run *compaction
}

// cleanerRun is a compaction that is over.
type cleanerRun struct {
	stats storage.CleanStats
	took  int64 // nanoseconds
}

// look is the result of the last look for work.
type look struct {
	atMs int64
	// maxDelayMs is the delay of the log that is most overdue for compaction, dirtiest the highest
	// dirty ratio.
	maxDelayMs int64
	dirtiest   float64
}

func (c *cleaner) init() {
	c.idle.L = &c.mu
	c.uncleanable = make(map[*Log]bool)
}

// resize makes sure that there are log.cleaner.threads threads.
func (c *cleaner) resize(m *Manager) {
	want := m.config.Load().Cleaner.Threads
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.threads); i < want; i++ {
		t := &cleanerThread{}
		t.loop = host.NewLoop(m.host, func() time.Duration { return m.cleanStep(t, i) })
		c.threads = append(c.threads, t)
	}
}

func (c *cleaner) all() []*cleanerThread {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.threads
}

// reconfigure puts changed log.cleaner.* settings into effect. Like Apache Kafka it begins
// compactions again when their buffers change; another rate applies to the compactions under way.
func (c *cleaner) reconfigure(m *Manager, old, now CleanerConfig) {
	if old == now {
		return
	}
	old.MaxBytesPerSecond, old.BackoffMs = now.MaxBytesPerSecond, now.BackoffMs
	if old != now {
		c.restarts.Add(1)
	}
	if m.running.Load() {
		c.resize(m)
		m.WakeCleaner()
	}
}

// WakeCleaner makes the cleaner threads look for work now: a topic may have become compacted.
func (m *Manager) WakeCleaner() {
	for _, t := range m.cleaner.all() {
		m.wakeUp(t.loop)
	}
}

// cleanStep is the step of cleaner thread i. It compacts the dirtiest log until the compaction
// pauses or is over.
func (m *Manager) cleanStep(t *cleanerThread, i int) time.Duration {
	cfg := &m.config.Load().Cleaner
	if t.run == nil {
		if i >= cfg.Threads {
			return host.Forever // SetConfig wakes it when there are more threads again
		}
		if t.run = m.beginCompaction(host.Millis(m.host)); t.run == nil {
			return cfg.backoff()
		}
	}
	pause, over := m.advance(t.run)
	if !over {
		return pause
	}
	compacted := t.run.compacted
	t.run = nil
	if compacted {
		return 0
	}
	return cfg.backoff()
}

func (c *CleanerConfig) backoff() time.Duration {
	return time.Duration(max(c.BackoffMs, 1)) * time.Millisecond
}

// Clean compacts the log that needs it most and returns true, or returns false when no log needs it
// or the compaction fails. It does not pause.
func (m *Manager) Clean(nowMs int64) bool {
	run := m.beginCompaction(nowMs)
	if run == nil {
		return false
	}
	m.awaitCompaction(run)
	return run.compacted
}

// dirtiest returns the log to compact next: one whose max.compaction.lag.ms has passed, else the
// one with the highest dirty ratio above min.cleanable.dirty.ratio.
func (m *Manager) dirtiest(nowMs int64) (*Log, storage.CleanPlan) {
	if !m.config.Load().Cleaner.Enable {
		return nil, storage.CleanPlan{}
	}
	var best *Log
	var bestPlan storage.CleanPlan
	seen := look{atMs: nowMs}
	for _, l := range m.Logs() {
		if l.Config().CleanupPolicy&storage.CleanupCompact == 0 || !m.mayClean(l) {
			continue
		}
		dirty, _ := m.cleanerOffset(l)
		plan, err := l.CleanPlan(dirty, nowMs)
		if err != nil {
			continue
		}
		seen.maxDelayMs, seen.dirtiest = max(seen.maxDelayMs, plan.CompactionDelayMs), max(seen.dirtiest, plan.DirtyRatio())
		if plan.Worthwhile(l.Config().MinCleanableDirtyRatio) && (best == nil || worse(plan, bestPlan)) {
			best, bestPlan = l, plan
		}
	}
	m.cleaner.noteLook(seen)
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
	return l.compaction == nil && !m.cleaner.uncleanable[l] && !l.gone.Load()
}
