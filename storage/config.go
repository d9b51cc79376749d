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

// Config is the part of a topic's configuration that its logs follow. It is shared: give logs of
// topics with equal settings the same *Config. It must not change once a log has it. Sizes are in
// bytes, times in milliseconds. A tag names the topic key whose value the field takes as it is.
type Config struct {
	SegmentBytes    int64 `config:"segment.bytes"`
	SegmentMs       int64 `config:"segment.ms"`
	SegmentJitterMs int64 `config:"segment.jitter.ms"`
	// SegmentIndexBytes bounds the entries of an index. No file is preallocated.
	SegmentIndexBytes  int64 `config:"segment.index.bytes"`
	IndexIntervalBytes int64 `config:"index.interval.bytes"`

	RetentionMs       int64 `config:"retention.ms"`    // -1 for no limit
	RetentionBytes    int64 `config:"retention.bytes"` // -1 for no limit
	FileDeleteDelayMs int64 `config:"file.delete.delay.ms"`

	MaxMessageBytes int `config:"max.message.bytes"` // of one batch
	// MaxDecompressedBytes is max.decompressed.message.bytes, of one batch that has to be
	// decompressed. 0 means record.DefaultMaxDecompressed.
	MaxDecompressedBytes int

	CleanupPolicy          CleanupPolicy // cleanup.policy
	DeleteRetentionMs      int64         `config:"delete.retention.ms"`
	MinCompactionLagMs     int64         `config:"min.compaction.lag.ms"`
	MaxCompactionLagMs     int64         `config:"max.compaction.lag.ms"`
	MinCleanableDirtyRatio float64       `config:"min.cleanable.dirty.ratio"`

	LogAppendTime        bool  // message.timestamp.type=LogAppendTime
	TimestampBeforeMsMax int64 `config:"message.timestamp.before.max.ms"`
	TimestampAfterMsMax  int64 `config:"message.timestamp.after.max.ms"`

	CompressionType  CompressionType // compression.type
	CompressionLevel int             // compression.TYPE.level; 0 means the codec's default

	// FlushMessages and FlushMs are followed by the log's owner, see Log.UnsyncedMessages.
	FlushMessages int64 `config:"flush.messages"`
	FlushMs       int64 `config:"flush.ms"`
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
