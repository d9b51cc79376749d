package compact

import (
	"errors"
	"math"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Options bounds one run; see storage.CleanOptions, which documents the fields. storage converts
// it, so a field that only one of them has does not compile.
type Options struct {
	NowMs       int64
	DirtyOffset int64
	DedupeBytes int
	LoadFactor  float64
	IOBytes     int
	Limits      record.Limits
	Throttle    func(bytes int)
	Check       func() error
}

// Stats is the outcome of one run; see storage.CleanStats, likewise.
type Stats struct {
	EndOffset                     int64
	MapBytesRead, MapMessagesRead int64
	BytesRead, BytesWritten       int64
	MessagesRead, MessagesWritten int64
	InvalidMessages               int64
	SegmentsBefore, SegmentsAfter int
	MapUtilization                float64
}

// ErrAborted is in the error of a run that ended early although the log is well.
var ErrAborted = errors.New("storage: log cleaning aborted")

// ErrUncleanable is in the error of a run that met bytes which it cannot read.
var ErrUncleanable = errors.New("storage: segment cannot be cleaned")

// Segment is one sealed segment as the cleaner sees it; its files do not change while it is in the
// log.
type Segment struct {
	Base int64
	Size int64 // bytes of the .log file
	Next int64 // base offset of the segment after it
}

// LastRecord is where a producer's newest state stands in the log: the last batch of records, or,
// when offset is below 0, the marker of that epoch.
type LastRecord struct {
	Offset int64
	Epoch  int16
}

// Source is what a run needs of its log. logSource implements it.
type Source interface {
	// AbortedTxns returns the aborted transactions that overlap [from, below).
	AbortedTxns(from, below int64) ([]segfile.AbortedTxn, error)
	// LastRecords returns the place of the newest state of each known producer.
	LastRecords() map[int64]LastRecord
	// Stale returns ErrAborted when the log was truncated or closed since the run began: what the
	// run has read may no longer be in the log.
	Stale() error
	// Replace puts the files of w in the place of old, see CommitCleaned. It owns the files from
	// here on. It fails with ErrAborted when the log is stale or one of old is no longer in the
	// log.
	Replace(w *Writer, old []Segment, nowMs int64) error
}

func (o *Options) setDefaults() {
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

// groupSegments joins neighbours so that a group's files fit into one segment of maxBytes, and its
// offsets into an int32 relative to the first (Kafka's Cleaner.groupSegmentsBySize; the sizes of
// indexes need no bound here, for they are not preallocated).
func groupSegments(segs []Segment, maxBytes int64) [][]Segment {
	var groups [][]Segment
	for len(segs) > 0 {
		n, size := 1, segs[0].Size
		for n < len(segs) && size+segs[n].Size <= maxBytes &&
			(segs[n].Size == 0 || segs[n].Next-1-segs[0].Base <= math.MaxInt32) {
			size += segs[n].Size
			n++
		}
		groups = append(groups, segs[:n])
		segs = segs[n:]
	}
	return groups
}
