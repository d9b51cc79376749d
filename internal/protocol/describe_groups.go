package protocol

// DescribeGroupsRequest is the Kafka message DescribeGroupsRequest.
type DescribeGroupsRequest struct {
	_                           struct{} `kafka:"key=15,versions=0-6,flexible=5+,request"`
	Groups                      []string `kafka:"0+"`
	IncludeAuthorizedOperations bool     `kafka:"3+"`
}

// DescribeGroupsResponse is the Kafka message DescribeGroupsResponse.
type DescribeGroupsResponse struct {
	_              struct{}                               `kafka:"key=15,versions=0-6,flexible=5+,response"`
	ThrottleTimeMs int32                                  `kafka:"1+"`
	Groups         []DescribeGroupsResponseDescribedGroup `kafka:"0+"`
}

// DescribeGroupsResponseDescribedGroup is part of DescribeGroupsResponse.
type DescribeGroupsResponseDescribedGroup struct {
	ErrorCode            int16                                        `kafka:"0+"`
	ErrorMessage         *string                                      `kafka:"6+,nullable=6+,default=null"`
	GroupID              string                                       `kafka:"0+"`
	GroupState           string                                       `kafka:"0+"`
	ProtocolType         string                                       `kafka:"0+"`
	ProtocolData         string                                       `kafka:"0+"`
	Members              []DescribeGroupsResponseDescribedGroupMember `kafka:"0+"`
	AuthorizedOperations int32                                        `kafka:"3+,default=-2147483648"`
}

// DescribeGroupsResponseDescribedGroupMember is part of DescribeGroupsResponse.
type DescribeGroupsResponseDescribedGroupMember struct {
	MemberID         string  `kafka:"0+"`
	GroupInstanceID  *string `kafka:"4+,nullable=4+,default=null"`
	ClientID         string  `kafka:"0+"`
	ClientHost       string  `kafka:"0+"`
	MemberMetadata   []byte  `kafka:"0+"`
	MemberAssignment []byte  `kafka:"0+"`
}
