package sharerecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareUpdateKey is the Kafka message ShareUpdateKey.
type ShareUpdateKey struct {
	_         struct{}  `kafka:"key=1,versions=0,flexible=none,data"`
	GroupID   string    `kafka:"0+"`
	TopicID   wire.UUID `kafka:"0+"`
	Partition int32     `kafka:"0+"`
}

// ShareUpdateValue is the Kafka message ShareUpdateValue.
type ShareUpdateValue struct {
	_                     struct{}                     `kafka:"key=1,versions=0,flexible=0+,data"`
	SnapshotEpoch         int32                        `kafka:"0+"`
	LeaderEpoch           int32                        `kafka:"0+"`
	StartOffset           int64                        `kafka:"0+"`
	StateBatches          []ShareUpdateValueStateBatch `kafka:"0+"`
	DeliveryCompleteCount int32                        `kafka:"0+,tag=0,default=-1"`
}

// ShareUpdateValueStateBatch is part of ShareUpdateValue.
type ShareUpdateValueStateBatch struct {
	FirstOffset   int64 `kafka:"0+"`
	LastOffset    int64 `kafka:"0+"`
	DeliveryState int8  `kafka:"0+"`
	DeliveryCount int16 `kafka:"0+"`
}
