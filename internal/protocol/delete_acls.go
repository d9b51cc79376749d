package protocol

// DeleteACLsRequest is the Kafka message DeleteAclsRequest.
type DeleteACLsRequest struct {
	_       struct{}                  `kafka:"key=31,versions=1-3,flexible=2+,request,name=DeleteAclsRequest"`
	Filters []DeleteACLsRequestFilter `kafka:"1+"`
}

// DeleteACLsRequestFilter is part of DeleteACLsRequest.
type DeleteACLsRequestFilter struct {
	ResourceTypeFilter int8    `kafka:"1+"`
	ResourceNameFilter *string `kafka:"1+,nullable=1+,default=\"\""`
	PatternTypeFilter  int8    `kafka:"1+,default=3"`
	PrincipalFilter    *string `kafka:"1+,nullable=1+,default=\"\""`
	HostFilter         *string `kafka:"1+,nullable=1+,default=\"\""`
	Operation          int8    `kafka:"1+"`
	PermissionType     int8    `kafka:"1+"`
}

// DeleteACLsResponse is the Kafka message DeleteAclsResponse.
type DeleteACLsResponse struct {
	_              struct{}                         `kafka:"key=31,versions=1-3,flexible=2+,response,name=DeleteAclsResponse"`
	ThrottleTimeMs int32                            `kafka:"1+"`
	FilterResults  []DeleteACLsResponseFilterResult `kafka:"1+"`
}

// DeleteACLsResponseFilterResult is part of DeleteACLsResponse.
type DeleteACLsResponseFilterResult struct {
	ErrorCode    int16                           `kafka:"1+"`
	ErrorMessage *string                         `kafka:"1+,nullable=1+,default=\"\""`
	MatchingACLs []DeleteACLsResponseMatchingACL `kafka:"1+"`
}

// DeleteACLsResponseMatchingACL is part of DeleteACLsResponse.
type DeleteACLsResponseMatchingACL struct {
	ErrorCode      int16   `kafka:"1+"`
	ErrorMessage   *string `kafka:"1+,nullable=1+,default=\"\""`
	ResourceType   int8    `kafka:"1+"`
	ResourceName   string  `kafka:"1+"`
	PatternType    int8    `kafka:"1+,default=3"`
	Principal      string  `kafka:"1+"`
	Host           string  `kafka:"1+"`
	Operation      int8    `kafka:"1+"`
	PermissionType int8    `kafka:"1+"`
}
