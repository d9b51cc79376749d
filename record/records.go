package record

import (
	"fmt"
	"math"
	"sync"
)

// ValidateOptions are what a topic demands of the records themselves.
type ValidateOptions struct {
	Now           int64         // milliseconds
	TimestampType TimestampType // message.timestamp.type of the topic
	BeforeMaxMs   int64         // message.timestamp.before.max.ms; math.MaxInt64: no bound
	AfterMaxMs    int64         // message.timestamp.after.max.ms; math.MaxInt64: no bound
	Compacted     bool          // cleanup.policy contains compact: every record needs a key
	Partition     string        // "topic-0", for the texts
	Limits        Limits
}

// RecordError says what is wrong with one record of a batch (Produce response field RecordErrors).
type RecordError struct {
	Index   int32 // of the record in its batch, from 0
	Err     error // ErrInvalid or ErrInvalidTimestamp
	Message string
}

// Validation is what [ValidateRecords] found out.
type Validation struct {
	// MaxTimestamp is the largest record timestamp, or Now on a topic with LogAppendTime: what [Batch.SetMaxTimestamp] is to be called
	// with, together with the topic's type.
	MaxTimestamp int64
	// MaxTimestampOffset is the offset of the first record that has it, in the offsets of the batch.
	MaxTimestampOffset int64
	// Errors are the records refused, in their order; the batch must then be refused as a whole.
	Errors []RecordError
}

// Err sums the record errors up in Kafka's words: nil, ErrInvalidTimestamp if any timestamp is at fault, else ErrInvalid.
func (v *Validation) Err() error {
	if len(v.Errors) == 0 {
		return nil
	}
	for _, e := range v.Errors {
		if e.Err == ErrInvalidTimestamp {
			return fmt.Errorf("One or more records have been rejected due to invalid timestamp: %w", ErrInvalidTimestamp) //nolint:staticcheck // Kafka's text
		}
	}
	return fmt.Errorf("One or more records have been rejected due to %d record errors: %w", len(v.Errors), ErrInvalid) //nolint:staticcheck
}

// NeedsRecords reports whether a batch has to be opened for these options. Where it has not, the header says all: that is the hot path.
// A header whose max timestamp is within the bounds is believed, so a default topic (bounds on the future only) stays on it.
func (o *ValidateOptions) NeedsRecords(b Batch) bool {
	if o.Compacted {
		return true
	}
	if o.TimestampType == LogAppendTime {
		return false
	}
	return o.BeforeMaxMs < math.MaxInt64 || !o.timestampOK(b.MaxTimestamp())
}

// timestampOK tells whether a timestamp is within the topic's bounds, without overflow.
func (o *ValidateOptions) timestampOK(ms int64) bool {
	if ms == NoTimestamp {
		return true
	}
	age := o.Now - ms // both are non-negative, or ms is slightly below 0: no overflow worth a thought
	return age <= o.BeforeMaxMs && -age <= o.AfterMaxMs
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// ValidateRecords opens a batch and checks every record, as Kafka's LogValidator does on a leader: structure, offsets that count up from
// the base offset without a gap, timestamps within the topic's bounds, keys on a compacted topic. Run [Batch.ValidateProduced] before it.
// A payload that cannot be read is the error (ErrCorrupt, ErrTooLarge); records that the topic refuses are in Validation.Errors.
func ValidateRecords(b Batch, o ValidateOptions) (Validation, error) {
	r := readers.Get().(*Reader)
	defer readers.Put(r)
	v := Validation{MaxTimestamp: NoTimestamp, MaxTimestampOffset: b.BaseOffset()}
	index := int32(0)
	for r.Reset(b, o.Limits); r.Next(); index++ {
		rec := &r.rec
		if rec.Timestamp > v.MaxTimestamp {
			v.MaxTimestamp, v.MaxTimestampOffset = rec.Timestamp, rec.Offset
		}
		if err, text := o.check(b, rec, index); err != nil {
			v.Errors = append(v.Errors, RecordError{Index: index, Err: err, Message: text})
		}
	}
	if r.Err() != nil {
		return v, r.Err()
	}
	if o.TimestampType == LogAppendTime {
		v.MaxTimestamp, v.MaxTimestampOffset = o.Now, b.BaseOffset()
	}
	return v, nil
}

// check is all that concerns one record. The texts are Kafka's.
func (o *ValidateOptions) check(b Batch, rec *Record, index int32) (error, string) {
	want := b.BaseOffset() + int64(index)
	switch {
	case rec.Offset != want:
		return ErrInvalid, fmt.Sprintf("Inner record %s inside the compressed record batch does not have incremental offsets, expected offset is %d in topic partition %s.",
			describe(rec), want, o.Partition)
	case o.Compacted && rec.Key == nil:
		return ErrInvalid, fmt.Sprintf("Compacted topic cannot accept message without key in topic partition %s.", o.Partition)
	case o.TimestampType == CreateTime && !o.timestampOK(rec.Timestamp):
		return ErrInvalidTimestamp, fmt.Sprintf("Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
			rec.Timestamp, rec.Offset, o.Now-o.BeforeMaxMs, o.Now+o.AfterMaxMs)
	}
	return nil, ""
}

func describe(rec *Record) string {
	return fmt.Sprintf("DefaultRecord(offset=%d, timestamp=%d, key=%d bytes, value=%d bytes)", rec.Offset, rec.Timestamp, size(rec.Key), size(rec.Value))
}

func size(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}

// OffsetOfMaxTimestamp finds the first record whose timestamp is the batch's max timestamp; ok is false if none is (Kafka:
// RecordBatch.offsetOfMaxTimestamp, which ListOffsets with timestamp -3 uses).
func (b Batch) OffsetOfMaxTimestamp(limits Limits) (offset int64, ok bool, err error) {
	r := readers.Get().(*Reader)
	defer readers.Put(r)
	for r.Reset(b, limits); r.Next(); {
		if r.rec.Timestamp == b.MaxTimestamp() {
			return r.rec.Offset, true, nil
		}
	}
	return 0, false, r.Err()
}

// Recompress appends b to dst with its payload under another codec, all else alike: what compression.type asks of a leader when it is
// not "producer". Errors are those of [Decompress] and [Compress].
func Recompress(dst []byte, b Batch, codec Codec, level int, limits Limits) ([]byte, error) {
	plain := b.Payload()
	if b.Codec() != None && len(plain) > 0 {
		r := readers.Get().(*Reader)
		defer readers.Put(r)
		var err error
		if r.buf, err = Decompress(r.buf[:0], plain, b.Codec(), limits); err != nil {
			return dst, err
		}
		plain = r.buf
	}
	start := len(dst)
	dst = append(dst, b[:HeaderSize]...)
	var err error
	if len(plain) > 0 {
		if dst, err = Compress(dst, plain, codec, level); err != nil {
			return dst[:start], err
		}
	}
	if len(dst)-start > math.MaxInt32 {
		return dst[:start], fmt.Errorf("batch of more than 2 GiB: %w", ErrTooLarge)
	}
	out := Batch(dst[start:])
	out.setCodec(codec)
	return dst, nil
}
