package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DescribeTopicPartitionsRequest is the Kafka message DescribeTopicPartitionsRequest.
type DescribeTopicPartitionsRequest struct {
	_                      struct{}                                     `kafka:"key=75,versions=0,flexible=0+,request"`
	Topics                 []DescribeTopicPartitionsRequestTopicRequest `kafka:"0+"`
	ResponsePartitionLimit int32                                        `kafka:"0+,default=2000"`
	Cursor                 *DescribeTopicPartitionsRequestCursor        `kafka:"0+,nullable=0+,default=null"`
}

// DescribeTopicPartitionsRequestTopicRequest is part of DescribeTopicPartitionsRequest.
type DescribeTopicPartitionsRequestTopicRequest struct {
	Name string `kafka:"0+"`
}

// DescribeTopicPartitionsRequestCursor is part of DescribeTopicPartitionsRequest.
type DescribeTopicPartitionsRequestCursor struct {
	TopicName      string `kafka:"0+"`
	PartitionIndex int32  `kafka:"0+"`
}

// DescribeTopicPartitionsResponse is the Kafka message DescribeTopicPartitionsResponse.
type DescribeTopicPartitionsResponse struct {
	_              struct{}                                       `kafka:"key=75,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                          `kafka:"0+"`
	Topics         []DescribeTopicPartitionsResponseResponseTopic `kafka:"0+"`
	NextCursor     *DescribeTopicPartitionsResponseCursor         `kafka:"0+,nullable=0+,default=null"`
}

// DescribeTopicPartitionsResponseResponseTopic is part of DescribeTopicPartitionsResponse.
type DescribeTopicPartitionsResponseResponseTopic struct {
	ErrorCode                 int16                                              `kafka:"0+"`
	Name                      *string                                            `kafka:"0+,nullable=0+,default=\"\""`
	TopicID                   wire.UUID                                          `kafka:"0+"`
	IsInternal                bool                                               `kafka:"0+"`
	Partitions                []DescribeTopicPartitionsResponseResponsePartition `kafka:"0+"`
	TopicAuthorizedOperations int32                                              `kafka:"0+,default=-2147483648"`
}

// DescribeTopicPartitionsResponseResponsePartition is part of DescribeTopicPartitionsResponse.
type DescribeTopicPartitionsResponseResponsePartition struct {
	ErrorCode              int16   `kafka:"0+"`
	PartitionIndex         int32   `kafka:"0+"`
	LeaderID               int32   `kafka:"0+"`
	LeaderEpoch            int32   `kafka:"0+,default=-1"`
	ReplicaNodes           []int32 `kafka:"0+"`
	ISRNodes               []int32 `kafka:"0+"`
	EligibleLeaderReplicas []int32 `kafka:"0+,nullable=0+,default=null"`
	LastKnownELR           []int32 `kafka:"0+,nullable=0+,default=null"`
	OfflineReplicas        []int32 `kafka:"0+"`
}

// DescribeTopicPartitionsResponseCursor is part of DescribeTopicPartitionsResponse.
type DescribeTopicPartitionsResponseCursor struct {
	TopicName      string `kafka:"0+"`
	PartitionIndex int32  `kafka:"0+"`
}
