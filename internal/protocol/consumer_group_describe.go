package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ConsumerGroupDescribeRequest is the Kafka message ConsumerGroupDescribeRequest.
type ConsumerGroupDescribeRequest struct {
	_                           struct{} `kafka:"key=69,versions=0-1,flexible=0+,request"`
	GroupIDs                    []string `kafka:"0+"`
	IncludeAuthorizedOperations bool     `kafka:"0+"`
}

// ConsumerGroupDescribeResponse is the Kafka message ConsumerGroupDescribeResponse.
type ConsumerGroupDescribeResponse struct {
	_              struct{}                                      `kafka:"key=69,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs int32                                         `kafka:"0+"`
	Groups         []ConsumerGroupDescribeResponseDescribedGroup `kafka:"0+"`
}

// ConsumerGroupDescribeResponseDescribedGroup is part of ConsumerGroupDescribeResponse.
type ConsumerGroupDescribeResponseDescribedGroup struct {
	ErrorCode            int16                                 `kafka:"0+"`
	ErrorMessage         *string                               `kafka:"0+,nullable=0+,default=null"`
	GroupID              string                                `kafka:"0+"`
	GroupState           string                                `kafka:"0+"`
	GroupEpoch           int32                                 `kafka:"0+"`
	AssignmentEpoch      int32                                 `kafka:"0+"`
	AssignorName         string                                `kafka:"0+"`
	Members              []ConsumerGroupDescribeResponseMember `kafka:"0+"`
	AuthorizedOperations int32                                 `kafka:"0+,default=-2147483648"`
}

// ConsumerGroupDescribeResponseMember is part of ConsumerGroupDescribeResponse.
type ConsumerGroupDescribeResponseMember struct {
	MemberID             string                                  `kafka:"0+"`
	InstanceID           *string                                 `kafka:"0+,nullable=0+,default=null"`
	RackID               *string                                 `kafka:"0+,nullable=0+,default=null"`
	MemberEpoch          int32                                   `kafka:"0+"`
	ClientID             string                                  `kafka:"0+"`
	ClientHost           string                                  `kafka:"0+"`
	SubscribedTopicNames []string                                `kafka:"0+"`
	SubscribedTopicRegex *string                                 `kafka:"0+,nullable=0+,default=null"`
	Assignment           ConsumerGroupDescribeResponseAssignment `kafka:"0+"`
	TargetAssignment     ConsumerGroupDescribeResponseAssignment `kafka:"0+"`
	MemberType           int8                                    `kafka:"1+,default=-1"`
}

// ConsumerGroupDescribeResponseAssignment is part of ConsumerGroupDescribeResponse.
type ConsumerGroupDescribeResponseAssignment struct {
	TopicPartitions []ConsumerGroupDescribeResponseTopicPartitions `kafka:"0+"`
}

// ConsumerGroupDescribeResponseTopicPartitions is part of ConsumerGroupDescribeResponse.
type ConsumerGroupDescribeResponseTopicPartitions struct {
	TopicID    wire.UUID `kafka:"0+"`
	TopicName  string    `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}
