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

// AppendRequest is records for some partitions. Get one by NewAppendRequest, fill it, give it to Manager.Append; in Done read the
// results, then Release it.
type AppendRequest struct {
	// Parts are the partitions; each at most once. Grow it by Add.
	Parts []AppendPart
	// Acks is AcksAll, AcksNone or AcksLeader.
	Acks int16
	// TimeoutMs is how long acks=all may wait for replicas; the parts that lack them then answer REQUEST_TIMED_OUT.
	TimeoutMs int32
	Origin    storage.Origin
	NowMs     int64
	// Done is called once, on any goroutine, when all parts have their results. Records may not be touched by the caller
	// before, nor by the engine after.
	Done func(*AppendRequest)
	// Owner is the caller's; the engine does not look at it.
	Owner any

	m *Manager
	// waits counts what the request still waits for: first the appends of its parts, then syncs and the high watermarks. Whoever
	// brings it to 0 goes on with the request, so nobody else touches it then.
	waits atomic.Int32
	// op stands for the wait for high watermarks. Guarded by Manager.waits while it is parked.
	op purgatory.Op
}

// AppendPart is one partition of an AppendRequest.
type AppendPart struct {
	// Topic and Partition say where to, or TopicID when it is not zero.
	Topic     string
	TopicID   wire.UUID
	Partition int32
	// Records are whole batches; they are patched in place (offset, leader epoch) on the way to the log.
	Records []byte

	// Err is NONE or why the append failed; a part that comes with an error is left alone. Message is an explanation for people, empty for the code's own text.
	Err     protocol.Error
	Message string
	// BaseOffset is the offset of the first record, -1 on errors.
	BaseOffset int64
	// LastOffset is the offset of the last record, -1 on errors.
	LastOffset int64
	// LogAppendTimeMs is -1 unless the topic stamps records with the time of the append.
	LogAppendTimeMs int64
	LogStartOffset  int64
	// RecordErrors names bad records (KIP-467).
	RecordErrors []storage.RecordError
	// LeaderID and LeaderEpoch name the leader when the error is NOT_LEADER_OR_FOLLOWER (KIP-951); -1 otherwise.
	LeaderID, LeaderEpoch int32

	// OldFormat tells that Err was set since the records are of an old format: it is counted.
	OldFormat bool
	// Epoch is the leader epoch that the append must be made in, -1 for any.
	Epoch int32

	req *AppendRequest
	p   *Partition
	// validated are the records once the log has checked them, invalid why it refuses them. Neither is
	// set when this broker did not lead the partition then.
	validated storage.Validated
	invalid   error
	checked   bool
	// next links the partition's queue.
	next        *AppendPart
	leaderEpoch int32
	// replicating is set while the part waits for the high watermark, syncing while it waits for the disk.
	replicating, syncing bool
}

// pooledParts is up to how many partitions a request's memory is kept for the next one.
const pooledParts = 8192

var appendRequests = sync.Pool{New: func() any {
	r := new(AppendRequest)
	r.op.Owner = r
	return r
}}

// NewAppendRequest takes an empty request from the pool.
func NewAppendRequest() *AppendRequest { return appendRequests.Get().(*AppendRequest) }

// Add appends a part with nothing set but the defaults of its results, and returns it to be filled in.
func (r *AppendRequest) Add() *AppendPart {
	r.Parts = append(r.Parts, AppendPart{BaseOffset: -1, LastOffset: -1, LogAppendTimeMs: -1, LogStartOffset: -1, LeaderID: -1, LeaderEpoch: -1, Epoch: -1})
	return &r.Parts[len(r.Parts)-1]
}

// Release puts a request back that is done, or was never given to Append.
func (r *AppendRequest) Release() {
	clear(r.Parts)
	r.Parts = r.Parts[:0]
	r.Acks, r.TimeoutMs, r.Origin, r.NowMs, r.Done, r.Owner, r.m = 0, 0, 0, 0, nil, nil, nil
	if cap(r.Parts) <= pooledParts {
		appendRequests.Put(r)
	}
}

// end is the offset after the part's last record: what the high watermark and the disk must reach.
func (a *AppendPart) end() int64 { return a.LastOffset + 1 }
