package quorum

import (
	"github.com/gregorhq/gregor/internal/kraft"
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

// metaLog is the metadata log. Invariant: it holds whole batches only, and no batch is ever
// appended, read or truncated in part.
type metaLog struct {
	log logStore
	// start is the snapshot at the log start offset, below which there are no records. Its epoch is
	// that of the last record in it.
	start snapshotID
}

// epochs returns the offsets at which the leader epochs of the log begin, in ascending order. They
// cover the log.
func (m *metaLog) epochs() (out []kraft.Position) {
	epoch, ok := m.log.LatestEpoch()
	end := m.log.LogEndOffset()
	for ok && end > m.log.LogStartOffset() {
		// The next lower epoch ends where this one begins, so that walking down gives every start.
		below := storage.EpochEndOffset{Epoch: -1, Offset: m.log.LogStartOffset()}
		if epoch > 0 {
			if e := m.log.EndOffsetForEpoch(epoch - 1); e.Epoch >= 0 && e.Offset >= 0 {
				below = e
			}
		}
		from := max(below.Offset, m.log.LogStartOffset())
		out = append([]kraft.Position{{Offset: from, Epoch: epoch}}, out...)
		ok, epoch, end = below.Epoch >= 0 && below.Epoch < epoch, below.Epoch, from
	}
	return out
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

// eachBatch calls f for the batches of a part of the log.
func (m *metaLog) eachBatch(from, below int64, f func(record.Batch) error) error {
	for at := from; at < below; {
		data, err := m.read(at, below, readBytes)
		if err != nil {
			return err
		}
		for batch, err := range record.Batches(data) {
			if err == nil {
				err = f(batch)
			}
			if err != nil {
				return err
			}
			at = batch.NextOffset()
		}
	}
	return nil
}

// append writes batches, the first one at an offset. A try that lacked file descriptors may have
// written a part of them. The next try replaces that.
func (m *metaLog) append(first int64, batches []byte, nowMs int64) error {
	if first < m.log.LogEndOffset() {
		if err := m.truncate(first); err != nil {
			return err
		}
	}
	_, err := m.log.AppendAsFollower(batches, storage.AnyEpoch, nowMs)
	return err
}

// truncate cuts the log. After a lack of file descriptors the log may have its new end already: the
// next try has nothing to do.
func (m *metaLog) truncate(offset int64) error {
	if offset >= m.log.LogEndOffset() {
		return nil
	}
	return m.log.TruncateTo(offset)
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
