package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareGroupHeartbeatRequest is the Kafka message ShareGroupHeartbeatRequest.
type ShareGroupHeartbeatRequest struct {
	_                    struct{} `kafka:"key=76,versions=1,flexible=1+,request"`
	GroupID              string   `kafka:"1+"`
	MemberID             string   `kafka:"1+"`
	MemberEpoch          int32    `kafka:"1+"`
	RackID               *string  `kafka:"1+,nullable=1+,default=null"`
	SubscribedTopicNames []string `kafka:"1+,nullable=1+,default=null"`
}

// ShareGroupHeartbeatResponse is the Kafka message ShareGroupHeartbeatResponse.
type ShareGroupHeartbeatResponse struct {
	_                   struct{}                               `kafka:"key=76,versions=1,flexible=1+,response"`
	ThrottleTimeMs      int32                                  `kafka:"1+"`
	ErrorCode           int16                                  `kafka:"1+"`
	ErrorMessage        *string                                `kafka:"1+,nullable=1+,default=null"`
	MemberID            *string                                `kafka:"1+,nullable=1+,default=null"`
	MemberEpoch         int32                                  `kafka:"1+"`
	HeartbeatIntervalMs int32                                  `kafka:"1+"`
	Assignment          *ShareGroupHeartbeatResponseAssignment `kafka:"1+,nullable=1+,default=null"`
}

// ShareGroupHeartbeatResponseAssignment is part of ShareGroupHeartbeatResponse.
type ShareGroupHeartbeatResponseAssignment struct {
	TopicPartitions []ShareGroupHeartbeatResponseTopicPartitions `kafka:"1+"`
}

// ShareGroupHeartbeatResponseTopicPartitions is part of ShareGroupHeartbeatResponse.
type ShareGroupHeartbeatResponseTopicPartitions struct {
	TopicID    wire.UUID `kafka:"1+"`
	Partitions []int32   `kafka:"1+"`
}
