package replica

// Event is something that happened to the replica; see [Replica.Step].
type Event interface{ event() }

// BecomeLeader comes from a metadata image that names this broker as leader.
type BecomeLeader struct {
	LeaderEpoch    int32
	PartitionEpoch int32
	Replicas       []int32
	ISR            []int32
	// Adding and Removing are the members of Replicas that a reassignment adds and removes.
	Adding, Removing []int32
	// Recovering says that the election was unclean and that the leader has yet to report its
	// recovery.
	Recovering bool
	// Unsynced is the number of offsets at the end of this log whose records are not on the disk
	// and therefore do not count. It is 0 where the disk does not matter. [Synced] follows.
	Unsynced int64
}

// BecomeFollower comes from a metadata image that names another broker as leader, or none (-1).
type BecomeFollower struct {
	Leader         int32
	LeaderEpoch    int32
	PartitionEpoch int32
	Replicas       []int32
	ISR            []int32
}

// Appended says that the leader's log now ends at EndOffset. Unsynced is as in [BecomeLeader].
type Appended struct{ EndOffset, Unsynced int64 }

// Synced says that the leader's log is on the disk below Offset.
type Synced struct{ Offset int64 }

// FollowerFetched says that a replica asked for data from FetchOffset on, and that its log does not
// diverge from this one below that. So it has everything before.
type FollowerFetched struct {
	Replica int32
	// BrokerEpoch is the epoch of the follower's registration, -1 when the request has none.
	BrokerEpoch    int64
	FetchOffset    int64
	LogStartOffset int64
	// Unsynced is the number of offsets before FetchOffset whose records are not on the follower's
	// disk and therefore do not count. It is 0 where the disk does not matter, and for a follower
	// that does not report it: Apache Kafka's.
	Unsynced int64
	// Eligible says that the controller would accept it into the ISR: it is not fenced, not in
	// controlled shutdown, and registered under this broker epoch.
	Eligible bool
}

// BrokerChanged brings the state of another broker from a new image.
type BrokerChanged struct {
	Broker int32
	// BrokerEpoch is the epoch of its registration.
	BrokerEpoch int64
	// Serving says that it is registered, not fenced and not in controlled shutdown.
	Serving bool
}

// FollowerAppended says that this follower's log now ends at EndOffset and its leader answered with
// LeaderHighWatermark.
type FollowerAppended struct {
	EndOffset           int64
	LeaderHighWatermark int64
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

// LogFailed says that the log directory is offline. The replica serves nothing until the broker
// restarts.
type LogFailed struct{}

// Removed says that this broker no longer has the partition: the topic was deleted, or the replica
// moved to another broker.
type Removed struct{}

// Tick lets time pass. A follower that lags leaves the ISR.
type Tick struct{}

func (BecomeLeader) event()     {}
func (BecomeFollower) event()   {}
func (Appended) event()         {}
func (Synced) event()           {}
func (FollowerFetched) event()  {}
func (BrokerChanged) event()    {}
func (FollowerAppended) event() {}
func (PartitionAltered) event() {}
func (Configured) event()       {}
func (Truncated) event()        {}
func (StartMoved) event()       {}
func (LogFailed) event()        {}
func (Removed) event()          {}
func (Tick) event()             {}

// Effects are the actions of the engine after a Step, in the order of the fields. It does the first
// two under the partition's mutex, the others after it has released the mutex.
type Effects struct {
	// AssignEpoch: put the new leader epoch, at the end of the log, into the log's epoch cache
	// before anything is appended.
	AssignEpoch bool
	// HighWatermarkMoved: give it to the log, where it bounds retention and the last stable
	// offset.
	HighWatermarkMoved bool
	HighWatermark      int64

	// WakeProduces: delayed produces may be complete because the high watermark moved, or must
	// fail because this replica no longer leads. The same holds for delayed deletions.
	WakeProduces bool
	// WakeFetches: delayed fetches may have data below the high watermark, or must fail because
	// of a new leader.
	WakeFetches bool
	// WakeFollowers: the log has grown. Followers fetch up to its end.
	WakeFollowers bool
	// Alter: send this request to the controller. Nil for none.
	Alter *Alteration
}
