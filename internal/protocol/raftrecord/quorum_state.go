package raftrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// QuorumState is the Kafka message QuorumState.
type QuorumState struct {
	_                struct{}           `kafka:"versions=0-1,flexible=0+,data"`
	ClusterID        string             `kafka:"0"`
	LeaderID         int32              `kafka:"0+,default=-1"`
	LeaderEpoch      int32              `kafka:"0+,default=-1"`
	VotedID          int32              `kafka:"0+,default=-1"`
	AppliedOffset    int64              `kafka:"0"`
	CurrentVoters    []QuorumStateVoter `kafka:"0,nullable=0"`
	VotedDirectoryID wire.UUID          `kafka:"1+"`
}

// QuorumStateVoter is part of QuorumState.
type QuorumStateVoter struct {
	VoterID int32 `kafka:"0"`
}
