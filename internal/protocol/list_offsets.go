package protocol

// ListOffsetsRequest is the Kafka message ListOffsetsRequest.
type ListOffsetsRequest struct {
	_              struct{}                  `kafka:"key=2,versions=1-11,flexible=6+,request"`
	ReplicaID      int32                     `kafka:"1+"`
	IsolationLevel int8                      `kafka:"2+"`
	Topics         []ListOffsetsRequestTopic `kafka:"1+"`
	TimeoutMs      int32                     `kafka:"10+"`
}

// ListOffsetsRequestTopic is part of ListOffsetsRequest.
type ListOffsetsRequestTopic struct {
	Name       string                        `kafka:"1+"`
	Partitions []ListOffsetsRequestPartition `kafka:"1+"`
}

// ListOffsetsRequestPartition is part of ListOffsetsRequest.
type ListOffsetsRequestPartition struct {
	PartitionIndex     int32 `kafka:"1+"`
	CurrentLeaderEpoch int32 `kafka:"4+,default=-1"`
	Timestamp          int64 `kafka:"1+"`
}

// ListOffsetsResponse is the Kafka message ListOffsetsResponse.
type ListOffsetsResponse struct {
	_              struct{}                           `kafka:"key=2,versions=1-11,flexible=6+,response"`
	ThrottleTimeMs int32                              `kafka:"2+"`
	Topics         []ListOffsetsResponseTopicResponse `kafka:"1+"`
}

// ListOffsetsResponseTopicResponse is part of ListOffsetsResponse.
type ListOffsetsResponseTopicResponse struct {
	Name       string                                 `kafka:"1+"`
	Partitions []ListOffsetsResponsePartitionResponse `kafka:"1+"`
}

// ListOffsetsResponsePartitionResponse is part of ListOffsetsResponse.
type ListOffsetsResponsePartitionResponse struct {
	PartitionIndex int32 `kafka:"1+"`
	ErrorCode      int16 `kafka:"1+"`
	Timestamp      int64 `kafka:"1+,default=-1"`
	Offset         int64 `kafka:"1+,default=-1"`
	LeaderEpoch    int32 `kafka:"4+,default=-1"`
}
