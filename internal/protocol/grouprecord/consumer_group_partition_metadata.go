package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ConsumerGroupPartitionMetadataKey is the Kafka message ConsumerGroupPartitionMetadataKey.
type ConsumerGroupPartitionMetadataKey struct {
	_       struct{} `kafka:"key=4,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ConsumerGroupPartitionMetadataValue is the Kafka message ConsumerGroupPartitionMetadataValue.
type ConsumerGroupPartitionMetadataValue struct {
	_      struct{}                                           `kafka:"key=4,versions=0,flexible=0+,data"`
	Topics []ConsumerGroupPartitionMetadataValueTopicMetadata `kafka:"0+"`
}

// ConsumerGroupPartitionMetadataValueTopicMetadata is part of ConsumerGroupPartitionMetadataValue.
type ConsumerGroupPartitionMetadataValueTopicMetadata struct {
	TopicID           wire.UUID                                              `kafka:"0+"`
	TopicName         string                                                 `kafka:"0+"`
	NumPartitions     int32                                                  `kafka:"0+"`
	PartitionMetadata []ConsumerGroupPartitionMetadataValuePartitionMetadata `kafka:"0+"`
}

// ConsumerGroupPartitionMetadataValuePartitionMetadata is part of
// ConsumerGroupPartitionMetadataValue.
type ConsumerGroupPartitionMetadataValuePartitionMetadata struct {
	Partition int32    `kafka:"0+"`
	Racks     []string `kafka:"0+"`
}
