package protocol

// JoinGroupRequest is the Kafka message JoinGroupRequest.
type JoinGroupRequest struct {
	_                  struct{}                          `kafka:"key=11,versions=0-9,flexible=6+,request"`
	GroupID            string                            `kafka:"0+"`
	SessionTimeoutMs   int32                             `kafka:"0+"`
	RebalanceTimeoutMs int32                             `kafka:"1+,default=-1"`
	MemberID           string                            `kafka:"0+"`
	GroupInstanceID    *string                           `kafka:"5+,nullable=5+,default=null"`
	ProtocolType       string                            `kafka:"0+"`
	Protocols          []JoinGroupRequestRequestProtocol `kafka:"0+"`
	Reason             *string                           `kafka:"8+,nullable=8+,default=null"`
}

// JoinGroupRequestRequestProtocol is part of JoinGroupRequest.
type JoinGroupRequestRequestProtocol struct {
	Name     string `kafka:"0+"`
	Metadata []byte `kafka:"0+"`
}

// JoinGroupResponse is the Kafka message JoinGroupResponse.
type JoinGroupResponse struct {
	_              struct{}                          `kafka:"key=11,versions=0-9,flexible=6+,response"`
	ThrottleTimeMs int32                             `kafka:"2+"`
	ErrorCode      int16                             `kafka:"0+"`
	GenerationID   int32                             `kafka:"0+,default=-1"`
	ProtocolType   *string                           `kafka:"7+,nullable=7+,default=null"`
	ProtocolName   *string                           `kafka:"0+,nullable=7+,default=\"\""`
	Leader         string                            `kafka:"0+"`
	SkipAssignment bool                              `kafka:"9+"`
	MemberID       string                            `kafka:"0+"`
	Members        []JoinGroupResponseResponseMember `kafka:"0+"`
}

// JoinGroupResponseResponseMember is part of JoinGroupResponse.
type JoinGroupResponseResponseMember struct {
	MemberID        string  `kafka:"0+"`
	GroupInstanceID *string `kafka:"5+,nullable=5+,default=null"`
	Metadata        []byte  `kafka:"0+"`
}
