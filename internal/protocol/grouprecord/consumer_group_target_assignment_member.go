package grouprecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ConsumerGroupTargetAssignmentMemberKey is the Kafka message
// ConsumerGroupTargetAssignmentMemberKey.
type ConsumerGroupTargetAssignmentMemberKey struct {
	_        struct{} `kafka:"key=7,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ConsumerGroupTargetAssignmentMemberValue is the Kafka message
// ConsumerGroupTargetAssignmentMemberValue.
type ConsumerGroupTargetAssignmentMemberValue struct {
	_               struct{}                                                 `kafka:"key=7,versions=0,flexible=0+,data"`
	TopicPartitions []ConsumerGroupTargetAssignmentMemberValueTopicPartition `kafka:"0+"`
}

// ConsumerGroupTargetAssignmentMemberValueTopicPartition is part of
// ConsumerGroupTargetAssignmentMemberValue.
type ConsumerGroupTargetAssignmentMemberValueTopicPartition struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}
