package storage

// checkStart looks for a proof that this log's entry of log-start-offset-checkpoint is damaged. The
// file has no checksum, and one bit of it can make records look deleted. After a clean stop the log
// start offset is neither above the log end, nor above the start offset of the first leader epoch:
// that one follows the log start, also in Apache Kafka.
//
// The log then begins at its first segment. Records that DeleteRecords has deleted may be back, and
// no other record is lost.
func (l *Log) checkStart(end int64, o *Options, created bool) {
	start, first := o.LogStartOffset, l.segments[0].base
	if !o.CleanShutdown || created || o.SavedElsewhere || start <= first {
		return
	}
	epoch, ok := l.epochs.EarliestEntry()
	// Epochs that were rebuilt from the batches say nothing about the log start.
	contradicted := ok && !l.epochs.Dirty() && epoch.StartOffset < start
	if !contradicted && start <= max(end, o.RecoveryPoint) {
		return
	}
	l.logger.Warn("log start offset in "+LogStartOffsetCheckpoint+" is damaged, the log begins at its first segment",
		"dir", l.dir, "checkpoint", start, "log_start", first, "log_end", end, "first_epoch_start", epoch.StartOffset)
	l.logStart.Store(first)
	l.startDamaged = true
}

// StartDamaged reports whether Open found Options.LogStartOffset damaged and did not use it.
func (l *Log) StartDamaged() bool { return l.startDamaged }

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
	l.pointDamaged = true
	return true
}

// RecoveryPointDamaged reports whether Open found Options.RecoveryPoint damaged and did not use it.
func (l *Log) RecoveryPointDamaged() bool { return l.pointDamaged }
