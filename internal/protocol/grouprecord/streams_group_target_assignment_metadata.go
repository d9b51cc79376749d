package grouprecord

// StreamsGroupTargetAssignmentMetadataKey is the Kafka message
// StreamsGroupTargetAssignmentMetadataKey.
type StreamsGroupTargetAssignmentMetadataKey struct {
	_       struct{} `kafka:"key=20,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// StreamsGroupTargetAssignmentMetadataValue is the Kafka message
// StreamsGroupTargetAssignmentMetadataValue.
type StreamsGroupTargetAssignmentMetadataValue struct {
	_                   struct{} `kafka:"key=20,versions=0,flexible=0+,data"`
	AssignmentEpoch     int32    `kafka:"0+"`
	AssignmentTimestamp int64    `kafka:"0+,tag=0"`
}
