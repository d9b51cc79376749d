package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// OffsetCommitRequest is the Kafka message OffsetCommitRequest.
type OffsetCommitRequest struct {
	_                         struct{}                          `kafka:"key=8,versions=2-10,flexible=8+,request"`
	GroupID                   string                            `kafka:"2+"`
	GenerationIDOrMemberEpoch int32                             `kafka:"2+,default=-1"`
	MemberID                  string                            `kafka:"2+"`
	RetentionTimeMs           int64                             `kafka:"2-4,default=-1"`
	GroupInstanceID           *string                           `kafka:"7+,nullable=7+,default=null"`
	Topics                    []OffsetCommitRequestRequestTopic `kafka:"2+"`
}

// OffsetCommitRequestRequestTopic is part of OffsetCommitRequest.
type OffsetCommitRequestRequestTopic struct {
	Name       string                                `kafka:"2-9"`
	TopicID    wire.UUID                             `kafka:"10+"`
	Partitions []OffsetCommitRequestRequestPartition `kafka:"2+"`
}

// OffsetCommitRequestRequestPartition is part of OffsetCommitRequest.
type OffsetCommitRequestRequestPartition struct {
	PartitionIndex       int32   `kafka:"2+"`
	CommittedOffset      int64   `kafka:"2+"`
	CommittedLeaderEpoch int32   `kafka:"6+,default=-1"`
	CommittedMetadata    *string `kafka:"2+,nullable=2+,default=\"\""`
}

// OffsetCommitResponse is the Kafka message OffsetCommitResponse.
type OffsetCommitResponse struct {
	_              struct{}                            `kafka:"key=8,versions=2-10,flexible=8+,response"`
	ThrottleTimeMs int32                               `kafka:"3+"`
	Topics         []OffsetCommitResponseResponseTopic `kafka:"2+"`
}

// OffsetCommitResponseResponseTopic is part of OffsetCommitResponse.
type OffsetCommitResponseResponseTopic struct {
	Name       string                                  `kafka:"2-9"`
	TopicID    wire.UUID                               `kafka:"10+"`
	Partitions []OffsetCommitResponseResponsePartition `kafka:"2+"`
}

// OffsetCommitResponseResponsePartition is part of OffsetCommitResponse.
type OffsetCommitResponseResponsePartition struct {
	PartitionIndex int32 `kafka:"2+"`
	ErrorCode      int16 `kafka:"2+"`
}
