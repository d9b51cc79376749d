package storage

import (
	"log/slog"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// Options says what to open.
type Options struct {
	FS        vfs.FS
	Dir       string // the partition's own folder, made if missing
	Topic     string
	Partition int32
	TopicID   [16]byte  // zero when unknown
	Config    *Config   // nil means DefaultConfig
	Pool      *FilePool // shared by all logs; nil means a private one

	// RecoveryPoint is this log's entry of recovery-point-offset-checkpoint, 0 without one, and
	// negative when the file is damaged. All records below it were synced: damage there is no write
	// that a power cut has torn, and nothing is removed without a copy. When the recovery point is
	// not known, this holds for all records.
	RecoveryPoint int64
	// StoppedElsewhere says that another broker has made the last clean stop. Then the files
	// OFFSET.log-start are of an earlier stop.
	StoppedElsewhere bool
	// SavedElsewhere says that the owner has the records below RecoveryPoint in another file, too:
	// the metadata log has them in a snapshot. Then the log may end below RecoveryPoint.
	SavedElsewhere bool
	// CompactedBelow is this log's entry of cleaner-offset-checkpoint, 0 without one, and
	// math.MaxInt64 when the file is damaged. Compaction left the gaps below it, whatever
	// cleanup.policy is now.
	CompactedBelow int64
	// LogStartOffset is this log's entry of log-start-offset-checkpoint, 0 without one.
	LogStartOffset int64
	// HighWatermark is this log's entry of replication-offset-checkpoint, 0 without one. It may be
	// above the records that were synced. So Open reports damage when it is above 0 and the folder
	// is empty, and goes on. After a clean stop it also helps to tell a damaged recovery point from
	// missing records.
	HighWatermark int64
	// CleanShutdown says that the log directory holds the marker of a clean stop: contents are
	// not verified.
	CleanShutdown bool
	// NowMs is the wall clock in milliseconds.
	NowMs int64
	// ProducerExpirationMs is producer.id.expiration.ms; 0 means one day.
	ProducerExpirationMs int64
	// MaxProducerIDs bounds the producers that the partition remembers: above it, the partition
	// forgets the producer whose last batch or marker is the oldest. Producers with an open
	// transaction stay. 0 means 100,000, about 20 MB.
	MaxProducerIDs int

	// LowerCheckpoints, if set, rewrites the checkpoint files of the owner: when it returns, no
	// entry of this log (recovery point, log start offset, high watermark, cleaner offset) is above
	// end, and that is durable. The log calls it before it removes records from its end, and at
	// Open after a recovery. The log's locks are held, so of the log's methods the function may
	// call only RecoveryPoint, LogStartOffset, HighWatermark and LogEndOffset; the first three are
	// lowered already. An error breaks the log, and nothing is removed.
	LowerCheckpoints func(end int64) error

	// Rand returns random bits. It draws segment.jitter.ms. Nil means the process's random source.
	Rand func() uint64

	Logger *slog.Logger // nil means slog.Default
	// Progress, if set, is called during recovery: bytes verified so far and bytes to verify.
	Progress func(done, total int64)
}

// AppendOptions describes one append by a leader.
type AppendOptions struct {
	LeaderEpoch int32
	Origin      Origin
	NowMs       int64 // wall clock, milliseconds
	// Elapsed is a monotonic clock for Conversion.Took. Nil measures nothing.
	Elapsed func() time.Duration
}

// AppendInfo is the outcome of an append.
type AppendInfo struct {
	FirstOffset int64 // offset of the first record; of the original when Duplicate
	LastOffset  int64
	// MaxTimestamp is the largest timestamp in milliseconds, -1 when there is none, and
	// OffsetOfMaxTimestamp the last offset of the batch that has it.
	MaxTimestamp         int64
	OffsetOfMaxTimestamp int64
	LogAppendTime        int64 // milliseconds, -1 with CreateTime
	LogStartOffset       int64
	NumBytes             int
	NumRecords           int64
	// Conversion is the cost of compressing batches again, zero when there was none.
	Conversion Conversion
	// Duplicate: the producer's batch is in the log already, nothing was written.
	Duplicate bool
	// Rolled: a new segment was begun.
	Rolled bool
	// LeaderEpochChanged: the append began a leader epoch in the epoch cache.
	LeaderEpochChanged bool
}

// Conversion is the cost of compressing batches again with the codec of the topic (Kafka's
// RecordValidationStats).
type Conversion struct {
	Records int64
	// Bytes is the size of the records before compression.
	Bytes int64
	Took  time.Duration
}

// ReadOptions bounds a read.
type ReadOptions struct {
	MaxBytes int
	// MinOneBatch returns the first batch even if it is larger than MaxBytes (KIP-74).
	MinOneBatch bool
	// Below is the exclusive upper bound: high watermark, last stable offset or log end offset.
	Below int64
}

// ReadResult is a run of whole batches out of ONE segment, without a gap.
type ReadResult struct {
	Slice Slice // must be closed, also when empty
	// FirstOffset is the base offset of the first batch, which may be below the offset that was
	// asked for: the client skips. -1 when the slice is empty.
	FirstOffset int64
	// NextOffset is the offset after the last batch, or a higher one where a gap follows; -1 when
	// the slice is empty.
	NextOffset int64
	gen        uint64 // of the log, see Log.SliceError
}

// SegmentInfo describes one segment.
type SegmentInfo struct {
	BaseOffset   int64
	Size         int64 // bytes of the .log file
	MaxTimestamp int64 // milliseconds, -1 when empty or unknown
	Active       bool
}

// TimestampOffset is the answer of a look-up by time.
type TimestampOffset struct {
	Timestamp   int64 // milliseconds
	Offset      int64
	LeaderEpoch int32 // of the batch, -1 when unknown
}

// EpochEndOffset is the answer of EndOffsetForEpoch.
type EpochEndOffset struct {
	Epoch  int32
	Offset int64
}
