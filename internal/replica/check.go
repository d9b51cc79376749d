package replica

import "github.com/gregorhq/gregor/internal/protocol"

// CheckEpoch compares the leader epoch of a request, -1 for none, with that of the replica
// (KIP-320).
func (s Leadership) CheckEpoch(requested int32) protocol.Error {
	switch {
	case s.role == Offline:
		return protocol.ErrKafkaStorageError
	case requested == -1 || requested == s.leaderEpoch:
		return protocol.ErrNone
	case requested < s.leaderEpoch:
		return protocol.ErrFencedLeaderEpoch
	}
	return protocol.ErrUnknownLeaderEpoch
}

// CheckLeader is CheckEpoch for requests that only a leader answers.
func (s Leadership) CheckLeader(requested int32) protocol.Error {
	if e := s.CheckEpoch(requested); e != protocol.ErrNone {
		return e
	}
	if s.role != Leader {
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrNone
}

// CheckAppend returns why a leader may not append for a request with the given acks:
// NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, or NOT_ENOUGH_REPLICAS for acks=all (-1) below
// min.insync.replicas.
func (r *Replica) CheckAppend(acks int16) protocol.Error {
	if e := r.CheckLeader(-1); e != protocol.ErrNone {
		return e
	}
	if acks == -1 && r.UnderMinISR() {
		return protocol.ErrNotEnoughReplicas
	}
	return protocol.ErrNone
}

// CheckLed is CheckEpoch for an append that needs the leadership of an earlier epoch: it accepts
// each epoch since which this replica has led without a break.
func (r *Replica) CheckLed(since int32) protocol.Error {
	if r.ledThrough(since) {
		return protocol.ErrNone
	}
	return r.CheckEpoch(since)
}

// ledThrough reports whether this replica leads and has led since an epoch without a break.
func (r *Replica) ledThrough(since int32) bool {
	return r.role == Leader && since >= r.ledSince && since <= r.leaderEpoch
}

// Committed reports whether the wait of an append for the high watermark is over. The append ends
// at endOffset and was made in leaderEpoch. The error is NOT_LEADER_OR_FOLLOWER when this replica
// has lost the leadership since, because its high watermark then says nothing about the append. A
// leader that stays leader in a higher epoch keeps the append in its log.
func (r *Replica) Committed(leaderEpoch int32, endOffset int64) (done bool, err protocol.Error) {
	switch {
	case r.role == Offline:
		return true, protocol.ErrKafkaStorageError
	case !r.ledThrough(leaderEpoch):
		return true, protocol.ErrNotLeaderOrFollower
	}
	return r.highWatermark >= endOffset, protocol.ErrNone
}

// Replicated is Committed for a produce with acks=all: if the ISR has become too small since the
// append, the error is NOT_ENOUGH_REPLICAS_AFTER_APPEND.
func (r *Replica) Replicated(leaderEpoch int32, endOffset int64) (done bool, err protocol.Error) {
	done, err = r.Committed(leaderEpoch, endOffset)
	if done && err == protocol.ErrNone && r.EffectiveMinISR() > r.isr.MaximalSize() {
		err = protocol.ErrNotEnoughReplicasAfterAppend
	}
	return done, err
}

// FollowerKnown reports whether a broker has another replica of the partition. Fetches of other
// brokers as replicas get UNKNOWN_LEADER_EPOCH, or NOT_LEADER_OR_FOLLOWER without an epoch.
func (r *Replica) FollowerKnown(id int32) bool {
	for i := range r.followers {
		if r.followers[i].id == id {
			return true
		}
	}
	return false
}

// Diverged reports whether the log of a fetcher differs from this one (KIP-595). The fetcher's last
// record before fetchOffset is of lastFetchedEpoch. epoch and endOffset are the answer of this
// log's epoch cache for lastFetchedEpoch, both -1 when it has none.
func Diverged(lastFetchedEpoch int32, fetchOffset int64, epoch int32, endOffset int64) bool {
	return epoch < lastFetchedEpoch || endOffset < fetchOffset
}
