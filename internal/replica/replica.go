package replica

import "math"

// Role is the role of the replica.
type Role uint8

// The roles. A new replica is idle until an image gives it another role.
const (
	Idle Role = iota
	Leader
	Follower
	// Offline is a replica whose log directory failed.
	Offline
)

// Leadership is the leader and its epoch, which is all that a read needs. It is a small value, so
// that the engine can publish it.
type Leadership struct {
	role   Role
	leader int32
	// Invariant: neither leaderEpoch nor the partition epoch falls while the replica exists.
	leaderEpoch int32
}

// Role returns what the replica does.
func (s Leadership) Role() Role { return s.role }

// LeaderID returns the leader, -1 when it is unknown.
func (s Leadership) LeaderID() int32 { return s.leader }

// LeaderEpoch returns the leader epoch, -1 before the first image.
func (s Leadership) LeaderEpoch() int32 { return s.leaderEpoch }

// Replica is the state of one replica. New makes it, Step changes it.
type Replica struct {
	localID int32
	Leadership
	partitionEpoch int32

	replicas []int32
	// adding and removing are how many of replicas a reassignment adds and removes. They are
	// known while this replica leads.
	adding, removing int
	isr              ISR
	recovering       bool
	// asked is the request that is in flight, nil for none. requests is the last id given.
	asked    *Alteration
	requests uint64
	// followers holds the other replicas while this one leads.
	followers []follower

	// Invariant: logStart <= highWatermark <= end, and only truncation lowers highWatermark.
	logStart      int64
	highWatermark int64
	end           int64
	// counted is the offset below which a leader's own log counts for the high watermark.
	counted int64
	// epochStart is the log end offset at which this replica became leader. A follower may join
	// the ISR once it has everything before.
	epochStart int64
	// ledSince is the leader epoch in which the leadership began. It stays when the leader epoch
	// rises and this replica keeps the leadership, because a leader truncates nothing.
	ledSince int32

	minISR   int
	lagMaxMs int64
}

// Options describes a replica at the start of the broker.
type Options struct {
	LocalID        int32
	LogStartOffset int64
	LogEndOffset   int64
	// HighWatermark is the checkpoint's. New brings it into the range of the log.
	HighWatermark int64
	MinISR        int
	LagMaxMs      int64
}

// New makes an idle replica.
func New(o Options) *Replica {
	r := &Replica{
		localID: o.LocalID, Leadership: Leadership{leader: -1, leaderEpoch: -1}, partitionEpoch: -1, isr: CommittedISR{},
		logStart: o.LogStartOffset, end: max(o.LogEndOffset, o.LogStartOffset),
		minISR: max(o.MinISR, 1), lagMaxMs: o.LagMaxMs,
	}
	r.highWatermark = min(max(o.HighWatermark, r.logStart), r.end)
	return r
}

// PartitionEpoch returns the partition epoch, -1 before the first image.
func (r *Replica) PartitionEpoch() int32 { return r.partitionEpoch }

// Replicas returns the brokers that have a replica. The caller must not change it.
func (r *Replica) Replicas() []int32 { return r.replicas }

// ISR returns the in-sync replicas. The caller must not change it.
func (r *Replica) ISR() ISR { return r.isr }

// HighWatermark returns the offset below which all records are committed.
func (r *Replica) HighWatermark() int64 { return r.highWatermark }

// EndOffset returns the log end offset.
func (r *Replica) EndOffset() int64 { return r.end }

// EpochStartOffset returns where this leader's epoch begins in the log.
func (r *Replica) EpochStartOffset() int64 { return r.epochStart }

// EffectiveMinISR returns min.insync.replicas, or the number of replicas if that is less.
func (r *Replica) EffectiveMinISR() int { return min(r.minISR, max(len(r.replicas), 1)) }

// UnderMinISR reports whether a leader has fewer in-sync replicas than min.insync.replicas. It then
// refuses acks=all and its high watermark does not move (KIP-966).
func (r *Replica) UnderMinISR() bool {
	return r.role == Leader && len(r.isr.Committed()) < r.EffectiveMinISR()
}

// AtMinISR reports whether a leader has as many in-sync replicas as min.insync.replicas.
func (r *Replica) AtMinISR() bool {
	return r.role == Leader && len(r.isr.Committed()) == r.EffectiveMinISR()
}

// ReplicationFactor returns the number of replicas without the replicas that a reassignment is
// adding.
func (r *Replica) ReplicationFactor() int { return len(r.replicas) - r.adding }

// UnderReplicated reports whether a leader has fewer in-sync replicas than its replication factor.
func (r *Replica) UnderReplicated() bool {
	return r.role == Leader && len(r.isr.Committed()) < r.ReplicationFactor()
}

// Reassigning reports whether a reassignment of a leader's replicas is in progress.
func (r *Replica) Reassigning() bool { return r.role == Leader && r.adding+r.removing > 0 }

// LowWatermark returns the least log start offset of this replica and of those on live brokers.
// DeleteRecords waits for it.
func (r *Replica) LowWatermark(live func(broker int32) bool) int64 {
	low := r.logStart
	for i := range r.followers {
		if f := &r.followers[i]; f.logStartOffset < low && live(f.id) {
			low = f.logStartOffset
		}
	}
	return low
}

// Step applies one event at nowMs, in milliseconds of a monotonic clock.
func (r *Replica) Step(nowMs int64, ev Event) Effects {
	if r.role == Offline {
		return Effects{}
	}
	switch e := ev.(type) {
	case Appended:
		return r.appended(nowMs, e)
	case Synced:
		r.counted = max(r.counted, min(e.Offset, r.end))
		return r.advance(nowMs, Effects{})
	case FollowerFetched:
		return r.followerFetched(nowMs, e)
	case BrokerChanged:
		return r.brokerChanged(nowMs, e)
	case FollowerAppended:
		return r.followerAppended(e)
	case BecomeLeader:
		return r.becomeLeader(nowMs, e)
	case BecomeFollower:
		return r.becomeFollower(e)
	case PartitionAltered:
		return r.altered(nowMs, e)
	case Configured:
		r.minISR, r.lagMaxMs = max(e.MinISR, 1), e.LagMaxMs
		return r.advance(nowMs, Effects{})
	case Truncated:
		return r.truncated(e.EndOffset)
	case StartMoved:
		return r.startMoved(nowMs, e.LogStartOffset)
	case Tick:
		return r.tick(nowMs)
	case Removed:
		r.role, r.leader, r.followers = Idle, -1, nil
		return Effects{WakeProduces: true, WakeFetches: true, WakeFollowers: true}
	case LogFailed:
		r.role, r.leader, r.followers = Offline, -1, nil
		return Effects{WakeProduces: true, WakeFetches: true, WakeFollowers: true}
	}
	return Effects{}
}

func (r *Replica) appended(nowMs int64, e Appended) Effects {
	r.end = max(r.end, e.EndOffset)
	r.counted = max(r.counted, r.end-e.Unsynced)
	return r.advance(nowMs, Effects{WakeFollowers: len(r.followers) > 0})
}

func (r *Replica) truncated(end int64) Effects {
	r.end = max(end, 0)
	fx := Effects{}
	r.logStart = min(r.logStart, r.end)
	if r.highWatermark > r.end {
		r.highWatermark = r.end
		fx.HighWatermarkMoved, fx.HighWatermark = true, r.end
	}
	return fx
}

func (r *Replica) startMoved(nowMs int64, start int64) Effects {
	fx := Effects{}
	r.logStart = max(r.logStart, start)
	r.end = max(r.end, r.logStart)
	r.counted = max(r.counted, r.logStart)
	if r.highWatermark < r.logStart {
		r.highWatermark = r.logStart
		fx = Effects{HighWatermarkMoved: true, HighWatermark: r.logStart, WakeProduces: true, WakeFetches: true}
	}
	return r.advance(nowMs, fx)
}

// advance moves a leader's high watermark to the least end of all replicas that may be in the ISR,
// as far as the records count. A follower that has caught up lately counts, too. Otherwise the
// watermark would run away from it before it can join.
func (r *Replica) advance(nowMs int64, fx Effects) Effects {
	if r.role != Leader || r.UnderMinISR() {
		return fx
	}
	least := int64(math.MaxInt64)
	for i := range r.followers {
		f := &r.followers[i]
		if r.isr.Maximal(f.id) || r.inSync(f, nowMs) {
			least = min(least, f.endOffset)
		}
	}
	if hw := min(least, r.counted); hw > r.highWatermark {
		r.highWatermark = hw
		fx.HighWatermarkMoved, fx.HighWatermark = true, hw
		fx.WakeProduces, fx.WakeFetches = true, true
	}
	return fx
}

// inSync reports whether a follower has everything, or had it within replica.lag.time.max.ms.
func (r *Replica) inSync(f *follower, nowMs int64) bool {
	if f.endOffset < 0 || !f.eligible {
		return false
	}
	return f.endOffset >= r.end || (f.caughtUpMs > 0 && nowMs-f.caughtUpMs <= r.lagMaxMs)
}
