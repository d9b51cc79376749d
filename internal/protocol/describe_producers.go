package protocol

// DescribeProducersRequest is the Kafka message DescribeProducersRequest.
type DescribeProducersRequest struct {
	_      struct{}                               `kafka:"key=61,versions=0,flexible=0+,request"`
	Topics []DescribeProducersRequestTopicRequest `kafka:"0+"`
}

// DescribeProducersRequestTopicRequest is part of DescribeProducersRequest.
type DescribeProducersRequestTopicRequest struct {
	Name             string  `kafka:"0+"`
	PartitionIndexes []int32 `kafka:"0+"`
}

// DescribeProducersResponse is the Kafka message DescribeProducersResponse.
type DescribeProducersResponse struct {
	_              struct{}                                 `kafka:"key=61,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                    `kafka:"0+"`
	Topics         []DescribeProducersResponseTopicResponse `kafka:"0+"`
}

// DescribeProducersResponseTopicResponse is part of DescribeProducersResponse.
type DescribeProducersResponseTopicResponse struct {
	Name       string                                       `kafka:"0+"`
	Partitions []DescribeProducersResponsePartitionResponse `kafka:"0+"`
}

// DescribeProducersResponsePartitionResponse is part of DescribeProducersResponse.
type DescribeProducersResponsePartitionResponse struct {
	PartitionIndex  int32                                    `kafka:"0+"`
	ErrorCode       int16                                    `kafka:"0+"`
	ErrorMessage    *string                                  `kafka:"0+,nullable=0+,default=null"`
	ActiveProducers []DescribeProducersResponseProducerState `kafka:"0+"`
}

// DescribeProducersResponseProducerState is part of DescribeProducersResponse.
type DescribeProducersResponseProducerState struct {
	ProducerID            int64 `kafka:"0+"`
	ProducerEpoch         int32 `kafka:"0+"`
	LastSequence          int32 `kafka:"0+,default=-1"`
	LastTimestamp         int64 `kafka:"0+,default=-1"`
	CoordinatorEpoch      int32 `kafka:"0+"`
	CurrentTxnStartOffset int64 `kafka:"0+,default=-1"`
}
