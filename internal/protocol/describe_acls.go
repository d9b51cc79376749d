package protocol

// DescribeACLsRequest is the Kafka message DescribeAclsRequest.
type DescribeACLsRequest struct {
	_                  struct{} `kafka:"key=29,versions=1-3,flexible=2+,request,name=DescribeAclsRequest"`
	ResourceTypeFilter int8     `kafka:"1+"`
	ResourceNameFilter *string  `kafka:"1+,nullable=1+,default=\"\""`
	PatternTypeFilter  int8     `kafka:"1+,default=3"`
	PrincipalFilter    *string  `kafka:"1+,nullable=1+,default=\"\""`
	HostFilter         *string  `kafka:"1+,nullable=1+,default=\"\""`
	Operation          int8     `kafka:"1+"`
	PermissionType     int8     `kafka:"1+"`
}

// DescribeACLsResponse is the Kafka message DescribeAclsResponse.
type DescribeACLsResponse struct {
	_              struct{}                       `kafka:"key=29,versions=1-3,flexible=2+,response,name=DescribeAclsResponse"`
	ThrottleTimeMs int32                          `kafka:"1+"`
	ErrorCode      int16                          `kafka:"1+"`
	ErrorMessage   *string                        `kafka:"1+,nullable=1+,default=\"\""`
	Resources      []DescribeACLsResponseResource `kafka:"1+"`
}

// DescribeACLsResponseResource is part of DescribeACLsResponse.
type DescribeACLsResponseResource struct {
	ResourceType int8                                 `kafka:"1+"`
	ResourceName string                               `kafka:"1+"`
	PatternType  int8                                 `kafka:"1+,default=3"`
	ACLs         []DescribeACLsResponseACLDescription `kafka:"1+"`
}

// DescribeACLsResponseACLDescription is part of DescribeACLsResponse.
type DescribeACLsResponseACLDescription struct {
	Principal      string `kafka:"1+"`
	Host           string `kafka:"1+"`
	Operation      int8   `kafka:"1+"`
	PermissionType int8   `kafka:"1+"`
}
