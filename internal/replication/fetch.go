package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/storage"
)

// Isolation levels of a fetch.
const (
	ReadUncommitted int8 = 0
	ReadCommitted   int8 = 1
)

// ConsumerReplica is the replica id of a fetch that is not a follower's.
const ConsumerReplica int32 = -1

// FetchRequest reads from some partitions. Get one by NewFetchRequest, fill it, give it to Manager.Fetch; in Done read the
// results and take the slices, then Release it.
type FetchRequest struct {
	// Parts are the partitions in the order in which they are to be read. Grow it by Add.
	Parts []FetchPart
	// ReplicaID is ConsumerReplica or the follower that asks, ReplicaEpoch its broker epoch or -1.
	ReplicaID    int32
	ReplicaEpoch int64
	MaxWaitMs    int32
	MinBytes     int32
	MaxBytes     int32
	Isolation    int8
	// AnyReplica lets a consumer read from a follower (KIP-392): Fetch version 11 and later.
	AnyReplica bool
	NowMs      int64
	// Done is called once, on any goroutine.
	Done func(*FetchRequest)
	// Owner is the caller's; the engine does not look at it.
	Owner any

	m *Manager
	// op stands for the wait for data. Guarded by Manager.waits while it is parked.
	op purgatory.Op
	// abandoned: nobody wants the answer any more, so it is not waited for. Guarded by Manager.waits.
	abandoned bool
}

// FetchPart is one partition of a FetchRequest.
type FetchPart struct {
	// Topic and Partition say where from, or TopicID when it is not zero.
	Topic     string
	TopicID   wire.UUID
	Partition int32

	Offset   int64
	MaxBytes int32
	// CurrentLeaderEpoch and LastFetchedEpoch are -1 when the client does not say.
	CurrentLeaderEpoch, LastFetchedEpoch int32
	// FollowerStart is the follower's log start offset.
	FollowerStart int64

	Err protocol.Error
	// Slice is the record set; it may be empty. Whoever handles Done closes it or hands it on.
	Slice storage.Slice
	// HighWatermark, LastStableOffset and LogStartOffset are -1 on errors.
	HighWatermark    int64
	LastStableOffset int64
	LogStartOffset   int64
	// Aborted are the aborted transactions of a read_committed fetch.
	Aborted []storage.AbortedTxn
	// PreferredReadReplica is -1 or the replica that the client should read from (KIP-392).
	PreferredReadReplica int32
	// Diverging says that the fetcher's log differs from this one: it must truncate to DivergingEpoch and DivergingEndOffset.
	Diverging          bool
	DivergingEpoch     int32
	DivergingEndOffset int64
	// LeaderID and LeaderEpoch name the leader when the error says that it is another (KIP-951); -1 otherwise.
	LeaderID, LeaderEpoch int32

	p *Partition
	// seen is the partition's change counter when it was read; stale says that what was read then has been dropped.
	seen  uint64
	stale bool
}
