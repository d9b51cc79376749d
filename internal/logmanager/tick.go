package logmanager

// schedule holds the time at which each periodic task is due, in milliseconds. Only Tick uses it.
type schedule struct {
	started                                       bool
	last                                          int64 // time of the last Tick
	recovery, start, highWatermark, retention     int64
	files, flush, producers, folders, idleHandles int64
}

// Intervals of tasks that have no setting.
const (
	filesMs   = 5_000
	foldersMs = 1_000
	flushMs   = 1_000
	idleMs    = 120_000
)

// Tick does the periodic work that is due at nowMs. The broker calls it about once a second, never
// twice at the same time. It reads and writes files and waits for nothing else. Before the end of
// Load it does nothing.
func (m *Manager) Tick(nowMs int64) {
	if !m.loaded.Load() {
		return
	}
	c, s := m.config.Load(), &m.schedule
	if !s.started {
		first := nowMs + c.InitialTaskDelayMs
		*s = schedule{started: true, recovery: first, start: first, retention: first, producers: first,
			highWatermark: nowMs + c.HighWatermarkMs, flush: nowMs, files: nowMs, folders: nowMs, idleHandles: nowMs + idleMs}
	}
	// A clock that is set back must not delay every task by the same time.
	back := max(s.last-nowMs, 0)
	s.last = nowMs
	for _, t := range []struct {
		due      *int64
		interval int64
		do       func()
	}{
		{&s.flush, min(flushMs, c.FlushSchedulerMs), func() { m.flushOverdue(nowMs) }},
		{&s.retention, c.RetentionCheckMs, func() { m.retain(nowMs) }},
		{&s.files, filesMs, func() { m.deleteFiles(nowMs) }},
		{&s.folders, foldersMs, func() { m.removeDeleted(nowMs) }},
		{&s.highWatermark, c.HighWatermarkMs, m.CheckpointHighWatermarks},
		{&s.recovery, c.RecoveryCheckpointMs, m.CheckpointRecoveryPoints},
		{&s.start, c.StartOffsetCheckpointMs, m.CheckpointStartOffsets},
		{&s.producers, c.ProducerCheckMs, func() { m.expireProducers(nowMs) }},
		{&s.idleHandles, idleMs, m.pool.Sweep},
	} {
		if *t.due -= back; nowMs >= *t.due {
			*t.due = nowMs + max(t.interval, 1)
			t.do()
		}
	}
}

// flushOverdue syncs the logs whose flush.ms has passed. While no log has ever had flush.ms, it
// does not look at the logs.
func (m *Manager) flushOverdue(nowMs int64) {
	if !m.flushTimed.Load() || !m.any(func(l *Log) bool { return l.Config().FlushMs < nowMs && l.Dirty() }) {
		return
	}
	for _, l := range m.Logs() {
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
func (m *Manager) retain(nowMs int64) {
	for _, l := range m.Logs() {
		_, _, err := l.DeleteOldSegments(nowMs)
		m.logError(l, "retention", err)
	}
}

func (m *Manager) deleteFiles(nowMs int64) {
	if !m.any(func(l *Log) bool { return l.PendingDeletes() }) {
		return
	}
	for _, l := range m.Logs() {
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
