package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// FetchRequest is the Kafka message FetchRequest.
type FetchRequest struct {
	_                   struct{}                     `kafka:"key=1,versions=4-18,flexible=12+,request"`
	ReplicaID           int32                        `kafka:"4-14,default=-1"`
	MaxWaitMs           int32                        `kafka:"4+"`
	MinBytes            int32                        `kafka:"4+"`
	MaxBytes            int32                        `kafka:"4+,default=2147483647"`
	IsolationLevel      int8                         `kafka:"4+"`
	SessionID           int32                        `kafka:"7+"`
	SessionEpoch        int32                        `kafka:"7+,default=-1"`
	Topics              []FetchRequestTopic          `kafka:"4+"`
	ForgottenTopicsData []FetchRequestForgottenTopic `kafka:"7+"`
	RackID              string                       `kafka:"11+"`
	ClusterID           *string                      `kafka:"12+,nullable=12+,tag=0,default=null"`
	ReplicaState        FetchRequestReplicaState     `kafka:"15+,tag=1"`
}

// FetchRequestTopic is part of FetchRequest.
type FetchRequestTopic struct {
	Topic      string                  `kafka:"4-12"`
	TopicID    wire.UUID               `kafka:"13+"`
	Partitions []FetchRequestPartition `kafka:"4+"`
}

// FetchRequestPartition is part of FetchRequest.
type FetchRequestPartition struct {
	Partition          int32     `kafka:"4+"`
	CurrentLeaderEpoch int32     `kafka:"9+,default=-1"`
	FetchOffset        int64     `kafka:"4+"`
	LastFetchedEpoch   int32     `kafka:"12+,default=-1"`
	LogStartOffset     int64     `kafka:"5+,default=-1"`
	PartitionMaxBytes  int32     `kafka:"4+"`
	ReplicaDirectoryID wire.UUID `kafka:"17+,tag=0"`
	HighWatermark      int64     `kafka:"18+,tag=1,default=9223372036854775807"`
	// DurableOffset is gregor's own field, see docs/protocol.md: the offset below which the records
	// are on the follower's disk, -1 when the follower does not say.
	DurableOffset int64 `kafka:"13+,tag=26471,default=-1"`
}

// FetchRequestForgottenTopic is part of FetchRequest.
type FetchRequestForgottenTopic struct {
	Topic      string    `kafka:"7-12"`
	TopicID    wire.UUID `kafka:"13+"`
	Partitions []int32   `kafka:"7+"`
}

// FetchRequestReplicaState is part of FetchRequest.
type FetchRequestReplicaState struct {
	ReplicaID    int32 `kafka:"15+,default=-1"`
	ReplicaEpoch int64 `kafka:"15+,default=-1"`
}

// FetchResponse is the Kafka message FetchResponse.
type FetchResponse struct {
	_              struct{}                              `kafka:"key=1,versions=4-18,flexible=12+,response"`
	ThrottleTimeMs int32                                 `kafka:"4+"`
	ErrorCode      int16                                 `kafka:"7+"`
	SessionID      int32                                 `kafka:"7+"`
	Responses      []FetchResponseFetchableTopicResponse `kafka:"4+"`
	NodeEndpoints  []FetchResponseNodeEndpoint           `kafka:"16+,tag=0"`
}

// FetchResponseFetchableTopicResponse is part of FetchResponse.
type FetchResponseFetchableTopicResponse struct {
	Topic      string                       `kafka:"4-12"`
	TopicID    wire.UUID                    `kafka:"13+"`
	Partitions []FetchResponsePartitionData `kafka:"4+"`
}

// FetchResponsePartitionData is part of FetchResponse.
type FetchResponsePartitionData struct {
	PartitionIndex       int32                             `kafka:"4+"`
	ErrorCode            int16                             `kafka:"4+"`
	HighWatermark        int64                             `kafka:"4+"`
	LastStableOffset     int64                             `kafka:"4+,default=-1"`
	LogStartOffset       int64                             `kafka:"5+,default=-1"`
	AbortedTransactions  []FetchResponseAbortedTransaction `kafka:"4+,nullable=4+"`
	PreferredReadReplica int32                             `kafka:"11+,default=-1"`
	Records              wire.Records                      `kafka:"4+,nullable=4+"`
	DivergingEpoch       FetchResponseEpochEndOffset       `kafka:"12+,tag=0"`
	CurrentLeader        FetchResponseLeaderIDAndEpoch     `kafka:"12+,tag=1"`
	SnapshotID           FetchResponseSnapshotID           `kafka:"12+,tag=2"`
}

// FetchResponseAbortedTransaction is part of FetchResponse.
type FetchResponseAbortedTransaction struct {
	ProducerID  int64 `kafka:"4+"`
	FirstOffset int64 `kafka:"4+"`
}

// FetchResponseEpochEndOffset is part of FetchResponse.
type FetchResponseEpochEndOffset struct {
	Epoch     int32 `kafka:"12+,default=-1"`
	EndOffset int64 `kafka:"12+,default=-1"`
}

// FetchResponseLeaderIDAndEpoch is part of FetchResponse.
type FetchResponseLeaderIDAndEpoch struct {
	LeaderID    int32 `kafka:"12+,default=-1"`
	LeaderEpoch int32 `kafka:"12+,default=-1"`
}

// FetchResponseSnapshotID is part of FetchResponse.
type FetchResponseSnapshotID struct {
	EndOffset int64 `kafka:"12+,default=-1"`
	Epoch     int32 `kafka:"12+,default=-1"`
}

// FetchResponseNodeEndpoint is part of FetchResponse.
type FetchResponseNodeEndpoint struct {
	NodeID int32   `kafka:"16+"`
	Host   string  `kafka:"16+"`
	Port   int32   `kafka:"16+"`
	Rack   *string `kafka:"16+,nullable=16+,default=null"`
}
