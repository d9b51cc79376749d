package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// BeginQuorumEpochRequest is the Kafka message BeginQuorumEpochRequest.
type BeginQuorumEpochRequest struct {
	_               struct{}                                `kafka:"key=53,versions=0-1,flexible=1+,request,clusteraction"`
	ClusterID       *string                                 `kafka:"0+,nullable=0+,default=null"`
	VoterID         int32                                   `kafka:"1+,default=-1"`
	Topics          []BeginQuorumEpochRequestTopicData      `kafka:"0+"`
	LeaderEndpoints []BeginQuorumEpochRequestLeaderEndpoint `kafka:"1+"`
}

// BeginQuorumEpochRequestTopicData is part of BeginQuorumEpochRequest.
type BeginQuorumEpochRequestTopicData struct {
	TopicName  string                                 `kafka:"0+"`
	Partitions []BeginQuorumEpochRequestPartitionData `kafka:"0+"`
}

// BeginQuorumEpochRequestPartitionData is part of BeginQuorumEpochRequest.
type BeginQuorumEpochRequestPartitionData struct {
	PartitionIndex   int32     `kafka:"0+"`
	VoterDirectoryID wire.UUID `kafka:"1+"`
	LeaderID         int32     `kafka:"0+"`
	LeaderEpoch      int32     `kafka:"0+"`
}

// BeginQuorumEpochRequestLeaderEndpoint is part of BeginQuorumEpochRequest.
type BeginQuorumEpochRequestLeaderEndpoint struct {
	Name string `kafka:"1+"`
	Host string `kafka:"1+"`
	Port uint16 `kafka:"1+"`
}

// BeginQuorumEpochResponse is the Kafka message BeginQuorumEpochResponse.
type BeginQuorumEpochResponse struct {
	_             struct{}                               `kafka:"key=53,versions=0-1,flexible=1+,response,clusteraction"`
	ErrorCode     int16                                  `kafka:"0+"`
	Topics        []BeginQuorumEpochResponseTopicData    `kafka:"0+"`
	NodeEndpoints []BeginQuorumEpochResponseNodeEndpoint `kafka:"1+,tag=0"`
}

// BeginQuorumEpochResponseTopicData is part of BeginQuorumEpochResponse.
type BeginQuorumEpochResponseTopicData struct {
	TopicName  string                                  `kafka:"0+"`
	Partitions []BeginQuorumEpochResponsePartitionData `kafka:"0+"`
}

// BeginQuorumEpochResponsePartitionData is part of BeginQuorumEpochResponse.
type BeginQuorumEpochResponsePartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
	LeaderID       int32 `kafka:"0+"`
	LeaderEpoch    int32 `kafka:"0+"`
}

// BeginQuorumEpochResponseNodeEndpoint is part of BeginQuorumEpochResponse.
type BeginQuorumEpochResponseNodeEndpoint struct {
	NodeID int32  `kafka:"1+"`
	Host   string `kafka:"1+"`
	Port   uint16 `kafka:"1+"`
}
