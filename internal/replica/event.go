package replica

// Event is something that happened to the replica; see Step.
type Event interface{ event() }

// BecomeLeader comes from a metadata image that names this broker as leader.
type BecomeLeader struct {
	LeaderEpoch    int32
	PartitionEpoch int32
	Replicas       []int32
	ISR            []int32
	// Adding and Removing are those of Replicas that a reassignment brings and takes away.
	Adding, Removing []int32
	// Recovering says that the leader was elected uncleanly and has yet to report that it recovered.
	Recovering bool
}

// BecomeFollower comes from a metadata image that names another broker as leader, or none (-1).
type BecomeFollower struct {
	Leader         int32
	LeaderEpoch    int32
	PartitionEpoch int32
	Replicas       []int32
	ISR            []int32
}

// Appended says that the leader's log now ends at EndOffset.
type Appended struct{ EndOffset int64 }

// FollowerFetched says that a replica asked for data from FetchOffset on, so it has all before.
type FollowerFetched struct {
	Replica int32
	// BrokerEpoch is the follower's registration, -1 when it did not say.
	BrokerEpoch    int64
	FetchOffset    int64
	LogStartOffset int64
	// Eligible says that the controller would accept it into the ISR: not fenced, not in controlled shutdown, and registered
	// under this broker epoch.
	Eligible bool
}

// FollowerAppended says that this follower's log now ends at EndOffset and its leader answered with LeaderHighWatermark.
type FollowerAppended struct {
	EndOffset           int64
	LeaderHighWatermark int64
}

// PartitionAltered is the controller's answer to an AlterPartition request.
type PartitionAltered struct {
	// OK is false when the controller refused for good or the answer was lost; Retry then says whether to ask again.
	OK, Retry      bool
	LeaderEpoch    int32
	PartitionEpoch int32
	ISR            []int32
	Recovering     bool
}

// Configured brings the settings in effect.
type Configured struct {
	// MinISR is min.insync.replicas, LagMaxMs replica.lag.time.max.ms.
	MinISR   int
	LagMaxMs int64
}

// Truncated says that the log was cut and now ends at EndOffset.
type Truncated struct{ EndOffset int64 }

// StartMoved says that the log now begins at LogStartOffset.
type StartMoved struct{ LogStartOffset int64 }

// LogFailed says that the log dir is offline: the replica serves nothing until the broker restarts.
type LogFailed struct{}

// Removed says that this broker holds the partition no more: the topic is deleted or the replica moved away.
type Removed struct{}

// Tick lets time-outs happen: a follower that lags leaves the ISR.
type Tick struct{}

func (BecomeLeader) event()     {}
func (BecomeFollower) event()   {}
func (Appended) event()         {}
func (FollowerFetched) event()  {}
func (FollowerAppended) event() {}
func (PartitionAltered) event() {}
func (Configured) event()       {}
func (Truncated) event()        {}
func (StartMoved) event()       {}
func (LogFailed) event()        {}
func (Removed) event()          {}
func (Tick) event()             {}

// Effects is what the engine has to do after a Step, in the order of the fields. The first three are done under the
// partition's mutex, the rest after it is released.
type Effects struct {
	// AssignEpoch: enter the new leader epoch at the end of the log into the log's epoch cache before anything is appended.
	AssignEpoch bool
	// Truncate: forget what the log has from TruncateTo on, before anything is fetched.
	Truncate   bool
	TruncateTo int64
	// HighWatermarkMoved: tell the log, which bounds retention and the last stable offset by it.
	HighWatermarkMoved bool
	HighWatermark      int64

	// WakeProduces: delayed produces may be complete (the high watermark moved), or can never be (leadership was lost).
	WakeProduces bool
	// WakeFetches: delayed fetches may have data below the high watermark, or must hear of a new leader.
	WakeFetches bool
	// WakeFollowers: the log has grown; followers fetch up to its end.
	WakeFollowers bool
	// Alter asks the controller for a new ISR; nil without a wish.
	Alter *Alteration
}

// Alteration is an AlterPartition request for this partition.
type Alteration struct {
	LeaderEpoch    int32
	PartitionEpoch int32
	NewISR         []Member
	// Recovered says that the leader has finished recovering from an unclean election.
	Recovered bool
}

// Member is a broker and the registration under which it joined; epoch -1 is not checked.
type Member struct {
	ID    int32
	Epoch int64
}
