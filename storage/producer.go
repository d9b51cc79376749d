package storage

import (
	"log/slog"
	"slices"

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
// Durability: a snapshot is never the only copy, for whatever is lost is rebuilt by replaying the log from the newest
// snapshot that is left, and a torn one fails its checksum. So it is written in place and synced only at a clean close
// or together with its segment. Deletions by truncation sync the directory: a snapshot that came back after a power
// cut would stand for records that no longer exist.
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

	scratch ProducerAppend
}

// txnSpan is a transaction; last is the offset of its end marker, -1 while it is open.
type txnSpan struct{ producerID, first, last int64 }

// NewProducerStateManager lists the snapshot files of dir and starts with empty state. An error is an IO error of the
// directory listing. Call TruncateAndReload to load state.
func NewProducerStateManager(fs vfs.FS, dir string, opts ProducerOptions) (*ProducerStateManager, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	m := &ProducerStateManager{fs: fs, dir: dir, opts: opts}
	m.scratch.m = m
	return m, m.listSnapshots()
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

// Commit applies what a staged, after its bytes are in the log, and moves MapEndOffset to nextOffset (last appended
// offset + 1). Call it for appends without producer ids too. Completed transactions stay in a.Completed: for each of
// them append AbortedTxn to the segment's TxnIndex if it was aborted, then call CompleteTxn.
func (m *ProducerStateManager) Commit(a *ProducerAppend, nextOffset int64) {
	for i := range a.staged {
		s := &a.staged[i]
		if s.current == nil {
			m.add(s.updated)
		} else {
			*s.current = s.updated
		}
	}
	for _, t := range a.started {
		m.ongoing = insertTxn(m.ongoing, t)
	}
	m.mapEnd = nextOffset
}

func (m *ProducerStateManager) add(e producerEntry) {
	if m.producers == nil {
		m.producers = make(map[int64]*producerEntry)
	}
	m.producers[e.id] = &e
}

func insertTxn(list []txnSpan, t txnSpan) []txnSpan {
	i, found := findTxn(list, t.first)
	if found {
		list[i] = t
		return list
	}
	return slices.Insert(list, i, t)
}

func findTxn(list []txnSpan, first int64) (int, bool) {
	return slices.BinarySearchFunc(list, first, func(t txnSpan, first int64) int {
		switch {
		case t.first < first:
			return -1
		case t.first > first:
			return 1
		}
		return 0
	})
}

// CompleteTxn ends an ongoing transaction: it still bounds the last stable offset until the high watermark passes it.
// A transaction that is not known as ongoing is ignored.
func (m *ProducerStateManager) CompleteTxn(t CompletedTxn) {
	i, found := findTxn(m.ongoing, t.FirstOffset)
	if !found {
		return
	}
	m.ongoing = slices.Delete(m.ongoing, i, i+1)
	m.unreplicated = insertTxn(m.unreplicated, txnSpan{producerID: t.ProducerID, first: t.FirstOffset, last: t.LastOffset})
}

// LastStableOffset is the offset below which every transaction is decided once t is completed
// (Kafka's lastStableOffset(CompletedTxn)); it goes into the transaction index.
func (m *ProducerStateManager) LastStableOffset(t CompletedTxn) int64 {
	for _, o := range m.ongoing {
		if o.producerID != t.ProducerID {
			return o.first
		}
	}
	return t.LastOffset + 1
}

// AbortedTxn is the transaction index entry of t; call it before CompleteTxn.
func (m *ProducerStateManager) AbortedTxn(t CompletedTxn) AbortedTxn {
	return AbortedTxn{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset, LastOffset: t.LastOffset, LastStableOffset: m.LastStableOffset(t)}
}

// FirstUnstableOffset is the first offset of the earliest transaction that is undecided or whose end is not yet
// replicated; ok is false when there is none (then the last stable offset is the high watermark).
func (m *ProducerStateManager) FirstUnstableOffset() (offset int64, ok bool) {
	switch {
	case len(m.ongoing) > 0 && len(m.unreplicated) > 0:
		return min(m.ongoing[0].first, m.unreplicated[0].first), true
	case len(m.ongoing) > 0:
		return m.ongoing[0].first, true
	case len(m.unreplicated) > 0:
		return m.unreplicated[0].first, true
	}
	return 0, false
}

// OnHighWatermark forgets decided transactions whose end marker is below hw. Like Kafka it stops at the first whose
// marker is not: the earlier one holds the last stable offset anyway.
func (m *ProducerStateManager) OnHighWatermark(hw int64) {
	n := 0
	for n < len(m.unreplicated) && m.unreplicated[n].last < hw {
		n++
	}
	if n > 0 {
		m.unreplicated = slices.Delete(m.unreplicated, 0, n)
	}
}

// OnLogStartOffset follows an advance of the log start offset.
func (m *ProducerStateManager) OnLogStartOffset(start int64) {
	m.OnHighWatermark(start)
	m.mapEnd = max(m.mapEnd, start)
	m.snapEnd = start
	if n := len(m.snapshots); n > 0 {
		m.snapEnd = m.snapshots[n-1]
	}
}

func (m *ProducerStateManager) expired(e *producerEntry, nowMs int64) bool {
	return e.txnFirst < 0 && nowMs-e.timestamp >= m.opts.ExpirationMs
}

// RemoveExpired forgets producers idle for producer.id.expiration.ms and returns how many.
func (m *ProducerStateManager) RemoveExpired(nowMs int64) int {
	n := 0
	for id, e := range m.producers {
		if m.expired(e, nowMs) {
			delete(m.producers, id)
			n++
		}
	}
	if len(m.producers) == 0 {
		m.producers = nil // a map keeps its buckets
	}
	return n
}

// MapEndOffset is the offset after the last batch this state has seen.
func (m *ProducerStateManager) MapEndOffset() int64 { return m.mapEnd }

// SetMapEndOffset moves MapEndOffset past batches known to carry no producer id, or to where recovery begins.
func (m *ProducerStateManager) SetMapEndOffset(offset int64) { m.mapEnd = offset }

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
func (m *ProducerStateManager) Producers() []ProducerState {
	out := make([]ProducerState, 0, len(m.producers))
	for _, e := range m.producers {
		out = append(out, e.state())
	}
	slices.SortFunc(out, func(a, b ProducerState) int {
		if a.ProducerID < b.ProducerID {
			return -1
		}
		return 1
	})
	return out
}
