package protocol

// DescribeLogDirsRequest is the Kafka message DescribeLogDirsRequest.
type DescribeLogDirsRequest struct {
	_      struct{}                                       `kafka:"key=35,versions=1-5,flexible=2+,request"`
	Topics []DescribeLogDirsRequestDescribableLogDirTopic `kafka:"1+,nullable=1+"`
}

// DescribeLogDirsRequestDescribableLogDirTopic is part of DescribeLogDirsRequest.
type DescribeLogDirsRequestDescribableLogDirTopic struct {
	Topic      string  `kafka:"1+"`
	Partitions []int32 `kafka:"1+"`
}

// DescribeLogDirsResponse is the Kafka message DescribeLogDirsResponse.
type DescribeLogDirsResponse struct {
	_              struct{}                        `kafka:"key=35,versions=1-5,flexible=2+,response"`
	ThrottleTimeMs int32                           `kafka:"1+"`
	ErrorCode      int16                           `kafka:"3+"`
	Results        []DescribeLogDirsResponseResult `kafka:"1+"`
}

// DescribeLogDirsResponseResult is part of DescribeLogDirsResponse.
type DescribeLogDirsResponseResult struct {
	ErrorCode   int16                          `kafka:"1+"`
	LogDir      string                         `kafka:"1+"`
	Topics      []DescribeLogDirsResponseTopic `kafka:"1+"`
	TotalBytes  int64                          `kafka:"4+,default=-1"`
	UsableBytes int64                          `kafka:"4+,default=-1"`
	IsCordoned  bool                           `kafka:"5+"`
}

// DescribeLogDirsResponseTopic is part of DescribeLogDirsResponse.
type DescribeLogDirsResponseTopic struct {
	Name       string                             `kafka:"1+"`
	Partitions []DescribeLogDirsResponsePartition `kafka:"1+"`
}

// DescribeLogDirsResponsePartition is part of DescribeLogDirsResponse.
type DescribeLogDirsResponsePartition struct {
	PartitionIndex int32 `kafka:"1+"`
	PartitionSize  int64 `kafka:"1+"`
	OffsetLag      int64 `kafka:"1+"`
	IsFutureKey    bool  `kafka:"1+"`
}
