package protocol

// OffsetForLeaderEpochRequest is the Kafka message OffsetForLeaderEpochRequest.
type OffsetForLeaderEpochRequest struct {
	_         struct{}                                          `kafka:"key=23,versions=2-4,flexible=4+,request"`
	ReplicaID int32                                             `kafka:"3+,default=-2"`
	Topics    []OffsetForLeaderEpochRequestOffsetForLeaderTopic `kafka:"2+"`
}

// OffsetForLeaderEpochRequestOffsetForLeaderTopic is part of OffsetForLeaderEpochRequest.
type OffsetForLeaderEpochRequestOffsetForLeaderTopic struct {
	Topic      string                                                `kafka:"2+"`
	Partitions []OffsetForLeaderEpochRequestOffsetForLeaderPartition `kafka:"2+"`
}

// OffsetForLeaderEpochRequestOffsetForLeaderPartition is part of OffsetForLeaderEpochRequest.
type OffsetForLeaderEpochRequestOffsetForLeaderPartition struct {
	Partition          int32 `kafka:"2+"`
	CurrentLeaderEpoch int32 `kafka:"2+,default=-1"`
	LeaderEpoch        int32 `kafka:"2+"`
}

// OffsetForLeaderEpochResponse is the Kafka message OffsetForLeaderEpochResponse.
type OffsetForLeaderEpochResponse struct {
	_              struct{}                                                 `kafka:"key=23,versions=2-4,flexible=4+,response"`
	ThrottleTimeMs int32                                                    `kafka:"2+"`
	Topics         []OffsetForLeaderEpochResponseOffsetForLeaderTopicResult `kafka:"2+"`
}

// OffsetForLeaderEpochResponseOffsetForLeaderTopicResult is part of OffsetForLeaderEpochResponse.
type OffsetForLeaderEpochResponseOffsetForLeaderTopicResult struct {
	Topic      string                                       `kafka:"2+"`
	Partitions []OffsetForLeaderEpochResponseEpochEndOffset `kafka:"2+"`
}

// OffsetForLeaderEpochResponseEpochEndOffset is part of OffsetForLeaderEpochResponse.
type OffsetForLeaderEpochResponseEpochEndOffset struct {
	ErrorCode   int16 `kafka:"2+"`
	Partition   int32 `kafka:"2+"`
	LeaderEpoch int32 `kafka:"2+,default=-1"`
	EndOffset   int64 `kafka:"2+,default=-1"`
}
