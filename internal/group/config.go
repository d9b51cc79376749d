package group

// Config are the settings of the group coordinator. Times in milliseconds.
type Config struct {
	InitialRebalanceDelayMs int64 // group.initial.rebalance.delay.ms
	MinSessionTimeoutMs     int32 // group.min.session.timeout.ms
	MaxSessionTimeoutMs     int32 // group.max.session.timeout.ms
	MaxSize                 int   // group.max.size
	OffsetMetadataMaxLength int   // offset.metadata.max.bytes, in UTF-16 units as Kafka counts
	OffsetsRetentionMs      int64 // offsets.retention.minutes
	RetentionCheckMs        int64 // offsets.retention.check.interval.ms
	// MaxRecordBytes bounds the records of a command, as shard.SizeOf counts them.
	MaxRecordBytes int
}

// DefaultConfig holds Kafka's defaults.
func DefaultConfig() Config {
	return Config{
		InitialRebalanceDelayMs: 3000, MinSessionTimeoutMs: 6000, MaxSessionTimeoutMs: 1_800_000, MaxSize: 1<<31 - 1,
		OffsetMetadataMaxLength: 4096, OffsetsRetentionMs: 10080 * 60_000, RetentionCheckMs: 600_000,
		MaxRecordBytes: 1<<20 - 64,
	}
}

// newMemberJoinTimeoutMs bounds how long a member that does not know its id yet
// may stay in a rebalance: it cannot heartbeat (Kafka: CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS).
const newMemberJoinTimeoutMs = 5 * 60 * 1000

// Client is the sender of a request.
type Client struct {
	ID   string // client.id
	Host string // as DescribeGroups shows it: "/127.0.0.1"
}
