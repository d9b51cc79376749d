package replica

import "github.com/gregorhq/gregor/internal/protocol"

// CheckEpoch compares the leader epoch that a request carries, -1 for none, with the replica's (KIP-320).
func (s Standing) CheckEpoch(requested int32) protocol.Error {
	switch {
	case s.role == Offline:
		return protocol.ErrKafkaStorageError
	case requested < 0 || requested == s.leaderEpoch:
		return protocol.ErrNone
	case requested < s.leaderEpoch:
		return protocol.ErrFencedLeaderEpoch
	}
	return protocol.ErrUnknownLeaderEpoch
}

// CheckLeader is CheckEpoch for requests that only a leader answers.
func (s Standing) CheckLeader(requested int32) protocol.Error {
	if e := s.CheckEpoch(requested); e != protocol.ErrNone {
		return e
	}
	if s.role != Leader {
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrNone
}

// CheckAppend tells whether a leader may append for a request with the given acks: NOT_LEADER_OR_FOLLOWER,
// KAFKA_STORAGE_ERROR, or NOT_ENOUGH_REPLICAS for acks=all (-1) below min.insync.replicas.
func (r *Replica) CheckAppend(acks int16) protocol.Error {
	if e := r.CheckLeader(-1); e != protocol.ErrNone {
		return e
	}
	if acks == -1 && r.UnderMinISR() {
		return protocol.ErrNotEnoughReplicas
	}
	return protocol.ErrNone
}

// Replicated tells whether an acks=all append that ends at endOffset and was made in leaderEpoch is complete, and with which
// error: NOT_LEADER_OR_FOLLOWER after leadership was lost, NOT_ENOUGH_REPLICAS_AFTER_APPEND when the ISR shrank meanwhile.
func (r *Replica) Replicated(leaderEpoch int32, endOffset int64) (done bool, err protocol.Error) {
	switch {
	case r.role == Offline:
		return true, protocol.ErrKafkaStorageError
	case r.role != Leader || leaderEpoch != r.leaderEpoch:
		return true, protocol.ErrNotLeaderOrFollower
	case r.highWatermark < endOffset:
		return false, protocol.ErrNone
	case r.EffectiveMinISR() > r.isr.MaximalSize():
		return true, protocol.ErrNotEnoughReplicasAfterAppend
	}
	return true, protocol.ErrNone
}

// FollowerKnown tells whether a fetch comes from one of the partition's replicas. Others get UNKNOWN_LEADER_EPOCH,
// or NOT_LEADER_OR_FOLLOWER where they name no epoch.
func (r *Replica) FollowerKnown(id int32) bool {
	for i := range r.followers {
		if r.followers[i].id == id {
			return true
		}
	}
	return false
}

// Diverged decides whether a fetcher that last fetched records of lastFetchedEpoch before fetchOffset has a log that differs
// from this one (KIP-595): epoch and endOffset are what the log's epoch cache answers for lastFetchedEpoch, both -1 when it
// knows nothing.
func Diverged(lastFetchedEpoch int32, fetchOffset int64, epoch int32, endOffset int64) bool {
	return epoch < lastFetchedEpoch || endOffset < fetchOffset
}
