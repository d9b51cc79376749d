package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Producer identifies the batch of an idempotent or transactional producer.
type Producer struct {
	ID       int64
	Epoch    int16
	Sequence int32 // of the first record; NoSequence for control batches
}

// BuilderOptions describe a new batch. The zero value is an uncompressed CreateTime batch at offset
// 0.
type BuilderOptions struct {
	Codec         Codec
	Level         int   // see Compress
	BaseOffset    int64 // offset of the first record, or of one before it that compaction removed
	LeaderEpoch   int32 // NoPartitionLeaderEpoch in what a producer sends
	Producer      *Producer
	Transactional bool
	Control       bool
	// TimestampType LogAppendTime gives every record AppendTime, in milliseconds.
	TimestampType TimestampType
	AppendTime    int64
	// DeleteHorizon (milliseconds, above 0) sets the attribute bit and replaces the base
	// timestamp (KIP-534).
	DeleteHorizon int64
}

// OptionsOf returns the options that build a batch with the header and the codec of b, at the
// default level.
func OptionsOf(b Batch) BuilderOptions {
	o := BuilderOptions{
		Codec: b.Codec(), BaseOffset: b.BaseOffset(), LeaderEpoch: b.PartitionLeaderEpoch(), Transactional: b.IsTransactional(),
		Control: b.IsControl(), TimestampType: b.TimestampType(),
	}
	if o.TimestampType == LogAppendTime {
		o.AppendTime = b.MaxTimestamp()
	}
	if ms, ok := b.DeleteHorizon(); ok {
		o.DeleteHorizon = ms
	}
	if b.HasProducerID() {
		o.Producer = &Producer{ID: b.ProducerID(), Epoch: b.ProducerEpoch(), Sequence: b.BaseSequence()}
	}
	return o
}

// Builder makes one batch of format 2. Reset makes its memory available for the next one.
type Builder struct {
	o          BuilderOptions
	buf        []byte // header, then the records uncompressed
	out        []byte // the compressed batch
	count      int32
	lastOffset int64
	baseTime   int64
	maxTime    int64
}

// NewBuilder starts a batch.
func NewBuilder(o BuilderOptions) *Builder {
	b := new(Builder)
	b.Reset(o)
	return b
}

// Reset starts another batch. It overwrites the last result of Bytes.
func (b *Builder) Reset(o BuilderOptions) {
	if o.Producer != nil {
		p := *o.Producer // the caller may change its own
		o.Producer = &p
	}
	*b = Builder{o: o, buf: append(b.buf[:0], make([]byte, HeaderSize)...), out: b.out[:0], lastOffset: o.BaseOffset - 1,
		baseTime: NoTimestamp, maxTime: NoTimestamp}
	if o.DeleteHorizon > 0 {
		b.baseTime = o.DeleteHorizon
	}
}

// Count returns the number of records.
func (b *Builder) Count() int { return int(b.count) }

// Size returns the size of the batch in bytes before compression.
func (b *Builder) Size() int { return len(b.buf) }

// Grow reserves room for n more bytes of records.
func (b *Builder) Grow(n int) { b.buf = slices.Grow(b.buf, n) }

// NextOffset returns the offset after the last record, the base offset while there is none.
func (b *Builder) NextOffset() int64 { return b.lastOffset + 1 }

// Append adds a record. Offsets must rise and stay within 2^31 of the base offset. Timestamps, in
// milliseconds, must not be below NoTimestamp. A nil key or value is null. Append copies
// everything. Errors: ErrInvalid, or ErrTooLarge beyond 2 GiB. After an error the batch is
// unchanged.
func (b *Builder) Append(offset, timestamp int64, key, value []byte, headers []Header) error {
	if timestamp < NoTimestamp {
		return fmt.Errorf("invalid negative timestamp %d: %w", timestamp, ErrInvalid)
	}
	body := 0
	for _, h := range headers {
		body += sizeOf(h.Key) + len(h.Key) + sizeOf(h.Value) + len(h.Value)
		if h.Key == nil {
			return fmt.Errorf("null key in a record header: %w", ErrInvalid)
		}
	}
	if err := b.start(offset, timestamp, key, value, len(headers), body); err != nil {
		return err
	}
	for _, h := range headers {
		b.buf = appendNullable(b.buf, h.Key)
		b.buf = appendNullable(b.buf, h.Value)
	}
	return nil
}

// AppendRecord adds a record with the offset and the timestamp that it was read with. It accepts
// every timestamp, because compaction must be able to rewrite every log.
func (b *Builder) AppendRecord(r Record) error {
	if err := b.start(r.Offset, r.Timestamp, r.Key, r.Value, r.Headers.n, len(r.Headers.raw)); err != nil {
		return err
	}
	b.buf = append(b.buf, r.Headers.raw...)
	return nil
}

// start appends a record without the bytes of its headers.
func (b *Builder) start(offset, timestamp int64, key, value []byte, headers, headerBytes int) error {
	delta := offset - b.o.BaseOffset
	if offset <= b.lastOffset || delta < 0 || delta > math.MaxInt32 {
		return fmt.Errorf("offset %d after %d in a batch based at %d: %w", offset, b.lastOffset, b.o.BaseOffset, ErrInvalid)
	}
	base := b.baseTime
	if b.count == 0 && b.o.DeleteHorizon <= 0 {
		base = timestamp
	}
	timeDelta := timestamp - base
	size := 1 + varintSize(timeDelta) + varintSize(delta) + sizeOf(key) + len(key) + sizeOf(value) + len(value) +
		varintSize(int64(headers)) + headerBytes
	if size > math.MaxInt32-len(b.buf)-5 {
		return fmt.Errorf("batch of more than 2 GiB: %w", ErrTooLarge)
	}
	b.baseTime = base
	b.maxTime = max(b.maxTime, timestamp)
	b.lastOffset = offset
	b.count++
	b.buf = binary.AppendVarint(b.buf, int64(size))
	b.buf = append(b.buf, 0)
	b.buf = binary.AppendVarint(b.buf, timeDelta)
	b.buf = binary.AppendVarint(b.buf, delta)
	b.buf = appendNullable(b.buf, key)
	b.buf = appendNullable(b.buf, value)
	b.buf = binary.AppendVarint(b.buf, int64(headers))
	return nil
}

// SetLastOffset makes the batch end at an offset beyond its last record. Compaction keeps the range
// of a batch in this way.
func (b *Builder) SetLastOffset(offset int64) error {
	if offset < b.lastOffset || offset-b.o.BaseOffset > math.MaxInt32 {
		return fmt.Errorf("last offset %d of a batch with records up to %d: %w", offset, b.lastOffset, ErrInvalid)
	}
	b.lastOffset = offset
	return nil
}

// Bytes finishes the batch: it compresses the records and sets the checksum. The result is a view
// into the builder's memory, valid until Reset. A batch without records is possible only after
// SetLastOffset (compaction keeps such batches for the last sequence of a producer).
func (b *Builder) Bytes() (Batch, error) {
	delta := b.lastOffset - b.o.BaseOffset
	if delta < 0 {
		return nil, fmt.Errorf("batch without records: %w", ErrInvalid)
	}
	batch := Batch(b.buf)
	if b.o.Codec != None {
		var err error
		b.out = append(b.out[:0], b.buf[:HeaderSize]...)
		if b.count > 0 {
			if b.out, err = Compress(b.out, b.buf[HeaderSize:], b.o.Codec, b.o.Level); err != nil {
				return nil, err
			}
		}
		batch = Batch(b.out)
	}
	b.writeHeader(batch, int32(delta))
	return batch, nil
}

func (b *Builder) writeHeader(h Batch, lastOffsetDelta int32) {
	attributes, maxTime := int16(b.o.Codec), b.maxTime
	if b.o.TimestampType == LogAppendTime {
		attributes |= timestampTypeBit
		maxTime = b.o.AppendTime
	}
	if b.o.Transactional {
		attributes |= transactionalBit
	}
	if b.o.Control {
		attributes |= controlBit
	}
	if b.o.DeleteHorizon > 0 {
		attributes |= deleteHorizonBit
	}
	producer := Producer{ID: NoProducerID, Epoch: NoProducerEpoch, Sequence: NoSequence}
	if b.o.Producer != nil {
		producer = *b.o.Producer
	}
	e := binary.BigEndian
	e.PutUint64(h, uint64(b.o.BaseOffset))
	e.PutUint32(h[lengthAt:], uint32(len(h)-LogOverhead))
	e.PutUint32(h[leaderEpochAt:], uint32(b.o.LeaderEpoch))
	h[magicAt] = currentMagic
	e.PutUint16(h[attributesAt:], uint16(attributes))
	e.PutUint32(h[lastOffsetDeltaAt:], uint32(lastOffsetDelta))
	e.PutUint64(h[baseTimestampAt:], uint64(b.baseTime))
	e.PutUint64(h[maxTimestampAt:], uint64(maxTime))
	e.PutUint64(h[producerIDAt:], uint64(producer.ID))
	e.PutUint16(h[producerEpochAt:], uint16(producer.Epoch))
	e.PutUint32(h[baseSequenceAt:], uint32(producer.Sequence))
	e.PutUint32(h[countAt:], uint32(b.count))
	h.restamp()
}

func appendNullable(dst, v []byte) []byte {
	if v == nil {
		return append(dst, 1) // varint -1
	}
	dst = binary.AppendVarint(dst, int64(len(v)))
	return append(dst, v...)
}

// sizeOf returns the size of the varint length of v.
func sizeOf(v []byte) int {
	if v == nil {
		return 1
	}
	return varintSize(int64(len(v)))
}
