package protocol

// UnregisterBrokerRequest is the Kafka message UnregisterBrokerRequest.
type UnregisterBrokerRequest struct {
	_        struct{} `kafka:"key=64,versions=0,flexible=0+,request"`
	BrokerID int32    `kafka:"0+"`
}

// UnregisterBrokerResponse is the Kafka message UnregisterBrokerResponse.
type UnregisterBrokerResponse struct {
	_              struct{} `kafka:"key=64,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=\"\""`
}
