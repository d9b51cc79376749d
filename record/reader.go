package record

import (
	"encoding/binary"
	"fmt"
)

// Reader walks the records of one batch after another. It allocates nothing for a record. It
// decompresses a payload as a whole, into a buffer that it keeps for the next batch. The zero value
// is ready for use:
//
//	r.Reset(batch, limits)
//	for r.Next() {
//		rec := r.Record()
//	}
//	err := r.Err()
//
// A Reader is not safe for concurrent use.
type Reader struct {
	rest       []byte // undecoded part of the payload
	left       int32  // records that the header still promises
	baseOffset int64
	baseTime   int64
	appendTime int64 // valid if logAppend
	logAppend  bool
	rec        Record
	maxRecord  int // Limits.MaxRecord
	err        error
	buf        []byte // decompressed payload; reused
	large      bool   // buf has a slot, see Open
}

// maxKeptBuffer is the largest buffer that a Reader or pool keeps between batches, in bytes.
const maxKeptBuffer = 4 << 20

// Reset points the reader at a batch. It does not check the checksum, see [Batch.Validate]. An
// error, also one of the decompression, shows in Next and Err. The records of the batch before
// become invalid.
func (r *Reader) Reset(b Batch, limits Limits) { r.reset(b, limits, false) }

// reset is Reset. hold keeps the slot of a large batch until Close.
func (r *Reader) reset(b Batch, limits Limits, hold bool) {
	r.Close()
	buf := r.buf
	if cap(buf) > maxKeptBuffer {
		buf = nil
	}
	*r = Reader{buf: buf}
	if len(b) < HeaderSize {
		r.err = fmt.Errorf("batch of %d bytes: %w", len(b), ErrCorrupt)
		return
	}
	r.left = b.Count()
	r.baseOffset = b.BaseOffset()
	r.baseTime = b.BaseTimestamp()
	r.maxRecord = limits.MaxRecord
	r.logAppend = b.TimestampType() == LogAppendTime
	r.appendTime = b.MaxTimestamp()
	r.rest = b.Payload()
	if r.left < 0 {
		r.err = errNegativeCount(r.left)
		return
	}
	if codec := b.Codec(); codec != None && len(r.rest) > 0 {
		r.buf, r.large, r.err = unpack(r.buf[:0], r.rest, codec, limits, false)
		r.rest = r.buf
		if r.large && !hold {
			r.large = false
			<-opening
		}
	}
}

// Err returns the error that ended Next before the last record, nil if there was none. It is
// ErrInvalid, ErrTooLarge or ErrUnsupportedCodec.
func (r *Reader) Err() error { return r.err }

// Record returns the current record. It is valid until Reset.
func (r *Reader) Record() Record { return r.rec }

// Rest returns how many bytes of the decompressed payload the reader has not read yet.
func (r *Reader) Rest() int { return len(r.rest) }

// Next moves to the next record. It returns false at the end and after an error. As in Kafka, bytes
// after the last record are an error.
func (r *Reader) Next() bool {
	if r.err != nil {
		return false
	}
	if r.left == 0 {
		if len(r.rest) > 0 {
			r.err = errTrailing(len(r.rest))
		}
		return false
	}
	length, n := varint(r.rest)
	if n == 0 || length < minRecordSize-1 || int(length) > len(r.rest)-n {
		r.err = errRecordSize
		return false
	}
	if r.maxRecord > 0 && int(length) > r.maxRecord {
		r.err = errRecordTooLong(length, r.maxRecord)
		return false
	}
	end := n + int(length)
	if !r.parse(r.rest[n:end:end]) {
		r.err = errRecordForm
		return false
	}
	r.rec.Size = end
	r.rest = r.rest[end:]
	r.left--
	return true
}

var (
	errRecordSize = fmt.Errorf("incorrect declared batch size, premature end or bad record length: %w", ErrInvalid)
	errRecordForm = fmt.Errorf("the fields of a record do not fill its length: %w", ErrInvalid)
)

func errNegativeCount(n int32) error {
	return fmt.Errorf("invalid record count %d in magic v2 batch: %w", n, ErrInvalid)
}

func errTrailing(n int) error {
	return fmt.Errorf("incorrect declared batch size, %d bytes after the last record: %w", n, ErrInvalid)
}

func errRecordTooLong(length int32, limit int) error {
	return fmt.Errorf("invalid record size: %d exceeds the configured maximum record size of %d: %w", length, limit, ErrInvalid)
}

// parse decodes one record body, which must fill b exactly. It accepts the records that
// walker.record accepts, which is a second parser because it needs no fields.
func (r *Reader) parse(b []byte) bool {
	rec := &r.rec
	rec.Attributes = int8(b[0])
	b = b[1:]
	timeDelta, n := varlong(b)
	if n == 0 {
		return false
	}
	b = b[n:]
	offsetDelta, n := varint(b)
	if n == 0 {
		return false
	}
	b = b[n:]
	rec.Offset = r.baseOffset + int64(offsetDelta)
	rec.Timestamp = r.baseTime + timeDelta
	if r.logAppend {
		rec.Timestamp = r.appendTime
	}
	var ok bool
	if rec.Key, b, ok = nullable(b); !ok {
		return false
	}
	if rec.Value, b, ok = nullable(b); !ok {
		return false
	}
	count, n := varint(b)
	if n == 0 || count < 0 || int(count) > len(b)-n {
		return false
	}
	rec.Headers = Headers{raw: b[n:], n: int(count)}
	return checkHeaders(b[n:], int(count))
}

// checkHeaders reports whether b is exactly n headers, none with a null key.
func checkHeaders(b []byte, n int) bool {
	for range n {
		key, rest, ok := nullable(b)
		if !ok || key == nil {
			return false
		}
		if _, b, ok = nullable(rest); !ok {
			return false
		}
	}
	return len(b) == 0
}

// beInt32 returns the big-endian int32 at the front of b.
func beInt32(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) }
