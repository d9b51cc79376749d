package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// EndQuorumEpochRequest is the Kafka message EndQuorumEpochRequest.
type EndQuorumEpochRequest struct {
	_               struct{}                              `kafka:"key=54,versions=0-1,flexible=1+,request,clusteraction"`
	ClusterID       *string                               `kafka:"0+,nullable=0+,default=null"`
	Topics          []EndQuorumEpochRequestTopicData      `kafka:"0+"`
	LeaderEndpoints []EndQuorumEpochRequestLeaderEndpoint `kafka:"1+"`
}

// EndQuorumEpochRequestTopicData is part of EndQuorumEpochRequest.
type EndQuorumEpochRequestTopicData struct {
	TopicName  string                               `kafka:"0+"`
	Partitions []EndQuorumEpochRequestPartitionData `kafka:"0+"`
}

// EndQuorumEpochRequestPartitionData is part of EndQuorumEpochRequest.
type EndQuorumEpochRequestPartitionData struct {
	PartitionIndex      int32                              `kafka:"0+"`
	LeaderID            int32                              `kafka:"0+"`
	LeaderEpoch         int32                              `kafka:"0+"`
	PreferredSuccessors []int32                            `kafka:"0"`
	PreferredCandidates []EndQuorumEpochRequestReplicaInfo `kafka:"1+"`
}

// EndQuorumEpochRequestReplicaInfo is part of EndQuorumEpochRequest.
type EndQuorumEpochRequestReplicaInfo struct {
	CandidateID          int32     `kafka:"1+"`
	CandidateDirectoryID wire.UUID `kafka:"1+"`
}

// EndQuorumEpochRequestLeaderEndpoint is part of EndQuorumEpochRequest.
type EndQuorumEpochRequestLeaderEndpoint struct {
	Name string `kafka:"1+"`
	Host string `kafka:"1+"`
	Port uint16 `kafka:"1+"`
}

// EndQuorumEpochResponse is the Kafka message EndQuorumEpochResponse.
type EndQuorumEpochResponse struct {
	_             struct{}                             `kafka:"key=54,versions=0-1,flexible=1+,response,clusteraction"`
	ErrorCode     int16                                `kafka:"0+"`
	Topics        []EndQuorumEpochResponseTopicData    `kafka:"0+"`
	NodeEndpoints []EndQuorumEpochResponseNodeEndpoint `kafka:"1+,tag=0"`
}

// EndQuorumEpochResponseTopicData is part of EndQuorumEpochResponse.
type EndQuorumEpochResponseTopicData struct {
	TopicName  string                                `kafka:"0+"`
	Partitions []EndQuorumEpochResponsePartitionData `kafka:"0+"`
}

// EndQuorumEpochResponsePartitionData is part of EndQuorumEpochResponse.
type EndQuorumEpochResponsePartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
	LeaderID       int32 `kafka:"0+"`
	LeaderEpoch    int32 `kafka:"0+"`
}

// EndQuorumEpochResponseNodeEndpoint is part of EndQuorumEpochResponse.
type EndQuorumEpochResponseNodeEndpoint struct {
	NodeID int32  `kafka:"1+"`
	Host   string `kafka:"1+"`
	Port   uint16 `kafka:"1+"`
}
