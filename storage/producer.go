package storage

import (
	"log/slog"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// Origin says who appends, which decides the checks (Kafka's AppendOrigin).
type Origin uint8

const (
	// OriginClient is a produce request: epoch, sequence and duplicates are checked.
	OriginClient Origin = iota
	// OriginCoordinator is a group, transaction or share coordinator of this node: epochs are checked, sequences are not.
	OriginCoordinator
	// OriginRaftLeader is the metadata log's leader.
	OriginRaftLeader
	// OriginReplication is a follower's fetch, and recovery: the leader has checked, so nothing is refused.
	OriginReplication
)

// Values that stand for "none" in Kafka's bytes.
const (
	NoProducerID    int64 = -1
	NoProducerEpoch int16 = -1
	NoSequence      int32 = -1
)

// ProducerOptions configures a ProducerStateManager.
type ProducerOptions struct {
	// Topic and Partition are named in error texts only.
	Topic     string
	Partition int32
	// ExpirationMs is producer.id.expiration.ms: an idle producer without an open transaction is forgotten after it.
	ExpirationMs int64
	// Logger may be nil.
	Logger *slog.Logger
}

// ProducerStateManager keeps what one partition knows of its producers: the last five batches of each, open
// transactions and those whose end is not yet below the high watermark, and its snapshot files (Kafka's class of the
// same name). It is not safe for concurrent use: every call happens under the log's lock.
//
// Durability: a snapshot is written to a temporary name, synced if asked for, and renamed. Nothing here is ever the
// only copy: whatever is lost is rebuilt by replaying the log from the newest snapshot that is left.
type ProducerStateManager struct {
	fs   vfs.FS
	dir  string
	opts ProducerOptions

	producers map[int64]*producerEntry
	// ongoing and unreplicated are sorted by first offset; ongoing transactions have no end marker yet,
	// unreplicated ones have one at or above the high watermark.
	ongoing      []txnSpan
	unreplicated []txnSpan
	// snapshots are the offsets of the snapshot files in dir, ascending.
	snapshots []int64
	// mapEnd is the offset after the last batch this state has seen; snapEnd that of the newest snapshot.
	mapEnd  int64
	snapEnd int64

	append ProducerAppend
}

// NewProducerStateManager lists the snapshot files of dir and starts with empty state. An error is an IO error of the
// directory listing. Call TruncateAndReload to load state.
func NewProducerStateManager(fs vfs.FS, dir string, opts ProducerOptions) (*ProducerStateManager, error) {
	panic("filled in next")
}

// BatchMetadata is what is remembered of one appended batch.
type BatchMetadata struct {
	FirstOffset, LastOffset     int64
	FirstSequence, LastSequence int32
	// Timestamp is the batch's max timestamp in ms.
	Timestamp int64
}

// CompletedTxn is a transaction whose end marker was appended.
type CompletedTxn struct {
	ProducerID  int64
	FirstOffset int64
	// LastOffset is the offset of the marker.
	LastOffset int64
	Aborted    bool
}

// Begin starts one append (a leader's, a follower's, or one batch of recovery). The result is scratch space of the
// manager: it is valid until the next Begin, and nothing changes until Commit.
func (m *ProducerStateManager) Begin(origin Origin) *ProducerAppend { panic("filled in next") }

// Commit applies what a staged, after its bytes are in the log, and moves MapEndOffset to nextOffset (last appended
// offset + 1). Call it for appends without producer ids too. Completed transactions stay in a.Completed: for each
// aborted one append Entry(txn) of it to the segment's TxnIndex, then call CompleteTxn.
func (m *ProducerStateManager) Commit(a *ProducerAppend, nextOffset int64) { panic("filled in next") }

// CompleteTxn ends an ongoing transaction: it still bounds the last stable offset until the high watermark passes it.
func (m *ProducerStateManager) CompleteTxn(t CompletedTxn) { panic("filled in next") }

// LastStableOffset is the offset below which every transaction is decided once t is completed
// (Kafka's lastStableOffset(CompletedTxn)); it goes into the transaction index.
func (m *ProducerStateManager) LastStableOffset(t CompletedTxn) int64 { panic("filled in next") }

// AbortedTxn is the transaction index entry of t; call it before CompleteTxn.
func (m *ProducerStateManager) AbortedTxn(t CompletedTxn) AbortedTxn {
	return AbortedTxn{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset, LastOffset: t.LastOffset, LastStableOffset: m.LastStableOffset(t)}
}

// ProducerAppend stages the batches of one append.
type ProducerAppend struct {
	m         *ProducerStateManager
	origin    Origin
	staged    []stagedProducer
	completed []CompletedTxn
}

// Check stages one batch whose offsets are assigned already. Batches without a producer id are ignored.
//   - duplicate is true when b repeats one of the last five batches of its producer (OriginClient only): answer with
//     dup.FirstOffset and append nothing.
//   - err is a *ProducerError; nothing of the append may be written then.
//
// It does not allocate for a known producer.
func (a *ProducerAppend) Check(b record.Batch) (dup BatchMetadata, duplicate bool, err error) {
	panic("filled in next")
}

// Completed are the transactions that end in this append, in offset order. Valid until the next Begin.
func (a *ProducerAppend) Completed() []CompletedTxn { return a.completed }

// ProducerErrorKind tells why a batch is refused.
type ProducerErrorKind uint8

const (
	// OutOfOrderSequence is Kafka's OUT_OF_ORDER_SEQUENCE_NUMBER.
	OutOfOrderSequence ProducerErrorKind = iota + 1
	// InvalidProducerEpoch is Kafka's INVALID_PRODUCER_EPOCH.
	InvalidProducerEpoch
	// InvalidTxnState is Kafka's INVALID_TXN_STATE.
	InvalidTxnState
	// CoordinatorFenced is Kafka's TRANSACTION_COORDINATOR_FENCED.
	CoordinatorFenced
	// CorruptControlBatch is a transaction marker that cannot be read (Kafka's CORRUPT_MESSAGE).
	CorruptControlBatch
)

// ProducerError refuses a batch; Text is Kafka's own wording.
type ProducerError struct {
	Kind ProducerErrorKind
	Text string
}

func (e *ProducerError) Error() string { return e.Text }

// FirstUnstableOffset is the first offset of the earliest transaction that is undecided or whose end is not yet
// replicated; ok is false when there is none (then the last stable offset is the high watermark).
func (m *ProducerStateManager) FirstUnstableOffset() (offset int64, ok bool) { panic("filled in next") }

// OnHighWatermark forgets decided transactions whose end marker is below hw.
func (m *ProducerStateManager) OnHighWatermark(hw int64) { panic("filled in next") }

// OnLogStartOffset follows an advance of the log start offset.
func (m *ProducerStateManager) OnLogStartOffset(start int64) { panic("filled in next") }

// RemoveExpired forgets producers idle for producer.id.expiration.ms and returns how many.
func (m *ProducerStateManager) RemoveExpired(nowMs int64) int { panic("filled in next") }

// TruncateAndReload makes the state fit a log of [logStart, logEnd): snapshots outside of (logStart, logEnd] are
// deleted, and unless the state ends at logEnd already it is reloaded from the newest readable snapshot. Unreadable
// snapshots are deleted. Afterwards replay the log's batches from MapEndOffset up to logEnd
// (Begin(OriginReplication), Check, Commit). An error is an IO error.
func (m *ProducerStateManager) TruncateAndReload(logStart, logEnd, nowMs int64) error {
	panic("filled in next")
}

// TruncateFully forgets everything and deletes all snapshots; the log restarts at offset.
func (m *ProducerStateManager) TruncateFully(offset int64) error { panic("filled in next") }

// TakeSnapshot writes MapEndOffset's snapshot file unless it is the newest one already. Kafka takes one at a roll
// (sync false, the flush of the segment syncs it) and at a clean close (sync true).
func (m *ProducerStateManager) TakeSnapshot(sync bool) error { panic("filled in next") }

// SyncSnapshot fsyncs the snapshot file of offset, if there is one (done when the segment before it is flushed).
func (m *ProducerStateManager) SyncSnapshot(offset int64) error { panic("filled in next") }

// DeleteSnapshotsBefore deletes snapshot files below offset.
func (m *ProducerStateManager) DeleteSnapshotsBefore(offset int64) error { panic("filled in next") }

// DeleteSnapshot deletes the snapshot file of a deleted segment's base offset, if there is one.
func (m *ProducerStateManager) DeleteSnapshot(offset int64) error { panic("filled in next") }

// RemoveStraySnapshots keeps snapshots that stand at a segment's base offset and the newest one if it is above all of
// them; done at recovery.
func (m *ProducerStateManager) RemoveStraySnapshots(segmentBases []int64) error {
	panic("filled in next")
}

// MapEndOffset is the offset after the last batch this state has seen.
func (m *ProducerStateManager) MapEndOffset() int64 { return m.mapEnd }

// SetMapEndOffset moves MapEndOffset past batches known to carry no producer id, or to where recovery begins.
func (m *ProducerStateManager) SetMapEndOffset(offset int64) { m.mapEnd = offset }

// LatestSnapshotOffset is the offset of the newest snapshot file.
func (m *ProducerStateManager) LatestSnapshotOffset() (offset int64, ok bool) {
	panic("filled in next")
}

// OldestSnapshotOffset is the offset of the oldest snapshot file.
func (m *ProducerStateManager) OldestSnapshotOffset() (offset int64, ok bool) {
	panic("filled in next")
}

// Len is the number of known producers.
func (m *ProducerStateManager) Len() int { return len(m.producers) }

// ProducerState is one producer as DescribeProducers shows it.
type ProducerState struct {
	ProducerID       int64
	ProducerEpoch    int16
	CoordinatorEpoch int32
	// LastSequence, LastOffset are -1 when no batch is known.
	LastSequence  int32
	LastOffset    int64
	LastTimestamp int64
	// CurrentTxnFirstOffset is -1 without an open transaction.
	CurrentTxnFirstOffset int64
}

// Producers returns the known producers in ascending order of their id.
func (m *ProducerStateManager) Producers() []ProducerState { panic("filled in next") }
