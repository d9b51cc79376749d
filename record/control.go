package record

import (
	"encoding/binary"
	"fmt"
)

// ControlType is the type of a control record, held in its key (Kafka: ControlRecordType).
type ControlType int16

// The control records of Kafka 4.4. Types 2 to 6 occur in the metadata log and its snapshots.
const (
	ControlAbort          ControlType = 0
	ControlCommit         ControlType = 1
	ControlLeaderChange   ControlType = 2
	ControlSnapshotHeader ControlType = 3
	ControlSnapshotFooter ControlType = 4
	ControlKRaftVersion   ControlType = 5
	ControlKRaftVoters    ControlType = 6
)

var controlNames = [...]string{"ABORT", "COMMIT", "LEADER_CHANGE", "SNAPSHOT_HEADER", "SNAPSHOT_FOOTER", "KRAFT_VERSION", "KRAFT_VOTERS"}

// String returns Kafka's name of the type.
func (t ControlType) String() string {
	if t >= 0 && int(t) < len(controlNames) {
		return controlNames[t]
	}
	return "UNKNOWN"
}

const controlKeySize = 4

// AppendControlKey appends the key of a control record: version 0 and the type, both int16.
func AppendControlKey(dst []byte, t ControlType) []byte {
	return binary.BigEndian.AppendUint16(append(dst, 0, 0), uint16(t))
}

// ParseControlKey reads the key of a control record. As in Kafka, higher versions and unknown types
// are no error; their first four bytes have the same meaning. ErrCorrupt: too short, or a negative
// version.
func ParseControlKey(key []byte) (version int16, t ControlType, err error) {
	if len(key) < controlKeySize {
		return 0, 0, fmt.Errorf("invalid value size found for control record key: %d: %w", len(key), ErrCorrupt)
	}
	version = int16(binary.BigEndian.Uint16(key))
	if version < 0 {
		return 0, 0, fmt.Errorf("invalid version found for control record: %d: %w", version, ErrCorrupt)
	}
	return version, ControlType(binary.BigEndian.Uint16(key[2:])), nil
}

// EndTxnMarker is the control record that ends a transaction in a partition.
type EndTxnMarker struct {
	Commit           bool
	CoordinatorEpoch int32
}

// ParseEndTxnMarker reads a marker from the key and the value of a control record. ErrInvalid: a
// control record of another type.
func ParseEndTxnMarker(key, value []byte) (EndTxnMarker, error) {
	_, t, err := ParseControlKey(key)
	if err != nil {
		return EndTxnMarker{}, err
	}
	if t != ControlAbort && t != ControlCommit {
		return EndTxnMarker{}, fmt.Errorf("control record of type %d is no end marker: %w", t, ErrInvalid)
	}
	if len(value) < 6 || int16(binary.BigEndian.Uint16(value)) < 0 {
		return EndTxnMarker{}, fmt.Errorf("invalid value found for end transaction marker (%d bytes): %w", len(value), ErrCorrupt)
	}
	return EndTxnMarker{Commit: t == ControlCommit, CoordinatorEpoch: beInt32(value[2:])}, nil
}

// Build makes the control batch of a marker: one record at offset, transactional, without a
// sequence (Kafka: MemoryRecords.withEndTransactionMarker). timestamp is in milliseconds.
func (m EndTxnMarker) Build(offset, timestamp int64, leaderEpoch int32, producerID int64, producerEpoch int16) Batch {
	t := ControlAbort
	if m.Commit {
		t = ControlCommit
	}
	value := binary.BigEndian.AppendUint32([]byte{0, 0}, uint32(m.CoordinatorEpoch)) // version 0
	return controlBatch(BuilderOptions{
		BaseOffset: offset, LeaderEpoch: leaderEpoch, Transactional: true, Control: true,
		Producer: &Producer{ID: producerID, Epoch: producerEpoch, Sequence: NoSequence},
	}, timestamp, t, value)
}

// ControlBatch makes a control batch of one record with an encoded value: LeaderChange,
// SnapshotHeader, SnapshotFooter, KRaftVersion, KRaftVoters (Kafka:
// MemoryRecords.withLeaderChangeMessage and others). timestamp is in milliseconds.
func ControlBatch(t ControlType, value []byte, offset, timestamp int64, leaderEpoch int32) Batch {
	return controlBatch(BuilderOptions{BaseOffset: offset, LeaderEpoch: leaderEpoch, Control: true}, timestamp, t, value)
}

func controlBatch(o BuilderOptions, timestamp int64, t ControlType, value []byte) Batch {
	b := NewBuilder(o)
	err := b.Append(o.BaseOffset, max(timestamp, NoTimestamp), AppendControlKey(nil, t), value, nil)
	if err != nil { // only a value of 2 GiB could do this
		panic(err)
	}
	batch, err := b.Bytes()
	if err != nil {
		panic(err)
	}
	return batch
}

// AppendControl adds a control record at the next offset. The builder's options must have Control
// set.
func (b *Builder) AppendControl(t ControlType, value []byte, timestamp int64) error {
	if !b.o.Control {
		return fmt.Errorf("control record in a batch that is not a control batch: %w", ErrInvalid)
	}
	return b.Append(b.NextOffset(), timestamp, AppendControlKey(nil, t), value, nil)
}
