package protocol

// DeleteRecordsRequest is the Kafka message DeleteRecordsRequest.
type DeleteRecordsRequest struct {
	_         struct{}                    `kafka:"key=21,versions=0-2,flexible=2+,request"`
	Topics    []DeleteRecordsRequestTopic `kafka:"0+"`
	TimeoutMs int32                       `kafka:"0+"`
}

// DeleteRecordsRequestTopic is part of DeleteRecordsRequest.
type DeleteRecordsRequestTopic struct {
	Name       string                          `kafka:"0+"`
	Partitions []DeleteRecordsRequestPartition `kafka:"0+"`
}

// DeleteRecordsRequestPartition is part of DeleteRecordsRequest.
type DeleteRecordsRequestPartition struct {
	PartitionIndex int32 `kafka:"0+"`
	Offset         int64 `kafka:"0+"`
}

// DeleteRecordsResponse is the Kafka message DeleteRecordsResponse.
type DeleteRecordsResponse struct {
	_              struct{}                           `kafka:"key=21,versions=0-2,flexible=2+,response"`
	ThrottleTimeMs int32                              `kafka:"0+"`
	Topics         []DeleteRecordsResponseTopicResult `kafka:"0+"`
}

// DeleteRecordsResponseTopicResult is part of DeleteRecordsResponse.
type DeleteRecordsResponseTopicResult struct {
	Name       string                                 `kafka:"0+"`
	Partitions []DeleteRecordsResponsePartitionResult `kafka:"0+"`
}

// DeleteRecordsResponsePartitionResult is part of DeleteRecordsResponse.
type DeleteRecordsResponsePartitionResult struct {
	PartitionIndex int32 `kafka:"0+"`
	LowWatermark   int64 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
}
