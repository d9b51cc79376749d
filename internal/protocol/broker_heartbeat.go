package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// BrokerHeartbeatRequest is the Kafka message BrokerHeartbeatRequest.
type BrokerHeartbeatRequest struct {
	_                     struct{}    `kafka:"key=63,versions=0-2,flexible=0+,request,clusteraction"`
	BrokerID              int32       `kafka:"0+"`
	BrokerEpoch           int64       `kafka:"0+,default=-1"`
	CurrentMetadataOffset int64       `kafka:"0+"`
	WantFence             bool        `kafka:"0+"`
	WantShutDown          bool        `kafka:"0+"`
	OfflineLogDirs        []wire.UUID `kafka:"1+,tag=0"`
	CordonedLogDirs       []wire.UUID `kafka:"2+,nullable=2+,tag=1,default=null"`
}

// BrokerHeartbeatResponse is the Kafka message BrokerHeartbeatResponse.
type BrokerHeartbeatResponse struct {
	_              struct{} `kafka:"key=63,versions=0-2,flexible=0+,response,clusteraction"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	IsCaughtUp     bool     `kafka:"0+"`
	IsFenced       bool     `kafka:"0+,default=true"`
	ShouldShutDown bool     `kafka:"0+"`
}
