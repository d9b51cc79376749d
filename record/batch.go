package record

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// Sizes of the parts of a batch, in bytes (Kafka: Records.LOG_OVERHEAD,
// DefaultRecordBatch.RECORD_BATCH_OVERHEAD).
const (
	LogOverhead = 12 // base offset and length: common to all formats
	HeaderSize  = 61 // the whole header of format 2
)

const (
	lengthAt          = 8
	leaderEpochAt     = 12
	magicAt           = 16
	crcAt             = 17
	attributesAt      = 21
	lastOffsetDeltaAt = 23
	baseTimestampAt   = 27
	maxTimestampAt    = 35
	producerIDAt      = 43
	producerEpochAt   = 51
	baseSequenceAt    = 53
	countAt           = 57

	codecMask         = 0x07
	timestampTypeBit  = 0x08
	transactionalBit  = 0x10
	controlBit        = 0x20
	deleteHorizonBit  = 0x40
	knownAttributes   = codecMask | timestampTypeBit | transactionalBit | controlBit | deleteHorizonBit
	currentMagic      = 2
	minLegacyOverhead = 14 // a message of format 0 after its LogOverhead
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is exactly one whole record batch of format 2. It is a view, not a copy. [Next] and
// [Builder.Bytes] make it; both guarantee a whole header. On a shorter slice the accessors panic.
// Setters write to the underlying bytes.
type Batch []byte

func (b Batch) i16(at int) int16 { return int16(binary.BigEndian.Uint16(b[at:])) }
func (b Batch) i32(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }
func (b Batch) i64(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }

// BaseOffset returns the offset of the first record at the time when the batch was built.
// Compaction may have removed that record.
func (b Batch) BaseOffset() int64 { return b.i64(0) }

// SetBaseOffset moves the batch to another offset. The checksum does not cover the offset.
func (b Batch) SetBaseOffset(offset int64) { binary.BigEndian.PutUint64(b, uint64(offset)) }

// Size returns the size of the whole batch in bytes, with its header.
func (b Batch) Size() int { return LogOverhead + int(b.i32(lengthAt)) }

// PartitionLeaderEpoch returns the epoch of the leader that appended the batch.
func (b Batch) PartitionLeaderEpoch() int32 { return b.i32(leaderEpochAt) }

// SetPartitionLeaderEpoch sets the leader epoch. The checksum does not cover it.
func (b Batch) SetPartitionLeaderEpoch(epoch int32) {
	binary.BigEndian.PutUint32(b[leaderEpochAt:], uint32(epoch))
}

// Magic returns the format: 2.
func (b Batch) Magic() int8 { return int8(b[magicAt]) }

// CRC returns the stored CRC-32C. [Batch.ComputeCRC] returns the correct one.
func (b Batch) CRC() uint32 { return binary.BigEndian.Uint32(b[crcAt:]) }

// ComputeCRC returns the CRC-32C of the bytes that the checksum covers: from the attributes to the
// end.
func (b Batch) ComputeCRC() uint32 { return crc32.Checksum(b[attributesAt:], castagnoli) }

func (b Batch) restamp() { binary.BigEndian.PutUint32(b[crcAt:], b.ComputeCRC()) }

// Attributes returns the raw attribute bits.
func (b Batch) Attributes() int16 { return b.i16(attributesAt) }

// LastOffsetDelta returns the last offset minus the base offset. Compaction does not change it.
func (b Batch) LastOffsetDelta() int32 { return b.i32(lastOffsetDeltaAt) }

// LastOffset returns the offset of the last record at the time when the batch was built.
func (b Batch) LastOffset() int64 { return b.BaseOffset() + int64(b.LastOffsetDelta()) }

// NextOffset returns the first offset after the batch.
func (b Batch) NextOffset() int64 { return b.LastOffset() + 1 }

// BaseTimestamp returns the timestamp, in milliseconds, to which the records' timestamp deltas are
// relative.
func (b Batch) BaseTimestamp() int64 { return b.i64(baseTimestampAt) }

// MaxTimestamp returns the largest timestamp of the records in milliseconds, or the append time of
// a LogAppendTime batch.
func (b Batch) MaxTimestamp() int64 { return b.i64(maxTimestampAt) }

// ProducerID returns the id of the idempotent or transactional producer, or [NoProducerID].
func (b Batch) ProducerID() int64 { return b.i64(producerIDAt) }

// HasProducerID reports whether an idempotent or transactional producer wrote the batch.
func (b Batch) HasProducerID() bool { return b.ProducerID() > NoProducerID }

// ProducerEpoch returns the epoch of the producer id, or [NoProducerEpoch].
func (b Batch) ProducerEpoch() int16 { return b.i16(producerEpochAt) }

// BaseSequence returns the sequence number of the first record, or [NoSequence].
func (b Batch) BaseSequence() int32 { return b.i32(baseSequenceAt) }

// LastSequence returns the sequence number of the last record, or [NoSequence]. Sequences wrap to 0
// after 2^31-1.
func (b Batch) LastSequence() int32 {
	if b.BaseSequence() == NoSequence {
		return NoSequence
	}
	return AddSequence(b.BaseSequence(), b.LastOffsetDelta())
}

// Count returns the number of records in the batch. It is 0 only after compaction.
func (b Batch) Count() int32 { return b.i32(countAt) }

// Codec returns the compression of the payload. Before Validate it may be one that does not exist.
func (b Batch) Codec() Codec { return Codec(b.Attributes() & codecMask) }

// TimestampType returns the origin of the timestamps.
func (b Batch) TimestampType() TimestampType {
	return TimestampType(b.Attributes() & timestampTypeBit >> 3)
}

// IsTransactional reports whether the batch belongs to a transaction.
func (b Batch) IsTransactional() bool { return b.Attributes()&transactionalBit != 0 }

// IsControl reports whether the batch holds control records, which consumers never see.
func (b Batch) IsControl() bool { return b.Attributes()&controlBit != 0 }

// DeleteHorizon returns the time in milliseconds from which compaction may remove tombstones and
// transaction markers of this batch (KIP-534). ok is false when compaction has not set it.
func (b Batch) DeleteHorizon() (ms int64, ok bool) {
	if b.Attributes()&deleteHorizonBit == 0 {
		return NoTimestamp, false
	}
	return b.BaseTimestamp(), true
}

// Payload returns the records, compressed if a codec is set. It is a view.
func (b Batch) Payload() []byte { return b[HeaderSize:] }

// SetMaxTimestamp sets the timestamp type and the max timestamp in milliseconds, and the checksum
// with them (Kafka: DefaultRecordBatch.setMaxTimestamp). It also takes a delete horizon away, which
// only compaction may set. It costs a pass over the batch only when something changes; then, as in
// Kafka, it clears the attribute bits that have no meaning.
func (b Batch) SetMaxTimestamp(t TimestampType, ms int64) {
	attributes := uint16(b.Attributes()) &^ (timestampTypeBit | deleteHorizonBit)
	if t == LogAppendTime {
		attributes |= timestampTypeBit
	}
	if attributes == uint16(b.Attributes()) && b.MaxTimestamp() == ms {
		return
	}
	binary.BigEndian.PutUint16(b[attributesAt:], attributes&knownAttributes)
	binary.BigEndian.PutUint64(b[maxTimestampAt:], uint64(ms))
	b.restamp()
}

// AddSequence returns the sequence number n records after seq. It wraps to 0 after 2^31-1 (Kafka:
// DefaultRecordBatch.incrementSequence).
func AddSequence(seq, n int32) int32 { return int32((int64(seq) + int64(n)) & math.MaxInt32) }

// setCodec makes the header match a new payload: codec, length, checksum.
func (b Batch) setCodec(c Codec) {
	binary.BigEndian.PutUint32(b[lengthAt:], uint32(len(b)-LogOverhead))
	binary.BigEndian.PutUint16(b[attributesAt:], uint16(b.Attributes())&^codecMask|uint16(c))
	b.restamp()
}
