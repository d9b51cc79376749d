package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// TxnOffsetCommitRequest is the Kafka message TxnOffsetCommitRequest.
type TxnOffsetCommitRequest struct {
	_                         struct{}                             `kafka:"key=28,versions=0-6,flexible=3+,request"`
	TransactionalID           string                               `kafka:"0+"`
	GroupID                   string                               `kafka:"0+"`
	ProducerID                int64                                `kafka:"0+"`
	ProducerEpoch             int16                                `kafka:"0+"`
	GenerationIDOrMemberEpoch int32                                `kafka:"3+,default=-1"`
	MemberID                  string                               `kafka:"3+"`
	GroupInstanceID           *string                              `kafka:"3+,nullable=3+,default=null"`
	Topics                    []TxnOffsetCommitRequestRequestTopic `kafka:"0+"`
}

// TxnOffsetCommitRequestRequestTopic is part of TxnOffsetCommitRequest.
type TxnOffsetCommitRequestRequestTopic struct {
	Name       string                                   `kafka:"0-5"`
	TopicID    wire.UUID                                `kafka:"6+"`
	Partitions []TxnOffsetCommitRequestRequestPartition `kafka:"0+"`
}

// TxnOffsetCommitRequestRequestPartition is part of TxnOffsetCommitRequest.
type TxnOffsetCommitRequestRequestPartition struct {
	PartitionIndex       int32   `kafka:"0+"`
	CommittedOffset      int64   `kafka:"0+"`
	CommittedLeaderEpoch int32   `kafka:"2+,default=-1"`
	CommittedMetadata    *string `kafka:"0+,nullable=0+,default=\"\""`
}

// TxnOffsetCommitResponse is the Kafka message TxnOffsetCommitResponse.
type TxnOffsetCommitResponse struct {
	_              struct{}                               `kafka:"key=28,versions=0-6,flexible=3+,response"`
	ThrottleTimeMs int32                                  `kafka:"0+"`
	Topics         []TxnOffsetCommitResponseResponseTopic `kafka:"0+"`
}

// TxnOffsetCommitResponseResponseTopic is part of TxnOffsetCommitResponse.
type TxnOffsetCommitResponseResponseTopic struct {
	Name       string                                     `kafka:"0-5"`
	TopicID    wire.UUID                                  `kafka:"6+"`
	Partitions []TxnOffsetCommitResponseResponsePartition `kafka:"0+"`
}

// TxnOffsetCommitResponseResponsePartition is part of TxnOffsetCommitResponse.
type TxnOffsetCommitResponseResponsePartition struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
}
