package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ConsumerGroupHeartbeatRequest is the Kafka message ConsumerGroupHeartbeatRequest.
type ConsumerGroupHeartbeatRequest struct {
	_                    struct{}                                       `kafka:"key=68,versions=0-1,flexible=0+,request"`
	GroupID              string                                         `kafka:"0+"`
	MemberID             string                                         `kafka:"0+"`
	MemberEpoch          int32                                          `kafka:"0+"`
	InstanceID           *string                                        `kafka:"0+,nullable=0+,default=null"`
	RackID               *string                                        `kafka:"0+,nullable=0+,default=null"`
	RebalanceTimeoutMs   int32                                          `kafka:"0+,default=-1"`
	SubscribedTopicNames []string                                       `kafka:"0+,nullable=0+,default=null"`
	SubscribedTopicRegex *string                                        `kafka:"1+,nullable=1+,default=null"`
	ServerAssignor       *string                                        `kafka:"0+,nullable=0+,default=null"`
	TopicPartitions      []ConsumerGroupHeartbeatRequestTopicPartitions `kafka:"0+,nullable=0+,default=null"`
}

// ConsumerGroupHeartbeatRequestTopicPartitions is part of ConsumerGroupHeartbeatRequest.
type ConsumerGroupHeartbeatRequestTopicPartitions struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}

// ConsumerGroupHeartbeatResponse is the Kafka message ConsumerGroupHeartbeatResponse.
type ConsumerGroupHeartbeatResponse struct {
	_                   struct{}                                  `kafka:"key=68,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs      int32                                     `kafka:"0+"`
	ErrorCode           int16                                     `kafka:"0+"`
	ErrorMessage        *string                                   `kafka:"0+,nullable=0+,default=null"`
	MemberID            *string                                   `kafka:"0+,nullable=0+,default=null"`
	MemberEpoch         int32                                     `kafka:"0+"`
	HeartbeatIntervalMs int32                                     `kafka:"0+"`
	Assignment          *ConsumerGroupHeartbeatResponseAssignment `kafka:"0+,nullable=0+,default=null"`
}

// ConsumerGroupHeartbeatResponseAssignment is part of ConsumerGroupHeartbeatResponse.
type ConsumerGroupHeartbeatResponseAssignment struct {
	TopicPartitions []ConsumerGroupHeartbeatResponseTopicPartitions `kafka:"0+"`
}

// ConsumerGroupHeartbeatResponseTopicPartitions is part of ConsumerGroupHeartbeatResponse.
type ConsumerGroupHeartbeatResponseTopicPartitions struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}
