package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// OffsetFetchRequest is the Kafka message OffsetFetchRequest.
type OffsetFetchRequest struct {
	_             struct{}                         `kafka:"key=9,versions=1-10,flexible=6+,request"`
	GroupID       string                           `kafka:"1-7"`
	Topics        []OffsetFetchRequestRequestTopic `kafka:"1-7,nullable=2-7"`
	Groups        []OffsetFetchRequestRequestGroup `kafka:"8+"`
	RequireStable bool                             `kafka:"7+"`
}

// OffsetFetchRequestRequestTopic is part of OffsetFetchRequest.
type OffsetFetchRequestRequestTopic struct {
	Name             string  `kafka:"1-7"`
	PartitionIndexes []int32 `kafka:"1-7"`
}

// OffsetFetchRequestRequestGroup is part of OffsetFetchRequest.
type OffsetFetchRequestRequestGroup struct {
	GroupID     string                            `kafka:"8+"`
	MemberID    *string                           `kafka:"9+,nullable=9+,default=null"`
	MemberEpoch int32                             `kafka:"9+,default=-1"`
	Topics      []OffsetFetchRequestRequestTopics `kafka:"8+,nullable=8+"`
}

// OffsetFetchRequestRequestTopics is part of OffsetFetchRequest.
type OffsetFetchRequestRequestTopics struct {
	Name             string    `kafka:"8-9"`
	TopicID          wire.UUID `kafka:"10+"`
	PartitionIndexes []int32   `kafka:"8+"`
}

// OffsetFetchResponse is the Kafka message OffsetFetchResponse.
type OffsetFetchResponse struct {
	_              struct{}                           `kafka:"key=9,versions=1-10,flexible=6+,response"`
	ThrottleTimeMs int32                              `kafka:"3+"`
	Topics         []OffsetFetchResponseResponseTopic `kafka:"1-7"`
	ErrorCode      int16                              `kafka:"2-7"`
	Groups         []OffsetFetchResponseResponseGroup `kafka:"8+"`
}

// OffsetFetchResponseResponseTopic is part of OffsetFetchResponse.
type OffsetFetchResponseResponseTopic struct {
	Name       string                                 `kafka:"1-7"`
	Partitions []OffsetFetchResponseResponsePartition `kafka:"1-7"`
}

// OffsetFetchResponseResponsePartition is part of OffsetFetchResponse.
type OffsetFetchResponseResponsePartition struct {
	PartitionIndex       int32   `kafka:"1-7"`
	CommittedOffset      int64   `kafka:"1-7"`
	CommittedLeaderEpoch int32   `kafka:"5-7,default=-1"`
	Metadata             *string `kafka:"1-7,nullable=1-7,default=\"\""`
	ErrorCode            int16   `kafka:"1-7"`
}

// OffsetFetchResponseResponseGroup is part of OffsetFetchResponse.
type OffsetFetchResponseResponseGroup struct {
	GroupID   string                              `kafka:"8+"`
	Topics    []OffsetFetchResponseResponseTopics `kafka:"8+"`
	ErrorCode int16                               `kafka:"8+"`
}

// OffsetFetchResponseResponseTopics is part of OffsetFetchResponse.
type OffsetFetchResponseResponseTopics struct {
	Name       string                                  `kafka:"8-9"`
	TopicID    wire.UUID                               `kafka:"10+"`
	Partitions []OffsetFetchResponseResponsePartitions `kafka:"8+"`
}

// OffsetFetchResponseResponsePartitions is part of OffsetFetchResponse.
type OffsetFetchResponseResponsePartitions struct {
	PartitionIndex       int32   `kafka:"8+"`
	CommittedOffset      int64   `kafka:"8+"`
	CommittedLeaderEpoch int32   `kafka:"8+,default=-1"`
	Metadata             *string `kafka:"8+,nullable=8+,default=\"\""`
	ErrorCode            int16   `kafka:"8+"`
}
