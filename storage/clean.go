package storage

import (
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/compact"
)

// CleanOptions bounds one run of Clean.
type CleanOptions struct {
	// NowMs is the wall clock in ms.
	NowMs int64
	// DirtyOffset is this log's entry of cleaner-offset-checkpoint, -1 without one.
	DirtyOffset int64
	// DedupeBytes is the memory for the offset map (log.cleaner.dedupe.buffer.size / threads), 24
	// bytes per key; 0 means 128 MiB. No more is allocated than the dirty part can fill.
	DedupeBytes int
	// LoadFactor is log.cleaner.io.buffer.load.factor; 0 means 0.9.
	LoadFactor float64
	// IOBytes is the read and the write buffer (log.cleaner.io.buffer.size / threads / 2); 0 means
	// 256 KiB.
	IOBytes int
	// Limits bounds the decompression of one batch.
	Limits record.Limits
	// Throttle, if set, is called with the number of bytes about to be read or just written
	// (log.cleaner.io.max.bytes.per.second). It may wait: no lock is held.
	Throttle func(bytes int)
	// Check, if set, is called between batches; its error, wrapped in ErrCleanAborted, ends the
	// run, and segments that were not replaced yet stay as they were.
	Check func() error
}

// ErrCleanAborted is in the error of a run that ended early although the log is well:
// CleanOptions.Check returned an error, the log was truncated or closed, or retention removed
// segments that the run works on. The next run can succeed.
var ErrCleanAborted = compact.ErrAborted

// ErrUncleanable marks a log that holds bytes which the cleaner cannot read. The run leaves these
// segments as they are.
var ErrUncleanable = compact.ErrUncleanable

// CleanPlan is what a run would do. The scheduler picks the dirtiest log (Kafka's LogToClean and
// LogCleanerManager.cleanableOffsets).
type CleanPlan struct {
	FirstDirtyOffset       int64
	FirstUncleanableOffset int64
	CleanBytes             int64
	CleanableBytes         int64
	// NeedsNow: max.compaction.lag.ms has passed for a dirty record.
	NeedsNow bool
	// CompactionDelayMs is the time since then.
	CompactionDelayMs int64
	// ResetCheckpoint: the checkpointed offset is not within the log any more, write
	// FirstDirtyOffset back.
	ResetCheckpoint bool
}

// DirtyRatio is cleanable bytes by all bytes that a run looks at.
func (p CleanPlan) DirtyRatio() float64 {
	if total := p.CleanBytes + p.CleanableBytes; total > 0 {
		return float64(p.CleanableBytes) / float64(total)
	}
	return 0
}

// Worthwhile is Kafka's rule for starting a run at all.
func (p CleanPlan) Worthwhile(minDirtyRatio float64) bool {
	return p.CleanableBytes > 0 && (p.NeedsNow || p.DirtyRatio() > minDirtyRatio)
}

// CleanStats is what one run did.
type CleanStats struct {
	// EndOffset is the new first dirty offset: write it to cleaner-offset-checkpoint.
	EndOffset                     int64
	MapBytesRead, MapMessagesRead int64
	BytesRead, BytesWritten       int64
	MessagesRead, MessagesWritten int64
	// InvalidMessages had no key and were dropped.
	InvalidMessages               int64
	SegmentsBefore, SegmentsAfter int
	// MapUtilization is the filled part of the offset map, 0 to 1.
	MapUtilization float64
}
