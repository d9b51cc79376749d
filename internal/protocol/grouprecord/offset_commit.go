package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// OffsetCommitKey is the Kafka message OffsetCommitKey.
type OffsetCommitKey struct {
	_         struct{} `kafka:"key=1,versions=0,flexible=none,data"`
	Group     string   `kafka:"0+"`
	Topic     string   `kafka:"0+"`
	Partition int32    `kafka:"0+"`
}

// OffsetCommitValue is the Kafka message OffsetCommitValue.
type OffsetCommitValue struct {
	_               struct{}  `kafka:"key=1,versions=0-4,flexible=4+,data"`
	Offset          int64     `kafka:"0+"`
	LeaderEpoch     int32     `kafka:"3+,default=-1"`
	Metadata        string    `kafka:"0+"`
	CommitTimestamp int64     `kafka:"0+"`
	ExpireTimestamp int64     `kafka:"1,default=-1"`
	TopicID         wire.UUID `kafka:"4+,tag=0"`
}
