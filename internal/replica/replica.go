package replica

import "math"

// Role is what the replica does at present.
type Role uint8

// The roles. A new replica is idle until an image tells it what to be.
const (
	Idle Role = iota
	Leader
	Follower
	// Offline is a replica whose log dir failed.
	Offline
)

// Standing is who leads, and since when: all that a read has to know. It is a small value, made to be published.
type Standing struct {
	role   Role
	leader int32
	// Invariant: neither leaderEpoch nor the partition epoch falls while the replica exists.
	leaderEpoch int32
}

// Role is what the replica does.
func (s Standing) Role() Role { return s.role }

// LeaderID is -1 when unknown.
func (s Standing) LeaderID() int32 { return s.leader }

// LeaderEpoch is -1 before the first image.
func (s Standing) LeaderEpoch() int32 { return s.leaderEpoch }

// follower is what a leader knows of another replica.
type follower struct {
	id          int32
	brokerEpoch int64
	// endOffset is -1 until it has fetched under this leader epoch.
	endOffset      int64
	logStartOffset int64
	// caughtUpMs is the last time at which it had everything that the leader had.
	caughtUpMs int64
	// lastFetchMs and lastFetchEnd are the time of its last fetch and the leader's end then: once it asks from there on, it had
	// caught up at that time.
	lastFetchMs  int64
	lastFetchEnd int64
	// eligible is whether the controller would take it into the ISR, as of its last fetch.
	eligible bool
}

// Replica is the state of one replica. Make it with New, change it by Step.
type Replica struct {
	localID int32
	Standing
	partitionEpoch int32

	replicas []int32
	// adding and removing are how many of replicas a reassignment brings and takes away; known while this one leads.
	adding, removing int
	isr              ISR
	recovering       bool
	// followers holds the other replicas while this one leads.
	followers []follower

	// Invariant: logStart <= highWatermark <= end, and highWatermark never falls except by truncation.
	logStart      int64
	highWatermark int64
	end           int64
	// epochStart is where the log ended when this replica became leader: a follower may only join once it is past it.
	epochStart int64

	minISR   int
	lagMaxMs int64
}

// Options describes a replica as it is found at start.
type Options struct {
	LocalID        int32
	LogStartOffset int64
	LogEndOffset   int64
	// HighWatermark is what the checkpoint says; it is brought into the log's range.
	HighWatermark int64
	MinISR        int
	LagMaxMs      int64
}

// New makes an idle replica.
func New(o Options) *Replica {
	r := &Replica{
		localID: o.LocalID, Standing: Standing{leader: -1, leaderEpoch: -1}, partitionEpoch: -1, isr: CommittedISR{},
		logStart: o.LogStartOffset, end: max(o.LogEndOffset, o.LogStartOffset),
		minISR: max(o.MinISR, 1), lagMaxMs: o.LagMaxMs,
	}
	r.highWatermark = min(max(o.HighWatermark, r.logStart), r.end)
	return r
}

// PartitionEpoch, Replicas and so on are the state at present; what they return must not be changed.
func (r *Replica) PartitionEpoch() int32 { return r.partitionEpoch }
func (r *Replica) Replicas() []int32     { return r.replicas }
func (r *Replica) ISR() ISR              { return r.isr }
func (r *Replica) HighWatermark() int64  { return r.highWatermark }
func (r *Replica) EndOffset() int64      { return r.end }

// EpochStartOffset is where this leader's epoch begins in the log.
func (r *Replica) EpochStartOffset() int64 { return r.epochStart }

// EffectiveMinISR is min.insync.replicas, but never more than there are replicas.
func (r *Replica) EffectiveMinISR() int { return min(r.minISR, max(len(r.replicas), 1)) }

// UnderMinISR tells whether a leader has fewer in-sync replicas than it must: it then refuses acks=all and its high
// watermark stands still (KIP-966).
func (r *Replica) UnderMinISR() bool {
	return r.role == Leader && len(r.isr.Committed()) < r.EffectiveMinISR()
}

// AtMinISR tells whether a leader has just as many in-sync replicas as it must.
func (r *Replica) AtMinISR() bool {
	return r.role == Leader && len(r.isr.Committed()) == r.EffectiveMinISR()
}

// ReplicationFactor leaves out replicas that a reassignment is adding: nobody misses them yet.
func (r *Replica) ReplicationFactor() int { return len(r.replicas) - r.adding }

// UnderReplicated tells whether a leader has fewer in-sync replicas than its replication factor.
func (r *Replica) UnderReplicated() bool {
	return r.role == Leader && len(r.isr.Committed()) < r.ReplicationFactor()
}

// Reassigning tells whether a leader's replicas are being moved.
func (r *Replica) Reassigning() bool { return r.role == Leader && r.adding+r.removing > 0 }

// LowWatermark is the least log start offset of all replicas: what DeleteRecords waits for.
func (r *Replica) LowWatermark() int64 {
	low := r.logStart
	for i := range r.followers {
		low = min(low, r.followers[i].logStartOffset)
	}
	return low
}

// Step applies one event at nowMs (milliseconds, monotonic).
func (r *Replica) Step(nowMs int64, ev Event) Effects {
	if r.role == Offline {
		return Effects{}
	}
	switch e := ev.(type) {
	case Appended:
		return r.appended(nowMs, e)
	case FollowerFetched:
		return r.followerFetched(nowMs, e)
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
	if r.highWatermark < r.logStart {
		r.highWatermark = r.logStart
		fx = Effects{HighWatermarkMoved: true, HighWatermark: r.logStart, WakeProduces: true, WakeFetches: true}
	}
	return r.advance(nowMs, fx)
}

// advance moves a leader's high watermark to the least end of all that may be in the ISR, or of those that are about to be:
// a follower that has caught up lately counts, so that the watermark does not run away from it before it is let in.
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
	if hw := min(least, r.end); hw > r.highWatermark {
		r.highWatermark = hw
		fx.HighWatermarkMoved, fx.HighWatermark = true, hw
		fx.WakeProduces, fx.WakeFetches = true, true
	}
	return fx
}

// inSync tells whether a follower has everything, or had within the last replica.lag.time.max.ms.
func (r *Replica) inSync(f *follower, nowMs int64) bool {
	if f.endOffset < 0 || !f.eligible {
		return false
	}
	return f.endOffset >= r.end || (f.caughtUpMs > 0 && nowMs-f.caughtUpMs <= r.lagMaxMs)
}
