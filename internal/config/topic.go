package config

// NoDecompressionLimit is the default of max.decompressed.message.bytes: nobody set a limit.
const NoDecompressionLimit = 2147483639

// TopicConfig is the resolved configuration of one topic, one field per key (named after it, unit last).
// It is a plain value: compare with ==-like helpers, copy freely, share read-only.
type TopicConfig struct {
	Compact bool // cleanup.policy contains compact
	Delete  bool // cleanup.policy contains delete

	SegmentBytes       int // from segment.bytes, or internal.segment.bytes when set
	SegmentMs          int64
	SegmentJitterMs    int64
	SegmentIndexBytes  int
	IndexIntervalBytes int
	Preallocate        bool

	RetentionBytes      int64 // -1: no limit
	RetentionMs         int64 // -1: no limit
	LocalRetentionBytes int64 // -2: as RetentionBytes
	LocalRetentionMs    int64 // -2: as RetentionMs
	FileDeleteDelayMs   int64

	FlushMessages int64
	FlushMs       int64
	WriteCaching  bool // gregor's: acknowledge acks=all without an fsync

	DeleteRetentionMs      int64
	MinCompactionLagMs     int64
	MaxCompactionLagMs     int64
	MinCleanableDirtyRatio float64

	MaxMessageBytes             int
	MaxDecompressedMessageBytes int    // NoDecompressionLimit when nobody set it
	CompressionType             string // uncompressed, zstd, lz4, snappy, gzip, or producer: keep what came
	CompressionGzipLevel        int
	CompressionLz4Level         int
	CompressionZstdLevel        int

	LogAppendTime               bool // message.timestamp.type = LogAppendTime
	MessageTimestampBeforeMaxMs int64
	MessageTimestampAfterMaxMs  int64

	MinInsyncReplicas           int
	UncleanLeaderElectionEnable bool

	LeaderReplicationThrottledReplicas   []string
	FollowerReplicationThrottledReplicas []string

	RemoteStorageEnable              bool
	RemoteLogCopyDisable             bool
	RemoteLogDeleteOnDisable         bool
	RemoteCopyLagBytes               int64
	RemoteCopyLagMs                  int64
	ErrorsDeadletterqueueGroupEnable bool
}

// Topic resolves a topic's configuration: its overrides over the broker's values. The result is always usable.
// Overrides of keys that are not declared are ignored: an old data directory holds keys that Kafka has dropped
// since. An override with an invalid value is left out, and the first such is the error.
func Topic(b *Broker, overrides map[string]string) (*TopicConfig, error) {
	v, err := topicValues(b, overrides)
	return v.topicConfig(), err
}
