package protocol

// CreateACLsRequest is the Kafka message CreateAclsRequest.
type CreateACLsRequest struct {
	_         struct{}                       `kafka:"key=30,versions=1-3,flexible=2+,request,name=CreateAclsRequest"`
	Creations []CreateACLsRequestACLCreation `kafka:"1+"`
}

// CreateACLsRequestACLCreation is part of CreateACLsRequest.
type CreateACLsRequestACLCreation struct {
	ResourceType        int8   `kafka:"1+"`
	ResourceName        string `kafka:"1+"`
	ResourcePatternType int8   `kafka:"1+,default=3"`
	Principal           string `kafka:"1+"`
	Host                string `kafka:"1+"`
	Operation           int8   `kafka:"1+"`
	PermissionType      int8   `kafka:"1+"`
}

// CreateACLsResponse is the Kafka message CreateAclsResponse.
type CreateACLsResponse struct {
	_              struct{}                              `kafka:"key=30,versions=1-3,flexible=2+,response,name=CreateAclsResponse"`
	ThrottleTimeMs int32                                 `kafka:"1+"`
	Results        []CreateACLsResponseACLCreationResult `kafka:"1+"`
}

// CreateACLsResponseACLCreationResult is part of CreateACLsResponse.
type CreateACLsResponseACLCreationResult struct {
	ErrorCode    int16   `kafka:"1+"`
	ErrorMessage *string `kafka:"1+,nullable=1+,default=\"\""`
}
