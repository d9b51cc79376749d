package replication

import (
	"math"
	"sync"

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

// FetchRequest reads from some partitions. NewFetchRequest makes one. Fill it, give it to
// Manager.Fetch, read the results and take the slices in Done, and Release it.
type FetchRequest struct {
	// Parts are the partitions in the order in which they are read. Add appends one.
	Parts []FetchPart
	// ReplicaID is ConsumerReplica or the id of the follower. ReplicaEpoch is its broker epoch
	// or -1.
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
	// Owner is the caller's. The engine does not use it.
	Owner any

	m *Manager
	// op is the wait for data. Guarded by Manager.parked while it is in the purgatory.
	op purgatory.Op
	// abandoned: the client is gone, so the request does not wait. Guarded by Manager.parked.
	abandoned bool
}

// FetchPart is one partition of a FetchRequest.
type FetchPart struct {
	// Topic and Partition name the partition, or TopicID and Partition when TopicID is not
	// zero.
	Topic     string
	TopicID   wire.UUID
	Partition int32

	Offset   int64
	MaxBytes int32
	// CurrentLeaderEpoch and LastFetchedEpoch are -1 when the request has none.
	CurrentLeaderEpoch, LastFetchedEpoch int32
	// FollowerStart is the follower's log start offset. FollowerDurable is the offset below which
	// its records are on its disk, -1 when it does not report one.
	FollowerStart, FollowerDurable int64

	Err protocol.Error
	// Slice is the record set, which may be empty. Done takes it and must close it.
	Slice storage.Slice
	// HighWatermark, LastStableOffset and LogStartOffset are -1 on errors.
	HighWatermark    int64
	LastStableOffset int64
	LogStartOffset   int64
	// Aborted are the aborted transactions of a read_committed fetch.
	Aborted []storage.AbortedTxn
	// PreferredReadReplica is -1 or the replica that the client should read from (KIP-392).
	PreferredReadReplica int32
	// Diverging says that the fetcher's log differs from this one. The fetcher must truncate to
	// DivergingEpoch and DivergingEndOffset.
	Diverging          bool
	DivergingEpoch     int32
	DivergingEndOffset int64
	// LeaderID and LeaderEpoch are the leader when the error says that it is another broker
	// (KIP-951), -1 otherwise.
	LeaderID, LeaderEpoch int32

	p *Partition
	// result is the read that Slice is from.
	result storage.ReadResult
	// seen is the partition's change counter when it was read. stale says that the slice that
	// was read then is closed.
	seen  uint64
	stale bool
	// behind says that the fetch is of a follower outside the ISR. throttled is set when the part
	// counts for leader.replication.throttled.rate.
	behind, throttled bool
}

var fetchRequests = sync.Pool{New: func() any {
	f := new(FetchRequest)
	f.op.Owner = f
	return f
}}

// NewFetchRequest returns an empty request of a consumer from the pool.
func NewFetchRequest() *FetchRequest {
	f := fetchRequests.Get().(*FetchRequest)
	f.ReplicaID, f.ReplicaEpoch, f.MaxBytes = ConsumerReplica, -1, math.MaxInt32
	return f
}

// Add appends a part with the defaults, and returns it.
func (f *FetchRequest) Add() *FetchPart {
	f.Parts = append(f.Parts, FetchPart{CurrentLeaderEpoch: -1, LastFetchedEpoch: -1, FollowerStart: -1, FollowerDurable: -1})
	return &f.Parts[len(f.Parts)-1]
}

// Release returns a request to the pool. Done has closed its slices or taken them.
func (f *FetchRequest) Release() {
	clear(f.Parts)
	*f = FetchRequest{Parts: f.Parts[:0]}
	f.op.Owner = f
	if cap(f.Parts) <= pooledParts {
		fetchRequests.Put(f)
	}
}
