package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ConsumerGroupCurrentMemberAssignmentKey is the Kafka message
// ConsumerGroupCurrentMemberAssignmentKey.
type ConsumerGroupCurrentMemberAssignmentKey struct {
	_        struct{} `kafka:"key=8,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ConsumerGroupCurrentMemberAssignmentValue is the Kafka message
// ConsumerGroupCurrentMemberAssignmentValue.
type ConsumerGroupCurrentMemberAssignmentValue struct {
	_                           struct{}                                                   `kafka:"key=8,versions=0,flexible=0+,data"`
	MemberEpoch                 int32                                                      `kafka:"0+"`
	PreviousMemberEpoch         int32                                                      `kafka:"0+"`
	State                       int8                                                       `kafka:"0+"`
	AssignedPartitions          []ConsumerGroupCurrentMemberAssignmentValueTopicPartitions `kafka:"0+"`
	PartitionsPendingRevocation []ConsumerGroupCurrentMemberAssignmentValueTopicPartitions `kafka:"0+"`
}

// ConsumerGroupCurrentMemberAssignmentValueTopicPartitions is part of
// ConsumerGroupCurrentMemberAssignmentValue.
type ConsumerGroupCurrentMemberAssignmentValueTopicPartitions struct {
	TopicID          wire.UUID `kafka:"0+"`
	Partitions       []int32   `kafka:"0+"`
	AssignmentEpochs []int32   `kafka:"0+,nullable=0+,tag=0"`
}
