package protocol

// DeleteGroupsRequest is the Kafka message DeleteGroupsRequest.
type DeleteGroupsRequest struct {
	_           struct{} `kafka:"key=42,versions=0-3,flexible=2+,request"`
	GroupsNames []string `kafka:"0+"`
}

// DeleteGroupsResponse is the Kafka message DeleteGroupsResponse.
type DeleteGroupsResponse struct {
	_              struct{}                                   `kafka:"key=42,versions=0-3,flexible=2+,response"`
	ThrottleTimeMs int32                                      `kafka:"0+"`
	Results        []DeleteGroupsResponseDeletableGroupResult `kafka:"0+"`
}

// DeleteGroupsResponseDeletableGroupResult is part of DeleteGroupsResponse.
type DeleteGroupsResponseDeletableGroupResult struct {
	GroupID      string  `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"3+,nullable=3+,default=null"`
}
