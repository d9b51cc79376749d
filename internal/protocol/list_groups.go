package protocol

// ListGroupsRequest is the Kafka message ListGroupsRequest.
type ListGroupsRequest struct {
	_            struct{} `kafka:"key=16,versions=0-5,flexible=3+,request"`
	StatesFilter []string `kafka:"4+"`
	TypesFilter  []string `kafka:"5+"`
}

// ListGroupsResponse is the Kafka message ListGroupsResponse.
type ListGroupsResponse struct {
	_              struct{}                        `kafka:"key=16,versions=0-5,flexible=3+,response"`
	ThrottleTimeMs int32                           `kafka:"1+"`
	ErrorCode      int16                           `kafka:"0+"`
	Groups         []ListGroupsResponseListedGroup `kafka:"0+"`
}

// ListGroupsResponseListedGroup is part of ListGroupsResponse.
type ListGroupsResponseListedGroup struct {
	GroupID      string `kafka:"0+"`
	ProtocolType string `kafka:"0+"`
	GroupState   string `kafka:"4+"`
	GroupType    string `kafka:"5+"`
}
