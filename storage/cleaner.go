package storage

import (
	"errors"

	"github.com/gregorhq/gregor/vfs"
)

// Suffixes of files that a replacement of segments leaves for a moment (Kafka's).
const (
	cleanedSuffix = ".cleaned"
	swapSuffix    = ".swap"
	deletedSuffix = ".deleted"
)

// CleanOptions bounds one run of Clean.
type CleanOptions struct {
	// NowMs is the wall clock in ms.
	NowMs int64
	// DirtyOffset is this log's entry of cleaner-offset-checkpoint, -1 without one.
	DirtyOffset int64
	// DedupeBytes is the memory for the offset map (log.cleaner.dedupe.buffer.size / threads), 24 bytes per key.
	DedupeBytes int
	// LoadFactor is log.cleaner.io.buffer.load.factor; 0 means 0.9.
	LoadFactor float64
	// IOBytes is the read and write buffer (log.cleaner.io.buffer.size); 0 means 512 KiB.
	IOBytes int
	// MaxDecompressed bounds the records of one batch; 0 means no batch may be larger than 1 GiB.
	MaxDecompressed int
	// Throttle, if set, is called with every number of bytes read or written (log.cleaner.io.max.bytes.per.second). It may wait.
	Throttle func(bytes int)
	// Check, if set, is called often; its error (ErrCleanAborted or another) ends the run and leaves the log as it was.
	Check func() error
	// DeleteRetentionMs below 0 means the log's own delete.retention.ms.
}

// ErrCleanAborted is what CleanOptions.Check returns when the partition is deleted, truncated or stopped meanwhile.
var ErrCleanAborted = errors.New("log cleaning aborted")

// CleanPlan tells what a run would do; the scheduler picks the dirtiest log (Kafka's LogToClean and
// LogCleanerManager.cleanableOffsets).
type CleanPlan struct {
	FirstDirtyOffset       int64
	FirstUncleanableOffset int64
	CleanBytes             int64
	CleanableBytes         int64
	// NeedsNow: max.compaction.lag.ms has passed for a dirty record.
	NeedsNow bool
	// CompactionDelayMs is how far it has passed.
	CompactionDelayMs int64
	// ResetCheckpoint: the checkpointed offset is not within the log any more, write FirstDirtyOffset back.
	ResetCheckpoint bool
}

// DirtyRatio is cleanable bytes by all bytes that a run looks at.
func (p CleanPlan) DirtyRatio() float64 {
	if total := p.CleanBytes + p.CleanableBytes; total > 0 {
		return float64(p.CleanableBytes) / float64(total)
	}
	return 0
}

// CleanStats is what one run did.
type CleanStats struct {
	// EndOffset is the new first dirty offset: write it to cleaner-offset-checkpoint.
	EndOffset                     int64
	BytesRead, BytesWritten       int64
	MessagesRead, MessagesWritten int64
	MapBytesRead, MapMessagesRead int64
	InvalidMessages               int64
	SegmentsBefore, SegmentsAfter int
	MapUtilization                float64
}

// recoverSwaps finishes or undoes replacements of segments that a crash interrupted. Call it when a log is opened,
// before segments are listed. Afterwards dir holds no .cleaned, .swap or .deleted file (Kafka's LogLoader rules).
func recoverSwaps(fs vfs.FS, dir string) error { panic("filled in next") }
