package grouprecord

// LegacyOffsetCommitKey is the Kafka message LegacyOffsetCommitKey.
type LegacyOffsetCommitKey struct {
	_         struct{} `kafka:"key=0,versions=0,flexible=none,data"`
	Group     string   `kafka:"0+"`
	Topic     string   `kafka:"0+"`
	Partition int32    `kafka:"0+"`
}

// LegacyOffsetCommitValue is the Kafka message LegacyOffsetCommitValue.
type LegacyOffsetCommitValue struct {
	_               struct{} `kafka:"key=0,versions=0,flexible=none,data"`
	Offset          int64    `kafka:"0+"`
	Metadata        string   `kafka:"0+"`
	CommitTimestamp int64    `kafka:"0+"`
}
