package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoveRaftVoterRequest is the Kafka message RemoveRaftVoterRequest.
type RemoveRaftVoterRequest struct {
	_                struct{}  `kafka:"key=81,versions=0,flexible=0+,request"`
	ClusterID        *string   `kafka:"0+,nullable=0+,default=\"\""`
	VoterID          int32     `kafka:"0+"`
	VoterDirectoryID wire.UUID `kafka:"0+"`
}

// RemoveRaftVoterResponse is the Kafka message RemoveRaftVoterResponse.
type RemoveRaftVoterResponse struct {
	_              struct{} `kafka:"key=81,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=\"\""`
}
