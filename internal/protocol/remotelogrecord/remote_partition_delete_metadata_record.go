package remotelogrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemotePartitionDeleteMetadataRecord is the Kafka message RemotePartitionDeleteMetadataRecord.
type RemotePartitionDeleteMetadataRecord struct {
	_                          struct{}                                                 `kafka:"key=2,versions=0,flexible=0+,data"`
	TopicIDPartition           RemotePartitionDeleteMetadataRecordTopicIDPartitionEntry `kafka:"0+"`
	BrokerID                   int32                                                    `kafka:"0+"`
	EventTimestampMs           int64                                                    `kafka:"0+"`
	RemotePartitionDeleteState int8                                                     `kafka:"0+"`
}

// RemotePartitionDeleteMetadataRecordTopicIDPartitionEntry is part of
// RemotePartitionDeleteMetadataRecord.
type RemotePartitionDeleteMetadataRecordTopicIDPartitionEntry struct {
	Name      string    `kafka:"0+"`
	ID        wire.UUID `kafka:"0+"`
	Partition int32     `kafka:"0+"`
}
