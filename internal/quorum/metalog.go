package quorum

import (
	"fmt"
	"math"
	"sort"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// logStore is the part of storage.Log that the quorum uses.
type logStore interface {
	AppendAsFollower(records []byte, leaderEpoch int32, nowMs int64) (storage.AppendInfo, error)
	Read(from int64, o storage.ReadOptions) (storage.ReadResult, error)
	LogStartOffset() int64
	LogEndOffset() int64
	SetHighWatermark(hw int64) int64
	Sync(upTo int64) error
	TruncateTo(offset int64) error
	TruncateFullyAndStartAt(offset int64) error
	SetLogStartOffset(offset int64) error
	DeleteOldSegments(nowMs int64) (n int, reason string, err error)
	DeleteFiles(nowMs int64) (n int, err error)
	LatestEpoch() (epoch int32, ok bool)
	EndOffsetForEpoch(epoch int32) storage.EpochEndOffset
	Size() int64
	Close(clean bool) error
}

// readBytes bounds one read of the log.
const readBytes = 4 << 20

// epochStart is the first offset of a leader epoch.
type epochStart struct {
	epoch  int32
	offset int64
}

// metaLog implements raft.Storage over a Kafka log.
//
// A record at offset o is the raft entry with index o + 1, and its leader epoch is the entry's
// term. The entry of a batch's first record carries the bytes of the whole batch, the entries of
// its other records are empty.
//
// Invariants: the log holds whole batches only, and no batch is ever appended, read or truncated in
// part; everything in it is synced, except inside append. epochs ascend strictly in epoch and
// offset and cover the log.
type metaLog struct {
	log    logStore
	epochs []epochStart
	// start is the newest snapshot at or below the log start offset; it gives the term before the
	// first entry.
	start snapshotID
	conf  *raftpb.ConfState
	hard  *raftpb.HardState
}

// newMetaLog reads the leader epochs of the log.
func newMetaLog(log logStore, start snapshotID) *metaLog {
	m := &metaLog{log: log, start: start}
	epoch, ok := log.LatestEpoch()
	end := log.LogEndOffset()
	for ok && end > log.LogStartOffset() {
		// The next lower epoch ends where this one begins, so that walking down gives every start.
		below := storage.EpochEndOffset{Epoch: -1, Offset: log.LogStartOffset()}
		if epoch > 0 {
			if e := log.EndOffsetForEpoch(epoch - 1); e.Epoch >= 0 && e.Offset >= 0 {
				below = e
			}
		}
		from := max(below.Offset, log.LogStartOffset())
		m.epochs = append([]epochStart{{epoch, from}}, m.epochs...)
		ok, epoch, end = below.Epoch >= 0 && below.Epoch < epoch, below.Epoch, from
	}
	return m
}

// InitialState implements raft.Storage.
func (m *metaLog) InitialState() (*raftpb.HardState, *raftpb.ConfState, error) {
	return m.hard, m.conf, nil
}

// FirstIndex implements raft.Storage.
func (m *metaLog) FirstIndex() (uint64, error) { return uint64(m.log.LogStartOffset()) + 1, nil }

// LastIndex implements raft.Storage.
func (m *metaLog) LastIndex() (uint64, error) { return uint64(m.log.LogEndOffset()), nil }

// Term implements raft.Storage.
func (m *metaLog) Term(index uint64) (uint64, error) {
	if index == 0 {
		return 0, nil
	}
	offset := int64(index - 1)
	switch start := m.log.LogStartOffset(); {
	case offset >= m.log.LogEndOffset():
		return 0, raft.ErrUnavailable
	case offset < start-1:
		return 0, raft.ErrCompacted
	case offset == start-1:
		return uint64(m.start.Epoch), nil
	}
	return uint64(m.epochOf(offset)), nil
}

// epochOf is the leader epoch of an offset in the log.
func (m *metaLog) epochOf(offset int64) int32 {
	i := sort.Search(len(m.epochs), func(i int) bool { return m.epochs[i].offset > offset })
	if i == 0 {
		return m.start.Epoch
	}
	return m.epochs[i-1].epoch
}

// Snapshot implements raft.Storage. It has the position of the snapshot only: a follower fetches
// the content with Kafka's FetchSnapshot.
func (m *metaLog) Snapshot() (*raftpb.Snapshot, error) {
	return &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{
		ConfState: m.conf, Index: new(uint64(m.start.Offset)), Term: new(uint64(m.start.Epoch))}}, nil
}

// Entries implements raft.Storage. It returns entries of whole batches only, about readBytes or
// maxSize at a time.
func (m *metaLog) Entries(lo, hi, maxSize uint64) ([]*raftpb.Entry, error) {
	if int64(lo-1) < m.log.LogStartOffset() {
		return nil, raft.ErrCompacted
	}
	if int64(hi-1) > m.log.LogEndOffset() {
		return nil, raft.ErrUnavailable
	}
	data, err := m.read(int64(lo-1), int64(hi-1), int(min(maxSize, readBytes)))
	if err != nil {
		return nil, err
	}
	var entries []*raftpb.Entry
	for len(data) > 0 {
		batch, rest, err := record.Next(data)
		if err != nil {
			return nil, err
		}
		data = rest
		for _, e := range entriesOf(batch) {
			if e.GetIndex() >= lo && e.GetIndex() < hi {
				entries = append(entries, e)
			}
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("quorum: the metadata log has no record at offset %d", lo-1)
	}
	return entries, nil
}

// read returns whole batches, beginning with the batch that contains offset from, up to offset
// below.
func (m *metaLog) read(from, below int64, maxBytes int) ([]byte, error) {
	result, err := m.log.Read(from, storage.ReadOptions{MaxBytes: maxBytes, MinOneBatch: true, Below: below})
	if err != nil {
		return nil, err
	}
	defer result.Slice.Close()
	return result.Slice.ReadInto(nil)
}

// entriesOf are the raft entries of a batch: the first one carries its bytes.
func entriesOf(batch record.Batch) []*raftpb.Entry {
	n := int(batch.LastOffsetDelta()) + 1
	entries := make([]*raftpb.Entry, n)
	space := make([]raftpb.Entry, n)
	term := uint64(batch.PartitionLeaderEpoch())
	for i := range entries {
		space[i].Index = new(uint64(batch.BaseOffset()) + uint64(i) + 1)
		space[i].Term = new(term)
		entries[i] = &space[i]
	}
	entries[0].Data = batch
	return entries
}

// append makes entries durable. It stores the batch of leaderChange for a leader's empty entry,
// which has no batch. Entries that contradict the log replace its end.
func (m *metaLog) append(entries []*raftpb.Entry, nowMs int64, leaderChange func(offset int64, epoch int32) record.Batch) error {
	first := int64(entries[0].GetIndex()) - 1
	if first < m.log.LogEndOffset() {
		if err := m.truncate(first); err != nil {
			return err
		}
	}
	var buf []byte
	for i := 0; i < len(entries); {
		e := entries[i]
		offset, epoch := int64(e.GetIndex())-1, int32(e.GetTerm())
		batch := record.Batch(e.GetData())
		if len(batch) == 0 {
			batch = leaderChange(offset, epoch)
		}
		n := int(batch.LastOffsetDelta()) + 1
		if batch.BaseOffset() != offset || batch.PartitionLeaderEpoch() != epoch || i+n > len(entries) || e.GetTerm() > math.MaxInt32 {
			return fmt.Errorf("quorum: the entry at index %d of term %d carries a batch for offset %d of epoch %d",
				e.GetIndex(), e.GetTerm(), batch.BaseOffset(), batch.PartitionLeaderEpoch())
		}
		m.note(epoch, offset)
		buf = append(buf, batch...)
		i += n
	}
	if _, err := m.log.AppendAsFollower(buf, storage.AnyEpoch, nowMs); err != nil {
		return err
	}
	return m.log.Sync(m.log.LogEndOffset())
}

func (m *metaLog) note(epoch int32, offset int64) {
	if n := len(m.epochs); n == 0 || m.epochs[n-1].epoch < epoch {
		m.epochs = append(m.epochs, epochStart{epoch, offset})
	}
}

func (m *metaLog) truncate(offset int64) error {
	err := m.log.TruncateTo(offset)
	if err != nil {
		// After a lack of file descriptors the log may have its new end already. The next append
		// finds nothing to truncate then.
		offset = m.log.LogEndOffset()
	}
	for n := len(m.epochs); n > 0 && m.epochs[n-1].offset >= offset; n-- {
		m.epochs = m.epochs[:n-1]
	}
	return err
}

// dropPrefix deletes the log below the end of a snapshot.
func (m *metaLog) dropPrefix(id snapshotID, nowMs int64) error {
	if id.Offset <= m.log.LogStartOffset() {
		return nil
	}
	if err := m.log.SetLogStartOffset(id.Offset); err != nil {
		return err
	}
	m.start = id
	if _, _, err := m.log.DeleteOldSegments(nowMs); err != nil {
		return err
	}
	_, err := m.log.DeleteFiles(nowMs)
	return err
}
