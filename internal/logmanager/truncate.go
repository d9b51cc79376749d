package logmanager

import "github.com/gregorhq/gregor/storage"

// TruncateTo is storage.Log.TruncateTo. When it returns no checkpoint on disk is above the log: a recovery would believe what is
// appended there later without looking, and a cleaning would take it for clean (tombstones would go before what they delete).
func (l *Log) TruncateTo(offset int64) error {
	if err := l.Log.TruncateTo(offset); err != nil {
		return err
	}
	return l.lowerCheckpoints()
}

// TruncateFullyAndStartAt is storage.Log.TruncateFullyAndStartAt, with the same care.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	if err := l.Log.TruncateFullyAndStartAt(offset); err != nil {
		return err
	}
	return l.lowerCheckpoints()
}

// lowerCheckpoints brings the entries in recovery-point-offset-checkpoint and cleaner-offset-checkpoint down to the log's end. It
// calls nobody back, so that it may be called under a partition's mutex; a failure breaks the log, and its owner takes the
// directory offline.
func (l *Log) lowerCheckpoints() error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	if l.gone.Load() {
		return nil
	}
	l.cuts++
	if err := l.lower(storage.RecoveryPointCheckpoint, &d.recoveryPoints, l.RecoveryPoint()); err != nil {
		return err
	}
	return l.lower(storage.CleanerOffsetCheckpoint, &d.cleanerOffsets, l.LogEndOffset())
}

// lower brings the log's entry of a checkpoint file down to at. Dir.checkpoints is held.
func (l *Log) lower(file string, offsets *map[storage.TopicPartition]int64, at int64) error {
	if (*offsets)[l.TP] <= at {
		return nil
	}
	if err := l.m.rewrite(l.dir, file, offsets, l.withEntry(*offsets, at)); err != nil {
		l.Log.Fail(err)
		return &storage.StorageError{Op: "write of " + file, Dir: l.dir.path, Err: err}
	}
	return nil
}
