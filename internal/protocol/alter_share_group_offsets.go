package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// AlterShareGroupOffsetsRequest is the Kafka message AlterShareGroupOffsetsRequest.
type AlterShareGroupOffsetsRequest struct {
	_       struct{}                                    `kafka:"key=91,versions=0,flexible=0+,request"`
	GroupID string                                      `kafka:"0+"`
	Topics  []AlterShareGroupOffsetsRequestRequestTopic `kafka:"0+"`
}

// AlterShareGroupOffsetsRequestRequestTopic is part of AlterShareGroupOffsetsRequest.
type AlterShareGroupOffsetsRequestRequestTopic struct {
	TopicName  string                                          `kafka:"0+"`
	Partitions []AlterShareGroupOffsetsRequestRequestPartition `kafka:"0+"`
}

// AlterShareGroupOffsetsRequestRequestPartition is part of AlterShareGroupOffsetsRequest.
type AlterShareGroupOffsetsRequestRequestPartition struct {
	PartitionIndex int32 `kafka:"0+"`
	StartOffset    int64 `kafka:"0+"`
}

// AlterShareGroupOffsetsResponse is the Kafka message AlterShareGroupOffsetsResponse.
type AlterShareGroupOffsetsResponse struct {
	_              struct{}                                      `kafka:"key=91,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                         `kafka:"0+"`
	ErrorCode      int16                                         `kafka:"0+"`
	ErrorMessage   *string                                       `kafka:"0+,nullable=0+,default=null"`
	Responses      []AlterShareGroupOffsetsResponseResponseTopic `kafka:"0+"`
}

// AlterShareGroupOffsetsResponseResponseTopic is part of AlterShareGroupOffsetsResponse.
type AlterShareGroupOffsetsResponseResponseTopic struct {
	TopicName  string                                            `kafka:"0+"`
	TopicID    wire.UUID                                         `kafka:"0+"`
	Partitions []AlterShareGroupOffsetsResponseResponsePartition `kafka:"0+"`
}

// AlterShareGroupOffsetsResponseResponsePartition is part of AlterShareGroupOffsetsResponse.
type AlterShareGroupOffsetsResponseResponsePartition struct {
	PartitionIndex int32   `kafka:"0+"`
	ErrorCode      int16   `kafka:"0+"`
	ErrorMessage   *string `kafka:"0+,nullable=0+,default=null"`
}
