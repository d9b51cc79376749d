package storage

import (
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// startNotes are the offsets of the files OFFSET.log-start and OFFSET.log-start-disputed in the
// folder.
type startNotes struct{ noted, disputed []int64 }

func (n *startNotes) list(names []fs.DirEntry) {
	for _, e := range names {
		offset, suffix, ok := segfile.ParseOffsetName(e.Name())
		switch {
		case !ok:
		case suffix == checkpoint.StartNoteSuffix:
			n.noted = append(n.noted, offset)
		case suffix == checkpoint.DisputedStartSuffix:
			n.disputed = append(n.disputed, offset)
		}
	}
}

// checkStart looks for a proof that this log's entry of log-start-offset-checkpoint is damaged. The
// file has no checksum, and one bit of it can make records look deleted. leader-epoch-checkpoint
// may be the damaged file, too, see checkpoint.LogStart. When nothing shows which one it is, the
// segments below the log start stay on the disk until DeleteRecords or an operator decides.
func (l *Log) checkStart(end int64, o *Options, created bool) error {
	if created || o.SavedElsewhere {
		return nil
	}
	start := l.logStart.Load()
	epoch, ok := l.epochs.EarliestEntry()
	if !ok || l.epochs.Dirty() {
		epoch.StartOffset = -1 // epochs that were rebuilt from the batches say nothing about the log start
	}
	first, checkpointBad, epochBad := l.segments[0].base, false, false
	if o.CleanShutdown {
		notes := l.starts.noted
		if o.StoppedElsewhere {
			notes = nil
		}
		w := checkpoint.LogStart{Checkpoint: o.LogStartOffset, Epoch: epoch.StartOffset, Notes: notes,
			First: first, End: max(end, o.RecoveryPoint), HighWatermark: o.HighWatermark}
		start, checkpointBad, epochBad = w.Decide()
	}
	// Without segments below the log start there is nothing to decide about.
	disputed := start > first && slices.Contains(l.starts.disputed, start)
	about := []any{"dir", l.dir, "checkpoint", o.LogStartOffset, "first_epoch_start", epoch.StartOffset, "log_start", start, "first_segment", first, "log_end", end}
	switch {
	case checkpointBad && epochBad || disputed:
		l.logger.Warn(LogStartOffsetCheckpoint+" or "+checkpoint.LeaderEpochFile+" is damaged, the log begins at the higher offset and keeps the records below", about...)
		checkpointBad, epochBad = true, true
		if !disputed {
			if err := l.dispute(start); err != nil {
				return err
			}
		}
		l.disputedStart.Store(start)
	case checkpointBad:
		l.logger.Warn("log start offset in "+LogStartOffsetCheckpoint+" is damaged and is corrected", about...)
	case epochBad:
		l.logger.Warn("first leader epoch in "+checkpoint.LeaderEpochFile+" is damaged and is corrected, it begins at the log start offset", about...)
	}
	if checkpointBad {
		l.damagedFiles = append(l.damagedFiles, LogStartOffsetCheckpoint)
	}
	if epochBad {
		l.damagedFiles = append(l.damagedFiles, filepath.Join(filepath.Base(l.dir), checkpoint.LeaderEpochFile))
	}
	l.logStart.Store(start)
	return nil
}

// startDisputed reports whether the log begins at start because of a file that may be damaged.
func (l *Log) startDisputed(start int64) bool { return start > 0 && l.disputedStart.Load() == start }

// dispute notes durably that the log start offset may be wrong: after a crash nothing else shows
// it.
func (l *Log) dispute(start int64) error {
	if err := l.makeNote(start, checkpoint.DisputedStartSuffix); err != nil {
		return err
	}
	l.starts.disputed = append(l.starts.disputed, start)
	return l.fs.SyncDir(l.dir)
}

// settleStart ends the dispute about a log start offset that DeleteRecords has confirmed. The
// caller holds mu.
func (l *Log) settleStart() error {
	l.disputedStart.Store(0)
	l.epochs.TruncateFromStart(l.logStart.Load())
	return l.dropNotes(&l.starts.disputed, checkpoint.DisputedStartSuffix, -1)
}

// noteStart names a file after the log start offset, for the next start after a clean stop. The
// caller holds appends and mu.
func (l *Log) noteStart() error {
	start := l.logStart.Load()
	disputed := int64(-1)
	switch {
	case start == l.segments[0].base: // retention may have deleted the disputed records
		start = -1
	case l.startDisputed(start):
		start, disputed = -1, start
	}
	if start >= 0 && !slices.Contains(l.starts.noted, start) {
		if err := l.makeNote(start, checkpoint.StartNoteSuffix); err != nil {
			return err
		}
		l.starts.noted = append(l.starts.noted, start)
		l.namesDirty = true
	}
	if err := l.dropNotes(&l.starts.noted, checkpoint.StartNoteSuffix, start); err != nil {
		return err
	}
	return l.dropNotes(&l.starts.disputed, checkpoint.DisputedStartSuffix, disputed)
}

func (l *Log) makeNote(offset int64, suffix string) error {
	f, err := vfs.Create(l.fs, filepath.Join(l.dir, segfile.OffsetName(offset)+suffix))
	if err != nil {
		return err
	}
	return f.Close()
}

// dropNotes removes the files of notes except the one of offset keep.
func (l *Log) dropNotes(notes *[]int64, suffix string, keep int64) error {
	for _, offset := range slices.Clone(*notes) {
		if offset == keep {
			continue
		}
		if err := segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, segfile.OffsetName(offset)+suffix)); err != nil {
			return err
		}
		*notes = slices.DeleteFunc(slices.Clone(*notes), func(o int64) bool { return o == offset })
		l.namesDirty = true
	}
	return nil
}

// DamagedFiles returns the checkpoint files that Open found damaged: a name in the log directory,
// or a path in it. Open goes on with the right offset. Of two files that contradict each other,
// when nothing shows which one is damaged, it returns both.
func (l *Log) DamagedFiles() []string { return slices.Clone(l.damagedFiles) }

// checkRecoveryPoint reports whether this log's entry of recovery-point-offset-checkpoint, which is
// above the log end, is damaged: the file has no checksum, and one bit of it can make records look
// lost. A clean stop leaves a producer snapshot at the log end, also in Apache Kafka, and a high
// watermark that is not above it. When both fit the end of the batches, nothing is missing behind.
//
// A log without records has no snapshot. Its high watermark is its end.
func (l *Log) checkRecoveryPoint(end int64, o *Options) bool {
	snapshot, ok := l.producers.LatestSnapshotOffset()
	if end == l.logStart.Load() && snapshot < end {
		snapshot, ok = o.HighWatermark, true
	}
	if o.SavedElsewhere || !ok || snapshot != end || o.HighWatermark > end {
		return false
	}
	l.logger.Warn("recovery point in "+RecoveryPointCheckpoint+" is damaged, the log ends with its last batch",
		"dir", l.dir, "checkpoint", o.RecoveryPoint, "log_end", end)
	l.damagedFiles = append(l.damagedFiles, RecoveryPointCheckpoint)
	return true
}
