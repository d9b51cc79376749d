package storage

import (
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Origin is the source of an append, which decides the checks (Kafka's AppendOrigin).
type Origin = producer.Origin

const (
	// OriginClient is a produce request: epoch, sequence and duplicates are checked.
	OriginClient = producer.Client
	// OriginCoordinator is a group, transaction or share coordinator of this node: epochs are
	// checked, sequences are not.
	OriginCoordinator = producer.Coordinator
	// OriginRaftLeader is the metadata log's leader.
	OriginRaftLeader = producer.RaftLeader
	// OriginReplication is a follower's fetch, and recovery: the leader has checked the batch, so
	// nothing is refused.
	OriginReplication = producer.Replication
)

// ProducerState is one producer of a partition as DescribeProducers shows it: ProducerID,
// ProducerEpoch, CoordinatorEpoch, LastSequence, LastOffset, LastTimestamp and
// CurrentTxnFirstOffset.
type ProducerState = producer.State

// ProducerError is the error of an append that the producer state refuses. Text is Kafka's own
// wording.
type ProducerError = producer.Error

// The kinds of a ProducerError.
const (
	OutOfOrderSequence   = producer.OutOfOrderSequence
	InvalidProducerEpoch = producer.InvalidEpoch
	InvalidTxnState      = producer.InvalidTxnState
	CoordinatorFenced    = producer.CoordinatorFenced
	CorruptControlBatch  = producer.CorruptControlBatch
)

// ProducerSnapshotEntry is one producer of a producer snapshot file.
type ProducerSnapshotEntry = producer.SnapshotEntry

// ErrCorruptSnapshot is a producer snapshot that fails its checksum or contradicts its own length.
var ErrCorruptSnapshot = producer.ErrCorruptSnapshot

// DecodeProducerSnapshot reads the bytes of a producer snapshot file, OFFSET.snapshot; errors wrap
// ErrCorruptSnapshot.
func DecodeProducerSnapshot(b []byte) ([]ProducerSnapshotEntry, error) {
	return producer.DecodeSnapshot(b)
}

// Producers describes the producers that the partition knows (DescribeProducers).
func (l *Log) Producers() []ProducerState {
	l.mu.Lock()
	c := l.producers.Capture()
	l.mu.Unlock()
	return c.States()
}

// ProducerCount is the number of producers that the partition knows.
func (l *Log) ProducerCount() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.producers.Len()
}

// RemoveExpiredProducers forgets producers that were idle for producer.id.expiration.ms, and
// returns their number.
func (l *Log) RemoveExpiredProducers(nowMs int64) int {
	removed := 0
	for next := -1; next != 0; {
		l.mu.Lock()
		var n int
		n, next = l.producers.RemoveExpired(nowMs, next)
		l.mu.Unlock()
		removed += n
	}
	return removed
}

// SetProducerLimits changes Options.ProducerExpirationMs and Options.MaxProducerIDs.
func (l *Log) SetProducerLimits(expirationMs int64, maxIDs int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.producers.SetExpiration(expirationMs)
	l.producers.SetMax(maxIDs)
}

// abortedTxn is the entry of t in the transaction index. It is made before m completes t.
func abortedTxn(m *producer.Manager, t producer.CompletedTxn) segfile.AbortedTxn {
	return segfile.AbortedTxn{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset, LastOffset: t.LastOffset, LastStableOffset: m.LastStableOffset(t)}
}
