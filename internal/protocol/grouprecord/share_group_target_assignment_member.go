package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareGroupTargetAssignmentMemberKey is the Kafka message ShareGroupTargetAssignmentMemberKey.
type ShareGroupTargetAssignmentMemberKey struct {
	_        struct{} `kafka:"key=13,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ShareGroupTargetAssignmentMemberValue is the Kafka message ShareGroupTargetAssignmentMemberValue.
type ShareGroupTargetAssignmentMemberValue struct {
	_               struct{}                                              `kafka:"key=13,versions=0,flexible=0+,data"`
	TopicPartitions []ShareGroupTargetAssignmentMemberValueTopicPartition `kafka:"0+"`
}

// ShareGroupTargetAssignmentMemberValueTopicPartition is part of
// ShareGroupTargetAssignmentMemberValue.
type ShareGroupTargetAssignmentMemberValueTopicPartition struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}
