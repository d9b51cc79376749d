package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareGroupDescribeRequest is the Kafka message ShareGroupDescribeRequest.
type ShareGroupDescribeRequest struct {
	_                           struct{} `kafka:"key=77,versions=1,flexible=1+,request"`
	GroupIDs                    []string `kafka:"1+"`
	IncludeAuthorizedOperations bool     `kafka:"1+"`
}

// ShareGroupDescribeResponse is the Kafka message ShareGroupDescribeResponse.
type ShareGroupDescribeResponse struct {
	_              struct{}                                   `kafka:"key=77,versions=1,flexible=1+,response"`
	ThrottleTimeMs int32                                      `kafka:"1+"`
	Groups         []ShareGroupDescribeResponseDescribedGroup `kafka:"1+"`
}

// ShareGroupDescribeResponseDescribedGroup is part of ShareGroupDescribeResponse.
type ShareGroupDescribeResponseDescribedGroup struct {
	ErrorCode            int16                              `kafka:"1+"`
	ErrorMessage         *string                            `kafka:"1+,nullable=1+,default=null"`
	GroupID              string                             `kafka:"1+"`
	GroupState           string                             `kafka:"1+"`
	GroupEpoch           int32                              `kafka:"1+"`
	AssignmentEpoch      int32                              `kafka:"1+"`
	AssignorName         string                             `kafka:"1+"`
	Members              []ShareGroupDescribeResponseMember `kafka:"1+"`
	AuthorizedOperations int32                              `kafka:"1+,default=-2147483648"`
}

// ShareGroupDescribeResponseMember is part of ShareGroupDescribeResponse.
type ShareGroupDescribeResponseMember struct {
	MemberID             string                               `kafka:"1+"`
	RackID               *string                              `kafka:"1+,nullable=1+,default=null"`
	MemberEpoch          int32                                `kafka:"1+"`
	ClientID             string                               `kafka:"1+"`
	ClientHost           string                               `kafka:"1+"`
	SubscribedTopicNames []string                             `kafka:"1+"`
	Assignment           ShareGroupDescribeResponseAssignment `kafka:"1+"`
}

// ShareGroupDescribeResponseAssignment is part of ShareGroupDescribeResponse.
type ShareGroupDescribeResponseAssignment struct {
	TopicPartitions []ShareGroupDescribeResponseTopicPartitions `kafka:"1+"`
}

// ShareGroupDescribeResponseTopicPartitions is part of ShareGroupDescribeResponse.
type ShareGroupDescribeResponseTopicPartitions struct {
	TopicID    wire.UUID `kafka:"1+"`
	TopicName  string    `kafka:"1+"`
	Partitions []int32   `kafka:"1+"`
}
