package replica

import "slices"

// stale reports whether an image is older than what the replica knows.
func (r *Replica) stale(leaderEpoch, partitionEpoch int32) bool {
	return leaderEpoch < r.leaderEpoch || (leaderEpoch == r.leaderEpoch && partitionEpoch < r.partitionEpoch)
}

func (r *Replica) becomeLeader(nowMs int64, e BecomeLeader) Effects {
	if r.stale(e.LeaderEpoch, e.PartitionEpoch) {
		return Effects{}
	}
	if r.role == Leader && e.LeaderEpoch == r.leaderEpoch && e.PartitionEpoch == r.partitionEpoch {
		// The controller's answer came before this image and has committed the ISR. A newer
		// request may be in flight. But an answer does not carry the replicas.
		r.assign(nowMs, e)
		return r.advance(nowMs, Effects{})
	}
	r.counted = max(r.end-e.Unsynced, r.highWatermark)
	fx := Effects{}
	newEpoch := r.role != Leader || e.LeaderEpoch > r.leaderEpoch
	if newEpoch {
		// Delayed produces must fail if the leadership began again, and fetches must fail so
		// that clients learn of the leader.
		fx.WakeProduces, fx.WakeFetches, fx.WakeFollowers = r.role != Idle, r.role != Idle, r.role != Idle
		fx.AssignEpoch = true
		r.epochStart = r.end
		r.followers = r.followers[:0]
	}
	if r.role != Leader {
		r.ledSince = e.LeaderEpoch
	}
	r.role, r.leader = Leader, r.localID
	r.leaderEpoch, r.partitionEpoch = e.LeaderEpoch, e.PartitionEpoch
	r.commitISR(e.ISR)
	r.recovering = e.Recovering
	r.assign(nowMs, e)
	fx = r.advance(nowMs, fx)
	if r.recovering {
		// The leader's log is open, so it has recovered.
		fx.Alter = r.ask(e.ISR)
	}
	return fx
}

// assign takes the replicas and the state of their reassignment from an image.
func (r *Replica) assign(nowMs int64, e BecomeLeader) {
	r.replicas = slices.Clone(e.Replicas)
	r.adding, r.removing = len(e.Adding), len(e.Removing)
	r.keepFollowers(nowMs)
}

// keepFollowers makes followers match replicas and keeps the state of the remaining ones. A new
// member of the ISR counts as caught up now. Otherwise it would leave the ISR before its first
// fetch.
func (r *Replica) keepFollowers(nowMs int64) {
	kept := make([]follower, 0, max(len(r.replicas)-1, 0))
	for _, id := range r.replicas {
		if id == r.localID {
			continue
		}
		if i := slices.IndexFunc(r.followers, func(f follower) bool { return f.id == id }); i >= 0 {
			kept = append(kept, r.followers[i])
			continue
		}
		f := follower{id: id, brokerEpoch: -1, endOffset: -1, logStartOffset: -1}
		if r.isr.Maximal(id) {
			f.caughtUpMs, f.lastFetchMs = nowMs, nowMs
		}
		kept = append(kept, f)
	}
	r.followers = kept
}

func (r *Replica) becomeFollower(e BecomeFollower) Effects {
	if r.stale(e.LeaderEpoch, e.PartitionEpoch) {
		return Effects{}
	}
	fx := Effects{}
	if r.role == Leader || e.LeaderEpoch > r.leaderEpoch {
		fx.WakeProduces, fx.WakeFetches, fx.WakeFollowers = r.role == Leader, r.role != Idle, r.role != Idle
	}
	r.role, r.leader = Follower, e.Leader
	r.leaderEpoch, r.partitionEpoch = e.LeaderEpoch, e.PartitionEpoch
	r.replicas = slices.Clone(e.Replicas)
	r.commitISR(e.ISR)
	r.followers, r.recovering, r.epochStart = nil, false, 0
	r.adding, r.removing = 0, 0
	return fx
}

func (r *Replica) followerAppended(e FollowerAppended) Effects {
	if r.role != Follower {
		return Effects{}
	}
	r.end = max(r.end, e.EndOffset)
	fx := Effects{}
	if hw := min(e.LeaderHighWatermark, r.end); hw > r.highWatermark {
		r.highWatermark = hw
		fx = Effects{HighWatermarkMoved: true, HighWatermark: hw, WakeFetches: true}
	}
	return fx
}
