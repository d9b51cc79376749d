package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
)

// Timestamps of ListOffsets that stand for an offset.
const (
	LatestTimestamp        int64 = -1
	EarliestTimestamp      int64 = -2
	MaxTimestamp           int64 = -3
	EarliestLocalTimestamp int64 = -4
	// LatestTieredTimestamp and EarliestPendingUpload ask about tiered storage. Without tiered
	// storage there is no such offset.
	LatestTieredTimestamp int64 = -5
	EarliestPendingUpload int64 = -6
)

// Replica ids of ListOffsets that are not those of a follower.
const (
	// DebuggingReplica may ask any replica instead of the leader.
	DebuggingReplica int32 = -2
)

var noTopicID wire.UUID

// OffsetQuery is one partition of a ListOffsets.
type OffsetQuery struct {
	Topic              string
	Partition          int32
	CurrentLeaderEpoch int32
	Timestamp          int64
	Isolation          int8
	// ReplicaID is ConsumerReplica, DebuggingReplica, or the follower that asks.
	ReplicaID int32
}

// OffsetAnswer is the answer of ListOffsets. Offset, timestamp and epoch are -1 when there is none.
type OffsetAnswer struct {
	Err         protocol.Error
	Timestamp   int64
	Offset      int64
	LeaderEpoch int32
}

// ListOffset finds one offset (Kafka's Partition.fetchOffsetForTimestamp).
func (m *Manager) ListOffset(q OffsetQuery) OffsetAnswer {
	none := OffsetAnswer{Timestamp: -1, Offset: -1, LeaderEpoch: -1}
	p, err := m.find(q.Topic, noTopicID, q.Partition)
	if err == protocol.ErrNone {
		if q.ReplicaID == DebuggingReplica {
			err = p.checkEpoch(q.CurrentLeaderEpoch)
		} else {
			err = p.checkLeader(q.CurrentLeaderEpoch)
		}
	}
	if err != protocol.ErrNone {
		none.Err = err
		return none
	}
	_, epoch := p.leader()
	fetchable := p.log.HighWatermark()
	switch {
	case q.ReplicaID >= 0:
		fetchable = p.log.LogEndOffset()
	case q.Isolation == ReadCommitted:
		fetchable = min(fetchable, p.log.LastStableOffset())
	}
	// Until the high watermark of a leader has reached its epoch, it may be below what a
	// consumer has already read.
	behind := q.ReplicaID < 0 && p.epochStart() > p.log.HighWatermark()
	switch q.Timestamp {
	case LatestTimestamp:
		if behind {
			none.Err = protocol.ErrOffsetNotAvailable
			return none
		}
		return OffsetAnswer{Timestamp: -1, Offset: fetchable, LeaderEpoch: epoch}
	case EarliestTimestamp:
		return OffsetAnswer{Timestamp: -1, Offset: p.log.LogStartOffset(), LeaderEpoch: p.epochAt(p.log.LogStartOffset())}
	case EarliestLocalTimestamp:
		return OffsetAnswer{Timestamp: -1, Offset: p.log.EarliestLocalOffset(), LeaderEpoch: p.epochAt(p.log.EarliestLocalOffset())}
	case LatestTieredTimestamp, EarliestPendingUpload:
		return none
	}
	return p.byTime(q.Timestamp, fetchable, behind)
}

func (p *Partition) byTime(timestamp, fetchable int64, behind bool) OffsetAnswer {
	none := OffsetAnswer{Timestamp: -1, Offset: -1, LeaderEpoch: -1}
	look := func() (t storage.TimestampOffset, ok bool, err error) { return p.log.OffsetForTimestamp(timestamp) }
	if timestamp == MaxTimestamp {
		look = p.log.MaxTimestampOffset
	}
	t, ok, err := look()
	switch {
	case err != nil:
		none.Err = p.logCode(err)
	case ok && t.Offset < fetchable:
		return OffsetAnswer{Timestamp: t.Timestamp, Offset: t.Offset, LeaderEpoch: t.LeaderEpoch}
	case behind:
		none.Err = protocol.ErrOffsetNotAvailable
	}
	return none
}

// epochStart returns where the leader's epoch begins, 0 for a follower.
func (p *Partition) epochStart() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.core.EpochStartOffset()
}

// epochAt returns the leader epoch of the record at offset, -1 when it is unknown.
func (p *Partition) epochAt(offset int64) int32 {
	if epoch, ok := p.log.EpochForOffset(offset); ok {
		return epoch
	}
	return -1
}

// EpochEnd is the answer of OffsetForLeaderEpoch. Epoch and offset are -1 when they are unknown.
type EpochEnd struct {
	Err       protocol.Error
	Epoch     int32
	EndOffset int64
}

// EndOffsetForEpoch returns where the largest epoch ends that is not above the requested one. A
// follower or a consumer finds out by it up to where its history is that of this leader (KIP-101,
// KIP-320).
func (m *Manager) EndOffsetForEpoch(topic string, partition, currentLeaderEpoch, epoch int32) EpochEnd {
	p, err := m.find(topic, noTopicID, partition)
	if err == protocol.ErrNone {
		err = p.checkLeader(currentLeaderEpoch)
	}
	if err != protocol.ErrNone {
		return EpochEnd{err, -1, -1}
	}
	end := p.log.EndOffsetForEpoch(epoch)
	return EpochEnd{protocol.ErrNone, end.Epoch, end.Offset}
}
