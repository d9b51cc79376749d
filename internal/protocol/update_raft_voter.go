package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// UpdateRaftVoterRequest is the Kafka message UpdateRaftVoterRequest.
type UpdateRaftVoterRequest struct {
	_                   struct{}                                  `kafka:"key=82,versions=0,flexible=0+,request"`
	ClusterID           *string                                   `kafka:"0+,nullable=0+,default=\"\""`
	CurrentLeaderEpoch  int32                                     `kafka:"0+"`
	VoterID             int32                                     `kafka:"0+"`
	VoterDirectoryID    wire.UUID                                 `kafka:"0+"`
	Listeners           []UpdateRaftVoterRequestListener          `kafka:"0+"`
	KraftVersionFeature UpdateRaftVoterRequestKRaftVersionFeature `kafka:"0+"`
}

// UpdateRaftVoterRequestListener is part of UpdateRaftVoterRequest.
type UpdateRaftVoterRequestListener struct {
	Name string `kafka:"0+"`
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// UpdateRaftVoterRequestKRaftVersionFeature is part of UpdateRaftVoterRequest.
type UpdateRaftVoterRequestKRaftVersionFeature struct {
	MinSupportedVersion int16 `kafka:"0+"`
	MaxSupportedVersion int16 `kafka:"0+"`
}

// UpdateRaftVoterResponse is the Kafka message UpdateRaftVoterResponse.
type UpdateRaftVoterResponse struct {
	_              struct{}                             `kafka:"key=82,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                `kafka:"0+"`
	ErrorCode      int16                                `kafka:"0+"`
	CurrentLeader  UpdateRaftVoterResponseCurrentLeader `kafka:"0+,tag=0"`
}

// UpdateRaftVoterResponseCurrentLeader is part of UpdateRaftVoterResponse.
type UpdateRaftVoterResponseCurrentLeader struct {
	LeaderID    int32  `kafka:"0+,default=-1"`
	LeaderEpoch int32  `kafka:"0+,default=-1"`
	Host        string `kafka:"0+"`
	Port        int32  `kafka:"0+"`
}
