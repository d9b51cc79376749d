package storage

import (
	"math"

	"github.com/gregorhq/gregor/record"
)

// CleanupPolicy is the set of cleanup.policy values of a topic.
type CleanupPolicy uint8

// The cleanup policies; both may be set.
const (
	CleanupDelete CleanupPolicy = 1 << iota
	CleanupCompact
)

// CompressionType is compression.type of a topic.
type CompressionType int8

// The compression types. CompressionProducer keeps what the producer sent; the others are
// record's codec numbers.
const (
	CompressionProducer     CompressionType = -1
	CompressionUncompressed CompressionType = 0
	CompressionGzip         CompressionType = 1
	CompressionSnappy       CompressionType = 2
	CompressionLZ4          CompressionType = 3
	CompressionZstd         CompressionType = 4
)

// Config is what a topic's configuration tells its logs. It is shared: logs of topics with equal
// settings should be given the same *Config, and it must not change once it is given to one.
// Sizes are in bytes, times in milliseconds.
type Config struct {
	SegmentBytes       int64 // segment.bytes
	SegmentMs          int64 // segment.ms
	SegmentJitterMs    int64 // segment.jitter.ms
	SegmentIndexBytes  int64 // segment.index.bytes: bounds the entries of an index, no file is preallocated
	IndexIntervalBytes int64 // index.interval.bytes
	Preallocate        bool  // preallocate; accepted and without effect

	RetentionMs       int64 // retention.ms, -1 for no limit
	RetentionBytes    int64 // retention.bytes, -1 for no limit
	FileDeleteDelayMs int64 // file.delete.delay.ms

	MaxMessageBytes int // max.message.bytes, of one batch
	// MaxDecompressedBytes is max.decompressed.message.bytes, of one batch that has to be decompressed; 0 means
	// record.DefaultMaxDecompressed.
	MaxDecompressedBytes int

	CleanupPolicy          CleanupPolicy // cleanup.policy
	DeleteRetentionMs      int64         // delete.retention.ms
	MinCompactionLagMs     int64         // min.compaction.lag.ms
	MaxCompactionLagMs     int64         // max.compaction.lag.ms
	MinCleanableDirtyRatio float64       // min.cleanable.dirty.ratio

	LogAppendTime        bool  // message.timestamp.type=LogAppendTime
	TimestampBeforeMsMax int64 // message.timestamp.before.max.ms
	TimestampAfterMsMax  int64 // message.timestamp.after.max.ms

	CompressionType  CompressionType // compression.type
	CompressionLevel int             // compression.TYPE.level; 0 means the codec's default

	FlushMessages int64 // flush.messages; honoured by the log's owner, see Log.UnsyncedMessages
	FlushMs       int64 // flush.ms; honoured by the log's owner
}

// DefaultConfig returns Kafka's defaults.
func DefaultConfig() *Config {
	return &Config{
		SegmentBytes: 1 << 30, SegmentMs: 7 * 24 * 3600 * 1000, SegmentIndexBytes: 10 << 20,
		IndexIntervalBytes: 4096, RetentionMs: 7 * 24 * 3600 * 1000, RetentionBytes: -1,
		FileDeleteDelayMs: 60_000, MaxMessageBytes: 1<<20 + 12, CleanupPolicy: CleanupDelete,
		DeleteRetentionMs: 24 * 3600 * 1000, MaxCompactionLagMs: math.MaxInt64, MinCleanableDirtyRatio: 0.5,
		TimestampBeforeMsMax: math.MaxInt64, TimestampAfterMsMax: 3600 * 1000,
		CompressionType: CompressionProducer, FlushMessages: math.MaxInt64, FlushMs: math.MaxInt64,
	}
}

// limits bound what a produced batch may decompress to.
func (c *Config) limits() record.Limits {
	return record.Limits{MaxDecompressed: c.MaxDecompressedBytes}
}

func (c *Config) compacted() bool { return c.CleanupPolicy&CleanupCompact != 0 }
