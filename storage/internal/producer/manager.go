// Package producer keeps what a partition knows of its producers, for idempotence and transactions:
// epochs, sequences, open transactions, and the snapshot files of this state (Kafka's
// ProducerStateManager). Everything in it comes from the batches of the log, so that every replica
// knows the same.
package producer

import (
	"log/slog"
	"slices"

	"github.com/gregorhq/gregor/vfs"
)

// Origin is the source of an append, which decides the checks (Kafka's AppendOrigin).
type Origin uint8

const (
	// Client is a produce request: epoch, sequence and duplicates are checked.
	Client Origin = iota
	// Coordinator is a group, transaction or share coordinator of this node: epochs are checked,
	// sequences are not.
	Coordinator
	// RaftLeader is the metadata log's leader.
	RaftLeader
	// Replication is a follower's fetch, and recovery: the leader has checked the batch, so nothing
	// is refused.
	Replication
)

// Values that stand for "none" in Kafka's bytes.
const (
	NoEpoch    int16 = -1
	NoSequence int32 = -1
)

// DefaultMax is the number of producers that a partition remembers if nothing else is set, about 20
// MB.
const DefaultMax = 100_000

// Options configures a Manager.
type Options struct {
	// Topic and Partition are named in error texts only.
	Topic     string
	Partition int32
	// ExpirationMs is producer.id.expiration.ms: an idle producer without an open transaction is
	// forgotten after it.
	ExpirationMs int64
	// Max bounds the number of producers, see Manager.SetMax; 0 means DefaultMax.
	Max int
	// Logger may be nil.
	Logger *slog.Logger
}

// Manager knows the producers of one partition: the last five batches of each, open transactions
// and those whose end is not yet below the high watermark, and the snapshot files. It is not safe
// for concurrent use: every call happens under the log's lock. The values that Capture and
// TakePending return need no lock.
//
// Durability: a snapshot is never the only copy. Recovery replays the log from the newest snapshot
// that is left. A torn snapshot fails its checksum. So it is written in place, and synced only
// together with its segment. Deletions by truncation sync the folder: a
// snapshot that came back after a power cut would stand for records that no longer exist.
type Manager struct {
	fs   vfs.FS
	dir  string
	opts Options

	table table
	// ongoing and unreplicated are sorted by first offset; ongoing transactions have no end marker
	// yet, unreplicated ones have one at or above the high watermark.
	ongoing      []txnSpan
	unreplicated []txnSpan
	// snapshots are the offsets of the snapshot files in dir, in ascending order, including pending
	// ones.
	snapshots []int64
	// pending are snapshots that are taken and not yet written.
	pending []*Snapshot
	// mapEnd is the offset after the last batch that this state has seen; snapEnd that of the
	// newest snapshot.
	mapEnd  int64
	snapEnd int64

	scratch Append
}

// txnSpan is a transaction; last is the offset of its end marker, -1 while it is open.
type txnSpan struct{ producerID, first, last int64 }

// NewManager lists the snapshot files of dir and starts with empty state. An error is an IO error
// of the directory listing. Call TruncateAndReload to load state.
func NewManager(fs vfs.FS, dir string, opts Options) (*Manager, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Manager{fs: fs, dir: dir, opts: opts}
	m.SetMax(opts.Max)
	m.scratch.m = m
	return m, m.listSnapshots()
}

// SetDir notes that the partition's folder was renamed.
func (m *Manager) SetDir(dir string) { m.dir = dir }

// SetExpiration changes producer.id.expiration.ms.
func (m *Manager) SetExpiration(ms int64) { m.opts.ExpirationMs = ms }

// SetMax changes the number of producers that the partition remembers, 0 means DefaultMax. The next
// Commit forgets those above it, the one whose last batch or marker is the oldest first. Producers
// with an open transaction are not forgotten.
func (m *Manager) SetMax(n int) {
	if n <= 0 {
		n = DefaultMax
	}
	m.opts.Max = n
}

// Batch is the remembered state of one appended batch.
type Batch struct {
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

// Commit applies the changes that a has staged, after its bytes are in the log, and moves
// MapEndOffset to nextOffset (last appended offset + 1). Call it for appends without producer ids
// too. Completed transactions stay in a.Completed. Append the aborted ones to the segment's
// transaction index, then call CompleteTxn for each.
func (m *Manager) Commit(a *Append, nextOffset int64) {
	for i := range a.staged {
		s := &a.staged[i]
		if s.current == nil {
			m.table.add(s.updated)
		} else {
			m.table.update(s.current, s.updated)
		}
	}
	for _, t := range a.started {
		m.ongoing = insertTxn(m.ongoing, t)
	}
	m.mapEnd = nextOffset
	m.table.bound(m.opts.Max)
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

// CompleteTxn ends an ongoing transaction: it still bounds the last stable offset until the high
// watermark passes it. A transaction that is not known as ongoing is ignored.
func (m *Manager) CompleteTxn(t CompletedTxn) {
	i, found := findTxn(m.ongoing, t.FirstOffset)
	if !found {
		return
	}
	m.ongoing = slices.Delete(m.ongoing, i, i+1)
	m.unreplicated = insertTxn(m.unreplicated, txnSpan{producerID: t.ProducerID, first: t.FirstOffset, last: t.LastOffset})
}

// LastStableOffset is the offset below which every transaction is decided once t is completed
// (Kafka's lastStableOffset(CompletedTxn)). It goes into the transaction index. Call it before
// CompleteTxn.
func (m *Manager) LastStableOffset(t CompletedTxn) int64 {
	for _, o := range m.ongoing {
		if o.producerID != t.ProducerID {
			return o.first
		}
	}
	return t.LastOffset + 1
}

// FirstUnstableOffset is the first offset of the earliest transaction that is undecided or whose
// end is not yet replicated; ok is false when there is none (then the last stable offset is the
// high watermark).
func (m *Manager) FirstUnstableOffset() (offset int64, ok bool) {
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

// OnHighWatermark forgets decided transactions whose end marker is below hw. Like Kafka it stops at
// the first transaction whose marker is not: the earlier one holds the last stable offset anyway.
func (m *Manager) OnHighWatermark(hw int64) {
	n := 0
	for n < len(m.unreplicated) && m.unreplicated[n].last < hw {
		n++
	}
	if n > 0 {
		m.unreplicated = slices.Delete(m.unreplicated, 0, n)
	}
}

// OnLogStartOffset follows an advance of the log start offset.
func (m *Manager) OnLogStartOffset(start int64) {
	m.OnHighWatermark(start)
	m.mapEnd = max(m.mapEnd, start)
	m.snapEnd = start
	if n := len(m.snapshots); n > 0 {
		m.snapEnd = m.snapshots[n-1]
	}
}

func (m *Manager) expired(e *entry, nowMs int64) bool {
	return e.txnFirst < 0 && nowMs-e.timestamp >= m.opts.ExpirationMs
}

// RemoveExpired forgets producers that were idle for producer.id.expiration.ms and returns their
// number. It looks at no more than 4096 producers, beginning at `from`, so that it does not hold
// the log's lock for long: call it again with from=next until next is 0.
func (m *Manager) RemoveExpired(nowMs int64, from int) (removed, next int) {
	const look = 4096
	at := min(from, m.table.len())
	if from <= 0 {
		at = m.table.len()
	}
	for stop := max(at-look, 0); at > stop; {
		at--
		if n := m.table.nodes[at]; m.expired(&n.entry, nowMs) {
			m.table.remove(n) // the last node takes its place, and that one is looked at already
			removed++
		}
	}
	return removed, at
}

// MapEndOffset is the offset after the last batch that this state has seen.
func (m *Manager) MapEndOffset() int64 { return m.mapEnd }

// SetMapEndOffset moves MapEndOffset past batches known to carry no producer id, or to where
// recovery begins.
func (m *Manager) SetMapEndOffset(offset int64) { m.mapEnd = offset }

// Len is the number of known producers.
func (m *Manager) Len() int { return m.table.len() }

// State is one producer as DescribeProducers shows it.
type State struct {
	ProducerID       int64
	ProducerEpoch    int16
	CoordinatorEpoch int32
	// LastSequence and LastOffset are -1 when no batch is known.
	LastSequence  int32
	LastOffset    int64
	LastTimestamp int64
	// CurrentTxnFirstOffset is -1 without an open transaction.
	CurrentTxnFirstOffset int64
}

// Capture returns the producers of this moment. It copies one pointer for each.
func (m *Manager) Capture() Capture { return m.table.capture() }
