package protocol

// LeaveGroupRequest is the Kafka message LeaveGroupRequest.
type LeaveGroupRequest struct {
	_        struct{}                          `kafka:"key=13,versions=0-5,flexible=4+,request"`
	GroupID  string                            `kafka:"0+"`
	MemberID string                            `kafka:"0-2"`
	Members  []LeaveGroupRequestMemberIdentity `kafka:"3+"`
}

// LeaveGroupRequestMemberIdentity is part of LeaveGroupRequest.
type LeaveGroupRequestMemberIdentity struct {
	MemberID        string  `kafka:"3+"`
	GroupInstanceID *string `kafka:"3+,nullable=3+,default=null"`
	Reason          *string `kafka:"5+,nullable=5+,default=null"`
}

// LeaveGroupResponse is the Kafka message LeaveGroupResponse.
type LeaveGroupResponse struct {
	_              struct{}                           `kafka:"key=13,versions=0-5,flexible=4+,response"`
	ThrottleTimeMs int32                              `kafka:"1+"`
	ErrorCode      int16                              `kafka:"0+"`
	Members        []LeaveGroupResponseMemberResponse `kafka:"3+"`
}

// LeaveGroupResponseMemberResponse is part of LeaveGroupResponse.
type LeaveGroupResponseMemberResponse struct {
	MemberID        string  `kafka:"3+"`
	GroupInstanceID *string `kafka:"3+,nullable=3+,default=\"\""`
	ErrorCode       int16   `kafka:"3+"`
}
