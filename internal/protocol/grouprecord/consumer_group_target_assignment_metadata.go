package grouprecord

// ConsumerGroupTargetAssignmentMetadataKey is the Kafka message
// ConsumerGroupTargetAssignmentMetadataKey.
type ConsumerGroupTargetAssignmentMetadataKey struct {
	_       struct{} `kafka:"key=6,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ConsumerGroupTargetAssignmentMetadataValue is the Kafka message
// ConsumerGroupTargetAssignmentMetadataValue.
type ConsumerGroupTargetAssignmentMetadataValue struct {
	_                   struct{} `kafka:"key=6,versions=0,flexible=0+,data"`
	AssignmentEpoch     int32    `kafka:"0+"`
	AssignmentTimestamp int64    `kafka:"0+,tag=0"`
}
