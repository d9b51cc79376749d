package producer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// A snapshot file is Kafka's ProducerSnapshot message, version 1, big-endian:
//
//	int16 version | uint32 CRC-32C of the rest | int32 count | count × 46 bytes:
//	int64 producer id | int16 epoch | int32 last sequence | int64 last offset |
//	int32 offset delta | int64 timestamp ms | int32 coordinator epoch |
//	int64 first offset of the open transaction, -1 without one
const (
	snapshotVersion    = 1
	snapshotHeaderSize = 10
	snapshotCRCAt      = 2
	snapshotBodyAt     = 6
	snapshotEntrySize  = 46
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrCorruptSnapshot is a producer snapshot that fails its checksum or contradicts its own length.
var ErrCorruptSnapshot = errors.New("storage: corrupt producer snapshot")

// SnapshotEntry is one producer of a snapshot file.
type SnapshotEntry struct {
	ProducerID int64
	Epoch      int16
	// LastSequence, LastOffset and OffsetDelta describe the last batch; -1, -1, 0 when there is
	// none.
	LastSequence          int32
	LastOffset            int64
	OffsetDelta           int32
	Timestamp             int64 // ms
	CoordinatorEpoch      int32
	CurrentTxnFirstOffset int64 // -1 without an open transaction
}

// EncodeSnapshot gives the bytes of a snapshot file.
func EncodeSnapshot(entries []SnapshotEntry) []byte {
	b := make([]byte, 0, snapshotHeaderSize+len(entries)*snapshotEntrySize)
	b = binary.BigEndian.AppendUint16(b, snapshotVersion)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)))
	for _, e := range entries {
		b = binary.BigEndian.AppendUint64(b, uint64(e.ProducerID))
		b = binary.BigEndian.AppendUint16(b, uint16(e.Epoch))
		b = binary.BigEndian.AppendUint32(b, uint32(e.LastSequence))
		b = binary.BigEndian.AppendUint64(b, uint64(e.LastOffset))
		b = binary.BigEndian.AppendUint32(b, uint32(e.OffsetDelta))
		b = binary.BigEndian.AppendUint64(b, uint64(e.Timestamp))
		b = binary.BigEndian.AppendUint32(b, uint32(e.CoordinatorEpoch))
		b = binary.BigEndian.AppendUint64(b, uint64(e.CurrentTxnFirstOffset))
	}
	binary.BigEndian.PutUint32(b[snapshotCRCAt:], crc32.Checksum(b[snapshotBodyAt:], castagnoli))
	return b
}

// DecodeSnapshot reads the bytes of a snapshot file; errors wrap ErrCorruptSnapshot. The count is
// believed only as far as bytes are there.
func DecodeSnapshot(b []byte) ([]SnapshotEntry, error) {
	if len(b) < snapshotHeaderSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrCorruptSnapshot, len(b))
	}
	if v := int16(binary.BigEndian.Uint16(b)); v != snapshotVersion {
		return nil, fmt.Errorf("%w: version %d, expected %d", ErrCorruptSnapshot, v, snapshotVersion)
	}
	if crc := crc32.Checksum(b[snapshotBodyAt:], castagnoli); crc != binary.BigEndian.Uint32(b[snapshotCRCAt:]) {
		return nil, fmt.Errorf("%w: stored checksum %d, computed %d", ErrCorruptSnapshot, binary.BigEndian.Uint32(b[snapshotCRCAt:]), crc)
	}
	n, b := int32(binary.BigEndian.Uint32(b[snapshotBodyAt:])), b[snapshotHeaderSize:]
	if n < 0 || int64(n)*snapshotEntrySize > int64(len(b)) {
		return nil, fmt.Errorf("%w: %d entries in %d bytes", ErrCorruptSnapshot, n, len(b))
	}
	entries := make([]SnapshotEntry, n)
	for i := range entries {
		entries[i] = decodeSnapshotEntry(b[i*snapshotEntrySize:])
	}
	return entries, nil
}

func decodeSnapshotEntry(b []byte) SnapshotEntry {
	i32 := func(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
	i64 := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
	return SnapshotEntry{
		ProducerID: i64(0), Epoch: int16(binary.BigEndian.Uint16(b[8:])), LastSequence: i32(10), LastOffset: i64(14),
		OffsetDelta: i32(22), Timestamp: i64(26), CoordinatorEpoch: i32(34), CurrentTxnFirstOffset: i64(38),
	}
}

// entry is the state that a snapshot entry stands for. Of the last five batches only the last one
// is in it.
func (s *SnapshotEntry) entry() entry {
	e := emptyEntry(s.ProducerID)
	e.epoch, e.timestamp, e.coordinator = s.Epoch, s.Timestamp, s.CoordinatorEpoch
	if s.CurrentTxnFirstOffset >= 0 {
		e.txnFirst = s.CurrentTxnFirstOffset
	}
	if s.LastOffset >= 0 && s.OffsetDelta >= 0 {
		e.push(batchSpan{lastOffset: s.LastOffset, timestamp: s.Timestamp, lastSeq: s.LastSequence, delta: s.OffsetDelta})
	}
	return e
}

// latestSnapshot is the newest snapshot file, or math.MinInt64.
func (m *Manager) latestSnapshot() int64 {
	if n := len(m.snapshots); n > 0 {
		return m.snapshots[n-1]
	}
	return math.MinInt64
}
