package storage

import (
	"errors"
	"math"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// CleanOptions bounds one run of Clean.
type CleanOptions struct {
	// NowMs is the wall clock in ms.
	NowMs int64
	// DirtyOffset is this log's entry of cleaner-offset-checkpoint, -1 without one.
	DirtyOffset int64
	// DedupeBytes is the memory for the offset map (log.cleaner.dedupe.buffer.size / threads), 24 bytes per key; 0
	// means 128 MiB. No more is allocated than the dirty part can fill.
	DedupeBytes int
	// LoadFactor is log.cleaner.io.buffer.load.factor; 0 means 0.9.
	LoadFactor float64
	// IOBytes is the read and the write buffer (log.cleaner.io.buffer.size / threads / 2); 0 means 256 KiB.
	IOBytes int
	// Limits bounds the decompression of one batch.
	Limits record.Limits
	// Throttle, if set, is called with the number of bytes about to be read or just written
	// (log.cleaner.io.max.bytes.per.second). It may wait: no lock is held.
	Throttle func(bytes int)
	// Check, if set, is called between batches; its error, wrapped in ErrCleanAborted, ends the run, and segments that
	// were not replaced yet stay as they were.
	Check func() error
}

// ErrCleanAborted is in the error of a run that ended early although the log is well: CleanOptions.Check returned an error,
// the log was truncated or closed, or retention removed segments that the run works on. The next run can succeed.
var ErrCleanAborted = errors.New("storage: log cleaning aborted")

// ErrUncleanable marks a log that holds bytes which the cleaner cannot read. The run leaves these segments as they are.
var ErrUncleanable = errors.New("storage: segment cannot be cleaned")

// CleanPlan tells what a run would do; the scheduler picks the dirtiest log (Kafka's LogToClean and
// LogCleanerManager.cleanableOffsets).
type CleanPlan struct {
	FirstDirtyOffset       int64
	FirstUncleanableOffset int64
	CleanBytes             int64
	CleanableBytes         int64
	// NeedsNow: max.compaction.lag.ms has passed for a dirty record.
	NeedsNow bool
	// CompactionDelayMs is by how much it has passed.
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

// cleanSegment is one sealed segment as the cleaner sees it; its files do not change while it is in the log.
type cleanSegment struct {
	base int64
	size int64 // bytes of the .log file
	next int64 // base offset of the segment after it
	seg  *segment
}

// lastRecord is where a producer's newest state stands in the log: the last batch of records, or, when offset is below
// 0, the marker of that epoch.
type lastRecord struct {
	offset int64
	epoch  int16
}

// cleanSource is what a run needs of its log. logSource implements it.
type cleanSource interface {
	// AbortedTxns returns the aborted transactions that overlap [from, below).
	AbortedTxns(from, below int64) ([]segfile.AbortedTxn, error)
	// lastRecords returns the place of the newest state of each known producer.
	lastRecords() map[int64]lastRecord
	// stale returns ErrCleanAborted when the log was truncated or closed since the run began: what the run has read may no
	// longer be in the log.
	stale() error
	// replaceSegments puts the files of w in the place of old, see swapSuffix. It owns the files from here on. It fails with
	// ErrCleanAborted when the log is stale or one of old is no longer in the log.
	replaceSegments(w *cleanWriter, old []cleanSegment, nowMs int64) error
}

func (o *CleanOptions) setDefaults() {
	if o.DedupeBytes <= 0 {
		o.DedupeBytes = 128 << 20
	}
	if o.LoadFactor <= 0 || o.LoadFactor > maxLoadFactor {
		o.LoadFactor = 0.9
	}
	if o.IOBytes <= 0 {
		o.IOBytes = 256 << 10
	}
	if o.Check == nil {
		o.Check = func() error { return nil }
	}
	if o.Throttle == nil {
		o.Throttle = func(int) {}
	}
}

// groupSegments joins neighbours so that a group's files fit into one segment of maxBytes, and its offsets into an
// int32 relative to the first (Kafka's Cleaner.groupSegmentsBySize; the sizes of indexes need no bound here, for they
// are not preallocated).
func groupSegments(segs []cleanSegment, maxBytes int64) [][]cleanSegment {
	var groups [][]cleanSegment
	for len(segs) > 0 {
		n, size := 1, segs[0].size
		for n < len(segs) && size+segs[n].size <= maxBytes &&
			(segs[n].size == 0 || segs[n].next-1-segs[0].base <= math.MaxInt32) {
			size += segs[n].size
			n++
		}
		groups = append(groups, segs[:n])
		segs = segs[n:]
	}
	return groups
}
