package logmanager

import "github.com/gregorhq/gregor/storage"

// TruncateTo is storage.Log.TruncateTo, and keeps the checkpoints on disk at or below the log.
func (l *Log) TruncateTo(offset int64) error {
	return l.cut(offset, func() error { return l.Log.TruncateTo(offset) })
}

// TruncateFullyAndStartAt is storage.Log.TruncateFullyAndStartAt, and keeps the checkpoints on disk at
// or below the log.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	return l.cut(offset, func() error { return l.Log.TruncateFullyAndStartAt(offset) })
}

// cut lowers the log's entries in the checkpoint files to offset and then truncates the log. A power
// cut in between leaves low checkpoints, which cost time only. No checkpoint is written meanwhile,
// because the log still has its old offsets.
//
// cut calls nothing back, so that it may be called under a partition's mutex. An error of the disk
// breaks the log, and its owner takes the directory offline.
func (l *Log) cut(offset int64, truncate func() error) error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	l.cuts++
	if err := l.lowerTo(offset); err != nil {
		return err
	}
	if err := truncate(); err != nil {
		return err
	}
	// A batch that holds offset goes as a whole, so the log may end before it.
	return l.lowerTo(l.LogEndOffset())
}

func (l *Log) lowerTo(offset int64) error {
	if l.gone.Load() {
		return nil
	}
	err := l.m.lower(l.dir, []*Log{l}, func(string, *Log) int64 { return offset })
	if err == nil || storage.OutOfDescriptors(err) {
		return err
	}
	l.Log.Fail(err)
	return &storage.StorageError{Op: "write of a checkpoint", Dir: l.dir.path, Err: err}
}
