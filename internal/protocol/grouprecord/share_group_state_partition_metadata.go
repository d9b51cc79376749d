package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareGroupStatePartitionMetadataKey is the Kafka message ShareGroupStatePartitionMetadataKey.
type ShareGroupStatePartitionMetadataKey struct {
	_       struct{} `kafka:"key=15,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ShareGroupStatePartitionMetadataValue is the Kafka message ShareGroupStatePartitionMetadataValue.
type ShareGroupStatePartitionMetadataValue struct {
	_                  struct{}                                                   `kafka:"key=15,versions=0,flexible=0+,data"`
	InitializingTopics []ShareGroupStatePartitionMetadataValueTopicPartitionsInfo `kafka:"0+"`
	InitializedTopics  []ShareGroupStatePartitionMetadataValueTopicPartitionsInfo `kafka:"0+"`
	DeletingTopics     []ShareGroupStatePartitionMetadataValueTopicInfo           `kafka:"0+"`
}

// ShareGroupStatePartitionMetadataValueTopicPartitionsInfo is part of
// ShareGroupStatePartitionMetadataValue.
type ShareGroupStatePartitionMetadataValueTopicPartitionsInfo struct {
	TopicID    wire.UUID `kafka:"0+"`
	TopicName  string    `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}

// ShareGroupStatePartitionMetadataValueTopicInfo is part of ShareGroupStatePartitionMetadataValue.
type ShareGroupStatePartitionMetadataValueTopicInfo struct {
	TopicID   wire.UUID `kafka:"0+"`
	TopicName string    `kafka:"0+"`
}
