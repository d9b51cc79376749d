package protocol

// HeartbeatRequest is the Kafka message HeartbeatRequest.
type HeartbeatRequest struct {
	_               struct{} `kafka:"key=12,versions=0-4,flexible=4+,request"`
	GroupID         string   `kafka:"0+"`
	GenerationID    int32    `kafka:"0+"`
	MemberID        string   `kafka:"0+"`
	GroupInstanceID *string  `kafka:"3+,nullable=3+,default=null"`
}

// HeartbeatResponse is the Kafka message HeartbeatResponse.
type HeartbeatResponse struct {
	_              struct{} `kafka:"key=12,versions=0-4,flexible=4+,response"`
	ThrottleTimeMs int32    `kafka:"1+"`
	ErrorCode      int16    `kafka:"0+"`
}
