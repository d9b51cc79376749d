package grouprecord

// ConsumerGroupMetadataKey is the Kafka message ConsumerGroupMetadataKey.
type ConsumerGroupMetadataKey struct {
	_       struct{} `kafka:"key=3,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ConsumerGroupMetadataValue is the Kafka message ConsumerGroupMetadataValue.
type ConsumerGroupMetadataValue struct {
	_            struct{} `kafka:"key=3,versions=0,flexible=0+,data"`
	Epoch        int32    `kafka:"0+"`
	MetadataHash int64    `kafka:"0+,tag=0"`
}
