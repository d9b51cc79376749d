package grouprecord

// StreamsGroupCurrentMemberAssignmentKey is the Kafka message
// StreamsGroupCurrentMemberAssignmentKey.
type StreamsGroupCurrentMemberAssignmentKey struct {
	_        struct{} `kafka:"key=22,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// StreamsGroupCurrentMemberAssignmentValue is the Kafka message
// StreamsGroupCurrentMemberAssignmentValue.
type StreamsGroupCurrentMemberAssignmentValue struct {
	_                             struct{}                                          `kafka:"key=22,versions=0,flexible=0+,data"`
	MemberEpoch                   int32                                             `kafka:"0+"`
	PreviousMemberEpoch           int32                                             `kafka:"0+"`
	State                         int8                                              `kafka:"0+"`
	ActiveTasks                   []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
	StandbyTasks                  []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
	WarmupTasks                   []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
	ActiveTasksPendingRevocation  []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
	StandbyTasksPendingRevocation []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
	WarmupTasksPendingRevocation  []StreamsGroupCurrentMemberAssignmentValueTaskIDs `kafka:"0+"`
}

// StreamsGroupCurrentMemberAssignmentValueTaskIDs is part of
// StreamsGroupCurrentMemberAssignmentValue.
type StreamsGroupCurrentMemberAssignmentValueTaskIDs struct {
	SubtopologyID    string  `kafka:"0+"`
	Partitions       []int32 `kafka:"0+"`
	AssignmentEpochs []int32 `kafka:"0+,nullable=0+,tag=0"`
}
