package storage

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/vfs"
)

// Log is one partition: segments in Kafka's own files, producer state, leader epochs. All methods
// are safe for concurrent use. It has no goroutine and no timer, and an unused log has no open
// file; time comes in as an argument.
//
// Durability, in the order in which things happen:
//   - An append writes and never syncs. Sync (or PrepareSync, SyncFS, SyncDone) makes everything
//     appended before it durable and moves the recovery point. It syncs the .log files of segments
//     with new bytes by fdatasync. Of segments that have rolled since, it also syncs the indexes,
//     the transaction index and the producer snapshot at their end. Then it syncs the folder, if
//     names changed. The caller decides whether it acknowledges acks=all appends before Sync
//     returns (write.caching).
//   - A roll makes files and syncs nothing.
//   - A truncation is durable when it returns. It renames segments from the last one down and syncs
//     the folder after each, so that a crash in between leaves a shorter log without a hole. Then
//     it cuts the last file and syncs it. Otherwise bytes that it has cut off could come back
//     behind new ones.
//   - Retention renames segments from the first one up and syncs the folder after each, so that the
//     segments that stay are contiguous. The later unlink is not synced: a file that comes back has
//     a name that ends in ".deleted".
//   - Close(true) syncs everything and writes a producer snapshot at the log end.
//
// A failed write, sync or truncation breaks the log for good: see StorageError.
type Log struct {
	fs     vfs.FS
	pool   *filepool.Pool
	logger *slog.Logger

	lowerCheckpoints func(end int64) error // Options.LowerCheckpoints, or a function that does nothing
	rand             func() uint64         // Options.Rand

	topic     string
	partition int32
	topicID   [16]byte
	config    atomic.Pointer[Config]

	// Invariants: logStart <= hw <= end, recovery <= end. They are written under mu and read
	// without it.
	logStart atomic.Int64
	end      atomic.Int64 // log end offset: of the next record
	hw       atomic.Int64 // high watermark that its owner has set
	recovery atomic.Int64 // recovery point: below it everything is on disk
	unstable atomic.Int64 // first unstable offset, -1 when no transaction is open

	// The locks are taken in this order: unlinks, reshape, maint, appends, mu, segment.io,
	// segment.mu. An append takes appends and mu. A sync takes maint and mu. A reader takes mu for
	// a moment. Code that holds maint, appends or mu does no IO on segments other than the active
	// one and the ones that it syncs. A roll makes its files without mu.

	// reshape serialises truncation, retention, replacements by compaction, rename, close and
	// deletion. Of the changes to the list of segments, only a roll does without it.
	reshape sync.Mutex
	// swap and deletion are unfinished changes of segments, nil without one. They are guarded by
	// reshape. At most one of swap, deletion and truncation is set.
	swap     *swapWork
	deletion *deletion
	// truncating says that truncation is set.
	truncating atomic.Bool
	// unlinks is held while files are unlinked. The folder is not renamed meanwhile.
	unlinks sync.Mutex
	// maint serialises syncs, and excludes truncation, rename, close and deletion from them.
	maint sync.Mutex
	// appends serialises appends and other changes to the active segment. A roll holds it from
	// begin to end.
	appends sync.Mutex

	// mayHaveGaps is true when the folder holds gapsFile. compactedBelow is Options.CompactedBelow.
	// See gapAt.
	mayHaveGaps    atomic.Bool
	compactedBelow int64

	// emptied is true when Open completed the removal of all segments. unnamed is true until the
	// name of the first segment is durable; maint guards it after Open.
	emptied, unnamed bool

	damagedFiles []string // see DamagedFiles; set by Open
	// disputedStart is a log start offset from a file that may be damaged, 0 for none.
	disputedStart atomic.Int64

	linked []string // symbolic links in the folder; set by Open

	lost []hole // offsets whose segment file is missing; set by Open
	// folder is dir for readers without mu.
	folder atomic.Pointer[string]
	moving atomic.Bool // the folder is being renamed

	mu  sync.RWMutex // guards the fields below
	dir string
	// segments ascend by base offset; the last is the active one. Invariant: at least one while
	// the log is open. The slice is replaced, never changed, when segments go.
	segments   []*segment
	producers  *producer.Manager
	epochs     *checkpoint.Epochs
	deleted    []deletedFile // renamed away, to be unlinked
	starts     startNotes    // files that name the log start offset
	rollJitter int64         // ms by which the active segment rolls earlier
	namesDirty bool          // the folder has name changes that no SyncDir covers
	dirNew     bool          // the folder's own name is not synced in its parent
	prepared   syncWork      // what PrepareSync took over and no SyncDone has confirmed
	gen        uint64        // rises with each truncation: a sync that began before proves nothing
	// truncation is a truncation that memory shows and the disk does not yet, nil without one. The
	// log takes no write meanwhile, see completeTruncation.
	truncation *truncation
	damage     []Damage
	closed     bool
	failed     error // first failed write; sticky
}

// deletedFile waits for file.delete.delay.ms; name is relative to the folder.
type deletedFile struct {
	name  string
	dueMs int64
}

// LogStartOffset is the first offset that can be read.
func (l *Log) LogStartOffset() int64 { return l.logStart.Load() }

// EarliestLocalOffset is the first offset on this disk; without tiered storage the log start.
func (l *Log) EarliestLocalOffset() int64 { return l.logStart.Load() }

// LogEndOffset is the offset of the next record.
func (l *Log) LogEndOffset() int64 { return l.end.Load() }

// RecoveryPoint is the offset below which everything is on disk.
func (l *Log) RecoveryPoint() int64 { return l.recovery.Load() }

// HighWatermark is the last value of SetHighWatermark, moved into the log.
func (l *Log) HighWatermark() int64 { return l.hw.Load() }

// SetHighWatermark sets the offset up to which the log is replicated. It bounds retention,
// compaction and the last stable offset. SetHighWatermark moves the value into [LogStartOffset,
// LogEndOffset] and returns it.
func (l *Log) SetHighWatermark(hw int64) int64 {
	if l.unstable.Load() < 0 {
		// No transaction to end: nothing but the number changes.
		l.mu.RLock()
		hw = min(max(hw, l.logStart.Load()), l.end.Load())
		l.hw.Store(hw)
		l.mu.RUnlock()
		if l.unstable.Load() < 0 {
			return hw
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setHighWatermark(hw)
	return l.hw.Load()
}

func (l *Log) setHighWatermark(hw int64) {
	hw = min(max(hw, l.logStart.Load()), l.end.Load())
	l.hw.Store(hw)
	l.producers.OnHighWatermark(hw)
	l.noteUnstable()
}

// noteUnstable publishes the first unstable offset; the caller holds mu.
func (l *Log) noteUnstable() {
	if l.truncation != nil {
		// The producer state is not that of the log. No record counts as decided.
		l.unstable.Store(l.logStart.Load())
		return
	}
	offset, ok := l.producers.FirstUnstableOffset()
	if !ok {
		offset = -1
	} else {
		offset = max(offset, l.logStart.Load())
	}
	l.unstable.Store(offset)
}

// LastStableOffset is the offset below which every record is decided: the high watermark, or the
// first offset of the earliest open transaction if that is lower.
func (l *Log) LastStableOffset() int64 {
	hw := l.hw.Load()
	if u := l.unstable.Load(); u >= 0 && u < hw {
		return u
	}
	return hw
}

// Topic is the topic's name.
func (l *Log) Topic() string { return l.topic }

// Partition is the partition's number.
func (l *Log) Partition() int32 { return l.partition }

// TopicID is the topic's id, zero when unknown.
func (l *Log) TopicID() [16]byte { return l.topicID }

// Config is the configuration in effect.
func (l *Log) Config() *Config { return l.config.Load() }

// SetConfig changes the configuration. The next append, read or maintenance call uses it.
func (l *Log) SetConfig(c *Config) { l.config.Store(c) }

// Dir is the partition's folder.
func (l *Log) Dir() string { return *l.folder.Load() }

// setDir changes the folder's name; the caller holds mu, or is alone with the log.
func (l *Log) setDir(dir string) {
	l.dir = dir
	l.folder.Store(&dir)
}

// Size is the sum of the .log files in bytes.
func (l *Log) Size() (n int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.segments {
		n += s.size.Load()
	}
	return n
}

// Segments describes the segments in order.
func (l *Log) Segments() []SegmentInfo {
	v, err := l.view()
	if err != nil {
		return nil
	}
	out := make([]SegmentInfo, 0, len(v.segments))
	for i, s := range v.segments {
		ts, _, err := s.maxTimestamp()
		if err != nil {
			ts = -1
		}
		out = append(out, SegmentInfo{BaseOffset: s.base, Size: s.size.Load(), MaxTimestamp: ts, Active: i == len(v.segments)-1})
	}
	return out
}

// SegmentCount is the number of segments.
func (l *Log) SegmentCount() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.segments)
}

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// floorSegment is the index of the last segment whose base offset is at or below offset; 0 when
// there is none. The caller holds mu.
func (l *Log) floorSegment(offset int64) int { return floorOf(l.segments, offset) }

// usable returns the error of a log that cannot be written; the caller holds mu.
func (l *Log) usable() error {
	if l.failed != nil {
		return l.failed
	}
	if l.closed {
		return ErrClosed
	}
	if l.truncation != nil {
		return l.truncation.err
	}
	return nil
}

// fail handles the error of a write and returns it as [wrap] does. A lack of file descriptors does
// not break the log: the caller has changed nothing, or it has left an unfinished change, see
// finishChanges. Every other error breaks the log. The caller holds mu.
func (l *Log) fail(op string, err error) error {
	err = wrap(op, l.dir, err)
	if c := Classify(err); c == ClassRetry || c == ClassRefused {
		return err
	}
	if l.failed == nil {
		l.failed = err
		l.logger.Debug("log is broken", "op", op, "dir", l.dir, "error", err) // the owner reports it, once for each directory
	}
	return l.failed
}

// Fail breaks the log from outside, because its log directory went offline: every later write
// returns a *StorageError.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = &StorageError{Op: "log directory offline", Dir: l.dir, Err: err}
	}
}

// newJitter draws the roll jitter of the next segment (segment.jitter.ms), so that partitions
// made together do not all roll together.
func (l *Log) newJitter() {
	l.rollJitter = 0
	c := l.Config()
	if j := min(c.SegmentJitterMs, c.SegmentMs); j > 0 {
		l.rollJitter = int64(l.rand() % uint64(j))
	}
}
