package protocol

// SyncGroupRequest is the Kafka message SyncGroupRequest.
type SyncGroupRequest struct {
	_               struct{}                            `kafka:"key=14,versions=0-5,flexible=4+,request"`
	GroupID         string                              `kafka:"0+"`
	GenerationID    int32                               `kafka:"0+"`
	MemberID        string                              `kafka:"0+"`
	GroupInstanceID *string                             `kafka:"3+,nullable=3+,default=null"`
	ProtocolType    *string                             `kafka:"5+,nullable=5+,default=null"`
	ProtocolName    *string                             `kafka:"5+,nullable=5+,default=null"`
	Assignments     []SyncGroupRequestRequestAssignment `kafka:"0+"`
}

// SyncGroupRequestRequestAssignment is part of SyncGroupRequest.
type SyncGroupRequestRequestAssignment struct {
	MemberID   string `kafka:"0+"`
	Assignment []byte `kafka:"0+"`
}

// SyncGroupResponse is the Kafka message SyncGroupResponse.
type SyncGroupResponse struct {
	_              struct{} `kafka:"key=14,versions=0-5,flexible=4+,response"`
	ThrottleTimeMs int32    `kafka:"1+"`
	ErrorCode      int16    `kafka:"0+"`
	ProtocolType   *string  `kafka:"5+,nullable=5+,default=null"`
	ProtocolName   *string  `kafka:"5+,nullable=5+,default=null"`
	Assignment     []byte   `kafka:"0+"`
}
