package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// FetchSnapshotRequest is the Kafka message FetchSnapshotRequest.
type FetchSnapshotRequest struct {
	_         struct{}                            `kafka:"key=59,versions=0-1,flexible=0+,request"`
	ReplicaID int32                               `kafka:"0+,default=-1"`
	MaxBytes  int32                               `kafka:"0+,default=2147483647"`
	Topics    []FetchSnapshotRequestTopicSnapshot `kafka:"0+"`
	ClusterID *string                             `kafka:"0+,nullable=0+,tag=0,default=null"`
}

// FetchSnapshotRequestTopicSnapshot is part of FetchSnapshotRequest.
type FetchSnapshotRequestTopicSnapshot struct {
	Name       string                                  `kafka:"0+"`
	Partitions []FetchSnapshotRequestPartitionSnapshot `kafka:"0+"`
}

// FetchSnapshotRequestPartitionSnapshot is part of FetchSnapshotRequest.
type FetchSnapshotRequestPartitionSnapshot struct {
	Partition          int32                          `kafka:"0+"`
	CurrentLeaderEpoch int32                          `kafka:"0+"`
	SnapshotID         FetchSnapshotRequestSnapshotID `kafka:"0+"`
	Position           int64                          `kafka:"0+"`
	ReplicaDirectoryID wire.UUID                      `kafka:"1+,tag=0"`
}

// FetchSnapshotRequestSnapshotID is part of FetchSnapshotRequest.
type FetchSnapshotRequestSnapshotID struct {
	EndOffset int64 `kafka:"0+"`
	Epoch     int32 `kafka:"0+"`
}

// FetchSnapshotResponse is the Kafka message FetchSnapshotResponse.
type FetchSnapshotResponse struct {
	_              struct{}                             `kafka:"key=59,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs int32                                `kafka:"0+"`
	ErrorCode      int16                                `kafka:"0+"`
	Topics         []FetchSnapshotResponseTopicSnapshot `kafka:"0+"`
	NodeEndpoints  []FetchSnapshotResponseNodeEndpoint  `kafka:"1+,tag=0"`
}

// FetchSnapshotResponseTopicSnapshot is part of FetchSnapshotResponse.
type FetchSnapshotResponseTopicSnapshot struct {
	Name       string                                   `kafka:"0+"`
	Partitions []FetchSnapshotResponsePartitionSnapshot `kafka:"0+"`
}

// FetchSnapshotResponsePartitionSnapshot is part of FetchSnapshotResponse.
type FetchSnapshotResponsePartitionSnapshot struct {
	Index            int32                                 `kafka:"0+"`
	ErrorCode        int16                                 `kafka:"0+"`
	SnapshotID       FetchSnapshotResponseSnapshotID       `kafka:"0+"`
	Size             int64                                 `kafka:"0+"`
	Position         int64                                 `kafka:"0+"`
	UnalignedRecords wire.Records                          `kafka:"0+"`
	CurrentLeader    FetchSnapshotResponseLeaderIDAndEpoch `kafka:"0+,tag=0"`
}

// FetchSnapshotResponseSnapshotID is part of FetchSnapshotResponse.
type FetchSnapshotResponseSnapshotID struct {
	EndOffset int64 `kafka:"0+"`
	Epoch     int32 `kafka:"0+"`
}

// FetchSnapshotResponseLeaderIDAndEpoch is part of FetchSnapshotResponse.
type FetchSnapshotResponseLeaderIDAndEpoch struct {
	LeaderID    int32 `kafka:"0+"`
	LeaderEpoch int32 `kafka:"0+"`
}

// FetchSnapshotResponseNodeEndpoint is part of FetchSnapshotResponse.
type FetchSnapshotResponseNodeEndpoint struct {
	NodeID int32  `kafka:"1+"`
	Host   string `kafka:"1+"`
	Port   uint16 `kafka:"1+"`
}
