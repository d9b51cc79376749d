package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareGroupCurrentMemberAssignmentKey is the Kafka message ShareGroupCurrentMemberAssignmentKey.
type ShareGroupCurrentMemberAssignmentKey struct {
	_        struct{} `kafka:"key=14,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ShareGroupCurrentMemberAssignmentValue is the Kafka message
// ShareGroupCurrentMemberAssignmentValue.
type ShareGroupCurrentMemberAssignmentValue struct {
	_                   struct{}                                                `kafka:"key=14,versions=0,flexible=0+,data"`
	MemberEpoch         int32                                                   `kafka:"0+"`
	PreviousMemberEpoch int32                                                   `kafka:"0+"`
	State               int8                                                    `kafka:"0+"`
	AssignedPartitions  []ShareGroupCurrentMemberAssignmentValueTopicPartitions `kafka:"0+"`
}

// ShareGroupCurrentMemberAssignmentValueTopicPartitions is part of
// ShareGroupCurrentMemberAssignmentValue.
type ShareGroupCurrentMemberAssignmentValueTopicPartitions struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}
