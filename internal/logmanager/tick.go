package logmanager

// schedule is when each periodic task is due, in milliseconds. Only Tick touches it.
type schedule struct {
	started                                       bool
	last                                          int64 // time of the last Tick
	recovery, start, highWatermark, retention     int64
	files, flush, producers, folders, idleHandles int64
}

// Intervals of housekeeping that no configuration names.
const (
	filesMs   = 5_000
	foldersMs = 1_000
	flushMs   = 1_000
	idleMs    = 120_000
)

// Tick does the periodic work that is due at nowMs. The broker calls it about once a second, never twice at once. It reads and
// writes disks, but waits for nothing else. Before Load is done there is nothing to do.
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
	// A clock that was set back must not put off everything by as much.
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

// flushOverdue honours flush.ms. As long as no log ever had one, ten thousand idle logs are not looked at every second.
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

// retain deletes old segments by retention.ms, retention.bytes and log start offset. Compacted logs that also delete have it
// done here too, between their cleanings.
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
