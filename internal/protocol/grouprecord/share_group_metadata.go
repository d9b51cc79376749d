package grouprecord

// ShareGroupMetadataKey is the Kafka message ShareGroupMetadataKey.
type ShareGroupMetadataKey struct {
	_       struct{} `kafka:"key=11,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ShareGroupMetadataValue is the Kafka message ShareGroupMetadataValue.
type ShareGroupMetadataValue struct {
	_            struct{} `kafka:"key=11,versions=0,flexible=0+,data"`
	Epoch        int32    `kafka:"0+"`
	MetadataHash int64    `kafka:"0+"`
}
