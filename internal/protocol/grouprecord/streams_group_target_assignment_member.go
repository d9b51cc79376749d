package grouprecord

// StreamsGroupTargetAssignmentMemberKey is the Kafka message StreamsGroupTargetAssignmentMemberKey.
type StreamsGroupTargetAssignmentMemberKey struct {
	_        struct{} `kafka:"key=21,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// StreamsGroupTargetAssignmentMemberValue is the Kafka message
// StreamsGroupTargetAssignmentMemberValue.
type StreamsGroupTargetAssignmentMemberValue struct {
	_            struct{}                                         `kafka:"key=21,versions=0,flexible=0+,data"`
	ActiveTasks  []StreamsGroupTargetAssignmentMemberValueTaskIDs `kafka:"0+"`
	StandbyTasks []StreamsGroupTargetAssignmentMemberValueTaskIDs `kafka:"0+"`
	WarmupTasks  []StreamsGroupTargetAssignmentMemberValueTaskIDs `kafka:"0+"`
}

// StreamsGroupTargetAssignmentMemberValueTaskIDs is part of
// StreamsGroupTargetAssignmentMemberValue.
type StreamsGroupTargetAssignmentMemberValueTaskIDs struct {
	SubtopologyID string  `kafka:"0+"`
	Partitions    []int32 `kafka:"0+"`
}
