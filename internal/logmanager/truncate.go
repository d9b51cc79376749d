package logmanager

import (
	"maps"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
)

// TruncateTo is storage.Log.TruncateTo. When it returns no recovery point on disk is above the log's: a recovery would believe what
// was appended there later without looking.
func (l *Log) TruncateTo(offset int64) error {
	if err := l.Log.TruncateTo(offset); err != nil {
		return err
	}
	return l.lowerRecoveryPoint()
}

// TruncateFullyAndStartAt is storage.Log.TruncateFullyAndStartAt, with the same care.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	if err := l.Log.TruncateFullyAndStartAt(offset); err != nil {
		return err
	}
	return l.lowerRecoveryPoint()
}

// lowerRecoveryPoint brings the entry in recovery-point-offset-checkpoint down to the log's. It calls nobody back, so that it may
// be called under a partition's mutex; a failure breaks the log, and its owner takes the directory offline.
func (l *Log) lowerRecoveryPoint() error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	at, onDisk := l.RecoveryPoint(), d.recoveryPoints[l.TP]
	if onDisk <= at || l.gone.Load() {
		return nil
	}
	next := maps.Clone(d.recoveryPoints)
	next[l.TP] = at
	if err := storage.WriteOffsetCheckpoint(l.m.opts.FS, filepath.Join(d.path, storage.RecoveryPointCheckpoint), next); err != nil {
		l.Log.Fail(err)
		return &storage.StorageError{Op: "write of " + storage.RecoveryPointCheckpoint, Dir: d.path, Err: err}
	}
	d.recoveryPoints = next
	return nil
}
