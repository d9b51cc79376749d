package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DescribeShareGroupOffsetsRequest is the Kafka message DescribeShareGroupOffsetsRequest.
type DescribeShareGroupOffsetsRequest struct {
	_      struct{}                                       `kafka:"key=90,versions=0-1,flexible=0+,request"`
	Groups []DescribeShareGroupOffsetsRequestRequestGroup `kafka:"0+"`
}

// DescribeShareGroupOffsetsRequestRequestGroup is part of DescribeShareGroupOffsetsRequest.
type DescribeShareGroupOffsetsRequestRequestGroup struct {
	GroupID string                                         `kafka:"0+"`
	Topics  []DescribeShareGroupOffsetsRequestRequestTopic `kafka:"0+,nullable=0+"`
}

// DescribeShareGroupOffsetsRequestRequestTopic is part of DescribeShareGroupOffsetsRequest.
type DescribeShareGroupOffsetsRequestRequestTopic struct {
	TopicName  string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}

// DescribeShareGroupOffsetsResponse is the Kafka message DescribeShareGroupOffsetsResponse.
type DescribeShareGroupOffsetsResponse struct {
	_              struct{}                                         `kafka:"key=90,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs int32                                            `kafka:"0+"`
	Groups         []DescribeShareGroupOffsetsResponseResponseGroup `kafka:"0+"`
}

// DescribeShareGroupOffsetsResponseResponseGroup is part of DescribeShareGroupOffsetsResponse.
type DescribeShareGroupOffsetsResponseResponseGroup struct {
	GroupID      string                                           `kafka:"0+"`
	Topics       []DescribeShareGroupOffsetsResponseResponseTopic `kafka:"0+"`
	ErrorCode    int16                                            `kafka:"0+"`
	ErrorMessage *string                                          `kafka:"0+,nullable=0+,default=null"`
}

// DescribeShareGroupOffsetsResponseResponseTopic is part of DescribeShareGroupOffsetsResponse.
type DescribeShareGroupOffsetsResponseResponseTopic struct {
	TopicName  string                                               `kafka:"0+"`
	TopicID    wire.UUID                                            `kafka:"0+"`
	Partitions []DescribeShareGroupOffsetsResponseResponsePartition `kafka:"0+"`
}

// DescribeShareGroupOffsetsResponseResponsePartition is part of DescribeShareGroupOffsetsResponse.
type DescribeShareGroupOffsetsResponseResponsePartition struct {
	PartitionIndex int32   `kafka:"0+"`
	StartOffset    int64   `kafka:"0+"`
	LeaderEpoch    int32   `kafka:"0+"`
	Lag            int64   `kafka:"1+,default=-1"`
	ErrorCode      int16   `kafka:"0+"`
	ErrorMessage   *string `kafka:"0+,nullable=0+,default=null"`
}
