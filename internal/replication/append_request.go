package replication

import (
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/storage"
)

// Values of AppendRequest.Acks.
const (
	AcksAll    int16 = -1
	AcksNone   int16 = 0
	AcksLeader int16 = 1
)

// AppendRequest is records for some partitions. NewAppendRequest makes one. Fill it, give it to
// Manager.Append, read the results in Done, and Release it.
type AppendRequest struct {
	// Parts are the partitions. Add appends one. A partition may be named again.
	Parts []AppendPart
	// Acks is AcksAll, AcksNone or AcksLeader.
	Acks int16
	// TimeoutMs bounds the wait of acks=all for replicas. After that the parts that still
	// wait fail with REQUEST_TIMED_OUT.
	TimeoutMs int32
	Origin    storage.Origin
	NowMs     int64
	// Done is called once, on any goroutine, when all parts have their results. Until then the
	// records belong to the engine.
	Done func(*AppendRequest)
	// Owner is the caller's. The engine does not use it.
	Owner any

	m *Manager
	// pending counts what the request still waits for: first the appends of its parts, then
	// syncs and the high watermarks. The goroutine that brings it to 0 owns the request from
	// then on.
	pending atomic.Int32
	// op is the wait for high watermarks. Guarded by Manager.parked while it is in the
	// purgatory.
	op purgatory.Op
}

// AppendPart is one partition of an AppendRequest.
type AppendPart struct {
	// Topic and Partition name the partition, or TopicID and Partition when TopicID is not
	// zero.
	Topic     string
	TopicID   wire.UUID
	Partition int32
	// Records are whole batches. The log changes them in place: offset, leader epoch,
	// timestamps.
	Records []byte

	// Err is NONE or why the append failed. A part that has an error before is not appended.
	// Message explains the error, empty for the code's own text.
	Err     protocol.Error
	Message string
	// BaseOffset is the offset of the first record, -1 on errors.
	BaseOffset int64
	// LastOffset is the offset of the last record, -1 on errors.
	LastOffset int64
	// LogAppendTimeMs is -1 unless the topic has message.timestamp.type=LogAppendTime.
	LogAppendTimeMs int64
	LogStartOffset  int64
	// RecordErrors names the records that are refused (KIP-467).
	RecordErrors []storage.RecordError
	// LeaderID and LeaderEpoch are the leader when the error is NOT_LEADER_OR_FOLLOWER
	// (KIP-951), -1 otherwise.
	LeaderID, LeaderEpoch int32

	// OldFormat says that Err was set because the records have an old format. A metric counts
	// these.
	OldFormat bool
	// Epoch is a leader epoch since which this broker must have led without a break, -1 for any.
	Epoch int32

	req *AppendRequest
	p   *Partition
	// validated are the records once the log has checked them, invalid is why it refuses them.
	// checked is false when this broker did not lead the partition at that time.
	validated storage.Validated
	invalid   error
	checked   bool
	// next links the partition's queue.
	next        *AppendPart
	leaderEpoch int32
	// replicating is set while the part waits for the high watermark, syncing while it waits
	// for a sync of the log.
	replicating, syncing bool
}

// pooledParts is the most partitions of a request whose memory the pool keeps.
const pooledParts = 8192

var appendRequests = sync.Pool{New: func() any {
	r := new(AppendRequest)
	r.op.Owner = r
	return r
}}

// NewAppendRequest takes an empty request from the pool.
func NewAppendRequest() *AppendRequest { return appendRequests.Get().(*AppendRequest) }

// Add appends a part that has only the defaults of its results, and returns it.
func (r *AppendRequest) Add() *AppendPart {
	r.Parts = append(r.Parts, AppendPart{BaseOffset: -1, LastOffset: -1, LogAppendTimeMs: -1, LogStartOffset: -1, LeaderID: -1, LeaderEpoch: -1, Epoch: -1})
	return &r.Parts[len(r.Parts)-1]
}

// Release returns a request to the pool. It is done, or was never given to Append.
func (r *AppendRequest) Release() {
	clear(r.Parts)
	r.Parts = r.Parts[:0]
	r.Acks, r.TimeoutMs, r.Origin, r.NowMs, r.Done, r.Owner, r.m = 0, 0, 0, 0, nil, nil, nil
	if cap(r.Parts) <= pooledParts {
		appendRequests.Put(r)
	}
}

// end is the offset after the part's last record. The high watermark and the recovery point must
// reach it.
func (a *AppendPart) end() int64 { return a.LastOffset + 1 }
