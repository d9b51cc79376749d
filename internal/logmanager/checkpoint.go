package logmanager

import (
	"slices"

	"github.com/gregorhq/gregor/storage"
)

// CheckpointRecoveryPoints writes recovery-point-offset-checkpoint of every directory whose
// recovery points moved.
func (m *Manager) CheckpointRecoveryPoints() { m.checkpoint(recoveryPoints, m.dirs...) }

// CheckpointStartOffsets writes log-start-offset-checkpoint in the given directories, with an entry
// for each log that does not begin at 0.
func (m *Manager) CheckpointStartOffsets(dirs ...*Dir) { m.checkpoint(startOffsets, dirs...) }

// StartOffsetSaved reports whether a log's start offset is at least offset on disk.
func (m *Manager) StartOffsetSaved(l *Log, offset int64) bool {
	return l.dir.Err() == nil && l.dir.checkpoints.onDisk(startOffsets, l.TP, offset)
}

// CheckpointHighWatermarks writes replication-offset-checkpoint.
func (m *Manager) CheckpointHighWatermarks() { m.checkpoint(highWatermarks, m.dirs...) }

// checkpoint writes one kind of checkpoint file in each of dirs where it has changed.
func (m *Manager) checkpoint(k checkpointKind, dirs ...*Dir) {
	if !m.loaded.Load() {
		return
	}
	for _, d := range dirs {
		if d.Err() == nil {
			m.dirError(d, "write of "+k.name(), m.writeOffsets(d, k)) // without the lock: it calls back
		}
	}
}

// writeOffsets writes a checkpoint file with the entries of all logs of d that are in service, and
// of the damaged and the lost ones.
func (m *Manager) writeOffsets(d *Dir, k checkpointKind) error {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.files[k]
	sum := m.digest(d, k.of)
	if f.saved != nil && *f.saved == sum {
		return nil
	}
	next := make(offsets, len(f.entries))
	for l := range m.logsIn(d) {
		if at, ok := k.of(l); ok && !l.gone.Load() {
			next[l.TP] = at
		}
	}
	for tp := range c.keep { // any order
		if at, ok := f.entries[tp]; ok {
			next[tp] = at
		}
	}
	if err := c.replace(k, next); err != nil {
		return err
	}
	f.saved = &sum
	return nil
}

// forget removes partitions without an open log in d from d's checkpoint files. A new log of the
// same name must not be opened with the offsets of an earlier one.
func (m *Manager) forget(d *Dir, tps ...storage.TopicPartition) error {
	return m.forgetThose(d, func() []storage.TopicPartition { return tps })
}

// forgetThose is forget of the partitions that which returns. Meanwhile no log becomes damaged.
func (m *Manager) forgetThose(d *Dir, which func() []storage.TopicPartition) error {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	tps := slices.Clone(which())
	for _, tp := range tps {
		delete(c.keep, tp)
	}
	return c.forget(slices.DeleteFunc(tps, func(tp storage.TopicPartition) bool {
		l := m.Log(tp.Topic, tp.Partition)
		return l != nil && l.dir == d
	}))
}

// lowerCheckpoints is storage.Options.LowerCheckpoints of l: it brings the entries of l in the
// checkpoint files down to end. No checkpoint on disk may be above its log. Otherwise a recovery
// trusts bytes that it did not check, records below a log start offset disappear, and a cleaning
// takes records for clean that it never read.
//
// The log calls it with its locks held, so it calls nothing back.
func (l *Log) lowerCheckpoints(end int64) error {
	c := &l.dir.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	l.cuts++
	if l.gone.Load() {
		return nil // the entries go with the log
	}
	if !l.m.loaded.Load() {
		return nil // Load lowers all entries of a directory at once, and a crash before repeats the recovery
	}
	return c.lower(offsets{l.TP: end})
}

// lowerAll brings the entries of d's checkpoint files down to the ends of its logs, after Load
// opened them and before anything is appended. A crash may have interrupted a truncation, and a
// recovery may have cut a log. It also corrects log start offsets that proved damaged: after a
// crash the next start has no proof.
func (m *Manager) lowerAll(d *Dir, logs []*Log) error {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	ends := make(offsets, len(logs))
	for _, l := range logs {
		if l.dir == d {
			ends[l.TP] = l.LogEndOffset()
		}
	}
	if err := c.lower(ends); err != nil {
		return err
	}
	starts := offsets{}
	for _, l := range logs {
		if l.dir != d {
			continue
		}
		for _, name := range l.DamagedFiles() {
			m.addDamaged(d, name)
			if name == storage.LogStartOffsetCheckpoint {
				starts[l.TP] = l.LogStartOffset()
			}
		}
	}
	return c.replace(startOffsets, c.with(startOffsets, starts))
}

// cleanerOffset returns the log's entry of cleaner-offset-checkpoint, -1 without one, and the
// number of truncations at that time.
func (m *Manager) cleanerOffset(l *Log) (at int64, cuts uint64) {
	c := &l.dir.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.files[cleanerOffsets].entries[l.TP]; ok {
		return at, l.cuts
	}
	return -1, l.cuts
}

// setCleanerOffset records that the log is clean below at. It does nothing when the log was
// truncated since cuts was read, because other records may have replaced the cleaned ones.
func (m *Manager) setCleanerOffset(l *Log, at int64, cuts uint64) error {
	c := &l.dir.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.gone.Load() || l.cuts != cuts {
		return nil
	}
	return c.replace(cleanerOffsets, c.with(cleanerOffsets, offsets{l.TP: min(at, l.LogEndOffset())}))
}
