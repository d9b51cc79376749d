package protocol

// UnregisterControllerRequest is the Kafka message UnregisterControllerRequest.
type UnregisterControllerRequest struct {
	_            struct{} `kafka:"key=94,versions=0,flexible=0+,request"`
	ControllerID int32    `kafka:"0+"`
}

// UnregisterControllerResponse is the Kafka message UnregisterControllerResponse.
type UnregisterControllerResponse struct {
	_              struct{} `kafka:"key=94,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=\"\""`
}
