package logmanager

import (
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// schedule holds the time at which each periodic task of a directory is due, in milliseconds.
type schedule struct {
	started                                   bool
	last                                      int64 // time of the last step
	recovery, start, highWatermark, retention int64
	files, flush, folders                     int64
}

// Intervals of tasks that have no setting.
const (
	filesMs   = 5_000
	foldersMs = 1_000
	flushMs   = 1_000
	idleMs    = 120_000
)

// dirWork is the periodic work of a directory.
type dirWork struct {
	loop *host.Loop
	// nowMs is the time of the last Tick.
	nowMs atomic.Int64
	// schedule belongs to the step of loop.
	schedule schedule
}

// Tick begins the periodic work that is due at nowMs. The broker calls it about once a second,
// never twice at the same time. Before the end of Load it does nothing. Between Run and Stop each
// directory works in its own loop, and Tick waits for nothing. Otherwise the work is done when it
// returns.
func (m *Manager) Tick(nowMs int64) {
	if !m.loaded.Load() {
		return
	}
	for _, d := range m.dirs {
		d.tick.nowMs.Store(nowMs)
		m.step(d.tick.loop, func() { m.tickDir(d) })
	}
	m.idle.nowMs.Store(nowMs)
	m.step(m.idle.loop, func() { m.tickIdle() })
}

// step wakes a loop of a manager that runs, and does the step itself otherwise.
func (m *Manager) step(l *host.Loop, step func()) {
	if m.running.Load() {
		l.Wake()
	} else if !m.stopping.Load() {
		step()
	}
}

// task is a periodic task.
type task struct {
	due      *int64
	interval int64
	do       func()
}

// runDue runs the tasks that are due. A clock that was set back by back must not delay every task
// by the same time.
func runDue(nowMs, back int64, tasks ...task) {
	for _, t := range tasks {
		if *t.due -= back; nowMs >= *t.due {
			*t.due = nowMs + max(t.interval, 1)
			t.do()
		}
	}
}

// tickDir does the periodic work of a directory that is due. It reads and writes files and waits
// for nothing else.
func (m *Manager) tickDir(d *Dir) {
	if d.Err() != nil {
		return
	}
	nowMs, c, s := d.tick.nowMs.Load(), m.config.Load(), &d.tick.schedule
	if !s.started {
		first := nowMs + c.InitialTaskDelayMs
		*s = schedule{started: true, recovery: first, start: first, retention: first,
			highWatermark: nowMs + c.HighWatermarkMs, flush: nowMs, files: nowMs, folders: nowMs}
	}
	back := max(s.last-nowMs, 0)
	s.last = nowMs
	runDue(nowMs, back,
		task{&s.flush, min(flushMs, c.FlushSchedulerMs), func() { m.flushOverdue(d, nowMs) }},
		task{&s.retention, c.RetentionCheckMs, func() { m.retain(d, nowMs) }},
		task{&s.files, filesMs, func() { m.deleteFiles(d, nowMs) }},
		task{&s.folders, foldersMs, func() { m.removeDeleted(d, nowMs) }},
		task{&s.highWatermark, c.HighWatermarkMs, func() { m.checkpoint(highWatermarks, d) }},
		task{&s.recovery, c.RecoveryCheckpointMs, func() { m.checkpoint(recoveryPoints, d) }},
		task{&s.start, c.StartOffsetCheckpointMs, func() { m.checkpoint(startOffsets, d) }},
	)
}

// idleWork is the periodic work on what the directories share: files and memory that are not in
// use.
type idleWork struct {
	loop  *host.Loop
	nowMs atomic.Int64
	// The fields below belong to the step of loop.
	started                bool
	last, producers, files int64
}

func (w *idleWork) init(m *Manager) {
	w.loop = host.NewLoop(m.host, func() time.Duration { m.tickIdle(); return host.Forever })
}

func (m *Manager) tickIdle() {
	w, c := &m.idle, m.config.Load()
	nowMs := w.nowMs.Load()
	if !w.started {
		w.started, w.producers, w.files = true, nowMs+c.InitialTaskDelayMs, nowMs+idleMs
	}
	back := max(w.last-nowMs, 0)
	w.last = nowMs
	runDue(nowMs, back,
		task{&w.producers, c.ProducerCheckMs, func() { m.expireProducers(nowMs) }},
		task{&w.files, idleMs, m.pool.Sweep},
	)
}

// flushOverdue syncs the logs of d whose flush.ms has passed. While no log has ever had flush.ms,
// it does not look at the logs.
func (m *Manager) flushOverdue(d *Dir, nowMs int64) {
	if !m.flushTimed.Load() || !m.any(d, func(l *Log) bool { return l.Config().FlushMs < nowMs && l.Dirty() }) {
		return
	}
	for l := range m.logsIn(d) {
		every := l.Config().FlushMs
		if every >= nowMs || !l.Dirty() {
			l.lastFlushMs.Store(nowMs)
			continue
		}
		if since := nowMs - l.lastFlushMs.Load(); since >= 0 && since < every {
			continue
		}
		l.lastFlushMs.Store(nowMs)
		m.syncObserved(l, l.LogEndOffset())
	}
}

// retain deletes old segments by retention.ms, retention.bytes and the log start offset, also those
// of logs with cleanup.policy=compact,delete.
func (m *Manager) retain(d *Dir, nowMs int64) {
	for l := range m.logsIn(d) {
		_, _, err := l.DeleteOldSegments(nowMs)
		m.logError(l, "retention", err)
	}
}

func (m *Manager) deleteFiles(d *Dir, nowMs int64) {
	if !m.any(d, func(l *Log) bool { return l.PendingDeletes() }) {
		return
	}
	for l := range m.logsIn(d) {
		if !l.PendingDeletes() {
			continue
		}
		_, err := l.DeleteFiles(nowMs)
		m.logError(l, "deletion of files", err)
	}
}

func (m *Manager) expireProducers(nowMs int64) {
	c := m.config.Load()
	for _, l := range m.Logs() {
		l.SetProducerLimits(c.ProducerExpirationMs, c.MaxProducerIDs) // also in a log that SetConfig missed while it was opened
		l.RemoveExpiredProducers(nowMs)
	}
}
