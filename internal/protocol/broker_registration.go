package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// BrokerRegistrationRequest is the Kafka message BrokerRegistrationRequest.
type BrokerRegistrationRequest struct {
	_                   struct{}                            `kafka:"key=62,versions=0-4,flexible=0+,request,clusteraction"`
	BrokerID            int32                               `kafka:"0+"`
	ClusterID           string                              `kafka:"0+"`
	IncarnationID       wire.UUID                           `kafka:"0+"`
	Listeners           []BrokerRegistrationRequestListener `kafka:"0+"`
	Features            []BrokerRegistrationRequestFeature  `kafka:"0+"`
	Rack                *string                             `kafka:"0+,nullable=0+,default=\"\""`
	IsMigratingZkBroker bool                                `kafka:"1+"`
	LogDirs             []wire.UUID                         `kafka:"2+"`
	PreviousBrokerEpoch int64                               `kafka:"3+,default=-1"`
}

// BrokerRegistrationRequestListener is part of BrokerRegistrationRequest.
type BrokerRegistrationRequestListener struct {
	Name             string `kafka:"0+"`
	Host             string `kafka:"0+"`
	Port             uint16 `kafka:"0+"`
	SecurityProtocol int16  `kafka:"0+"`
}

// BrokerRegistrationRequestFeature is part of BrokerRegistrationRequest.
type BrokerRegistrationRequestFeature struct {
	Name                string `kafka:"0+"`
	MinSupportedVersion int16  `kafka:"0+"`
	MaxSupportedVersion int16  `kafka:"0+"`
}

// BrokerRegistrationResponse is the Kafka message BrokerRegistrationResponse.
type BrokerRegistrationResponse struct {
	_              struct{} `kafka:"key=62,versions=0-4,flexible=0+,response,clusteraction"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	BrokerEpoch    int64    `kafka:"0+,default=-1"`
}
