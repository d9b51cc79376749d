package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ControllerRegistrationRequest is the Kafka message ControllerRegistrationRequest.
type ControllerRegistrationRequest struct {
	_                struct{}                                `kafka:"key=70,versions=0,flexible=0+,request"`
	ControllerID     int32                                   `kafka:"0+"`
	IncarnationID    wire.UUID                               `kafka:"0+"`
	ZkMigrationReady bool                                    `kafka:"0+"`
	Listeners        []ControllerRegistrationRequestListener `kafka:"0+"`
	Features         []ControllerRegistrationRequestFeature  `kafka:"0+"`
}

// ControllerRegistrationRequestListener is part of ControllerRegistrationRequest.
type ControllerRegistrationRequestListener struct {
	Name             string `kafka:"0+"`
	Host             string `kafka:"0+"`
	Port             uint16 `kafka:"0+"`
	SecurityProtocol int16  `kafka:"0+"`
}

// ControllerRegistrationRequestFeature is part of ControllerRegistrationRequest.
type ControllerRegistrationRequestFeature struct {
	Name                string `kafka:"0+"`
	MinSupportedVersion int16  `kafka:"0+"`
	MaxSupportedVersion int16  `kafka:"0+"`
}

// ControllerRegistrationResponse is the Kafka message ControllerRegistrationResponse.
type ControllerRegistrationResponse struct {
	_              struct{} `kafka:"key=70,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=\"\""`
}
