package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// VoteRequest is the Kafka message VoteRequest.
type VoteRequest struct {
	_         struct{}               `kafka:"key=52,versions=0-2,flexible=0+,request,clusteraction"`
	ClusterID *string                `kafka:"0+,nullable=0+,default=null"`
	VoterID   int32                  `kafka:"1+,default=-1"`
	Topics    []VoteRequestTopicData `kafka:"0+"`
}

// VoteRequestTopicData is part of VoteRequest.
type VoteRequestTopicData struct {
	TopicName  string                     `kafka:"0+"`
	Partitions []VoteRequestPartitionData `kafka:"0+"`
}

// VoteRequestPartitionData is part of VoteRequest.
type VoteRequestPartitionData struct {
	PartitionIndex     int32     `kafka:"0+"`
	ReplicaEpoch       int32     `kafka:"0+"`
	ReplicaID          int32     `kafka:"0+"`
	ReplicaDirectoryID wire.UUID `kafka:"1+"`
	VoterDirectoryID   wire.UUID `kafka:"1+"`
	LastOffsetEpoch    int32     `kafka:"0+"`
	LastOffset         int64     `kafka:"0+"`
	PreVote            bool      `kafka:"2+"`
}

// VoteResponse is the Kafka message VoteResponse.
type VoteResponse struct {
	_             struct{}                   `kafka:"key=52,versions=0-2,flexible=0+,response,clusteraction"`
	ErrorCode     int16                      `kafka:"0+"`
	Topics        []VoteResponseTopicData    `kafka:"0+"`
	NodeEndpoints []VoteResponseNodeEndpoint `kafka:"1+,tag=0"`
}

// VoteResponseTopicData is part of VoteResponse.
type VoteResponseTopicData struct {
	TopicName  string                      `kafka:"0+"`
	Partitions []VoteResponsePartitionData `kafka:"0+"`
}

// VoteResponsePartitionData is part of VoteResponse.
type VoteResponsePartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
	LeaderID       int32 `kafka:"0+"`
	LeaderEpoch    int32 `kafka:"0+"`
	VoteGranted    bool  `kafka:"0+"`
}

// VoteResponseNodeEndpoint is part of VoteResponse.
type VoteResponseNodeEndpoint struct {
	NodeID int32  `kafka:"1+"`
	Host   string `kafka:"1+"`
	Port   uint16 `kafka:"1+"`
}
