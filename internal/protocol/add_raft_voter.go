package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// AddRaftVoterRequest is the Kafka message AddRaftVoterRequest.
type AddRaftVoterRequest struct {
	_                struct{}                      `kafka:"key=80,versions=0-1,flexible=0+,request"`
	ClusterID        *string                       `kafka:"0+,nullable=0+,default=\"\""`
	TimeoutMs        int32                         `kafka:"0+"`
	VoterID          int32                         `kafka:"0+"`
	VoterDirectoryID wire.UUID                     `kafka:"0+"`
	Listeners        []AddRaftVoterRequestListener `kafka:"0+"`
	AckWhenCommitted bool                          `kafka:"1+,default=true"`
}

// AddRaftVoterRequestListener is part of AddRaftVoterRequest.
type AddRaftVoterRequestListener struct {
	Name string `kafka:"0+"`
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// AddRaftVoterResponse is the Kafka message AddRaftVoterResponse.
type AddRaftVoterResponse struct {
	_              struct{} `kafka:"key=80,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=\"\""`
}
