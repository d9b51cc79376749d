package config

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
	MaxDecompressedMessageBytes int
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

// Topic resolves a topic's configuration: its overrides over the broker's values. It fails only on overrides
// that Validate refuses.
func Topic(b *Broker, overrides map[string]string) (*TopicConfig, error) {
	if err := ValidateTopic(b, overrides); err != nil {
		return nil, err
	}
	v, err := topicValues(b, overrides)
	if err != nil {
		return nil, err
	}
	return v.topicConfig(), nil
}
