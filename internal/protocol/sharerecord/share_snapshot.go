package sharerecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareSnapshotKey is the Kafka message ShareSnapshotKey.
type ShareSnapshotKey struct {
	_         struct{}  `kafka:"key=0,versions=0,flexible=none,data"`
	GroupID   string    `kafka:"0+"`
	TopicID   wire.UUID `kafka:"0+"`
	Partition int32     `kafka:"0+"`
}

// ShareSnapshotValue is the Kafka message ShareSnapshotValue.
type ShareSnapshotValue struct {
	_                     struct{}                       `kafka:"key=0,versions=0,flexible=0+,data"`
	SnapshotEpoch         int32                          `kafka:"0+"`
	StateEpoch            int32                          `kafka:"0+"`
	LeaderEpoch           int32                          `kafka:"0+"`
	StartOffset           int64                          `kafka:"0+"`
	CreateTimestamp       int64                          `kafka:"0+"`
	WriteTimestamp        int64                          `kafka:"0+"`
	StateBatches          []ShareSnapshotValueStateBatch `kafka:"0+"`
	DeliveryCompleteCount int32                          `kafka:"0+,tag=0,default=-1"`
}

// ShareSnapshotValueStateBatch is part of ShareSnapshotValue.
type ShareSnapshotValueStateBatch struct {
	FirstOffset   int64 `kafka:"0+"`
	LastOffset    int64 `kafka:"0+"`
	DeliveryState int8  `kafka:"0+"`
	DeliveryCount int16 `kafka:"0+"`
}
