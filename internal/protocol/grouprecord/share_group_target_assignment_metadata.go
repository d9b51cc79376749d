package grouprecord

// ShareGroupTargetAssignmentMetadataKey is the Kafka message ShareGroupTargetAssignmentMetadataKey.
type ShareGroupTargetAssignmentMetadataKey struct {
	_       struct{} `kafka:"key=12,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// ShareGroupTargetAssignmentMetadataValue is the Kafka message
// ShareGroupTargetAssignmentMetadataValue.
type ShareGroupTargetAssignmentMetadataValue struct {
	_                   struct{} `kafka:"key=12,versions=0,flexible=0+,data"`
	AssignmentEpoch     int32    `kafka:"0+"`
	AssignmentTimestamp int64    `kafka:"0+,tag=0"`
}
