package protocol

// OffsetDeleteRequest is the Kafka message OffsetDeleteRequest.
type OffsetDeleteRequest struct {
	_       struct{}                          `kafka:"key=47,versions=0,flexible=none,request"`
	GroupID string                            `kafka:"0+"`
	Topics  []OffsetDeleteRequestRequestTopic `kafka:"0+"`
}

// OffsetDeleteRequestRequestTopic is part of OffsetDeleteRequest.
type OffsetDeleteRequestRequestTopic struct {
	Name       string                                `kafka:"0+"`
	Partitions []OffsetDeleteRequestRequestPartition `kafka:"0+"`
}

// OffsetDeleteRequestRequestPartition is part of OffsetDeleteRequest.
type OffsetDeleteRequestRequestPartition struct {
	PartitionIndex int32 `kafka:"0+"`
}

// OffsetDeleteResponse is the Kafka message OffsetDeleteResponse.
type OffsetDeleteResponse struct {
	_              struct{}                            `kafka:"key=47,versions=0,flexible=none,response"`
	ErrorCode      int16                               `kafka:"0+"`
	ThrottleTimeMs int32                               `kafka:"0+"`
	Topics         []OffsetDeleteResponseResponseTopic `kafka:"0+"`
}

// OffsetDeleteResponseResponseTopic is part of OffsetDeleteResponse.
type OffsetDeleteResponseResponseTopic struct {
	Name       string                                  `kafka:"0+"`
	Partitions []OffsetDeleteResponseResponsePartition `kafka:"0+"`
}

// OffsetDeleteResponseResponsePartition is part of OffsetDeleteResponse.
type OffsetDeleteResponseResponsePartition struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
}
