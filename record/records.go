package record

import (
	"fmt"
	"math"
	"strings"
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
	// Refused is the number of records refused; if it is not 0, the batch must be refused as a whole.
	Refused int
	// Errors are the first [MaxRecordErrors] records refused, in their order.
	Errors []RecordError

	// NoKey is how many of the refused had no key on a compacted topic.
	NoKey int

	badTimestamp bool // among all the refused
}

// MaxRecordErrors bounds how many refused records are named one by one. Kafka has no bound; but then a small compressed batch of millions
// of empty records costs its sender nothing and the broker gigabytes of text.
const MaxRecordErrors = 1000

// Err sums the record errors up in Kafka's words: nil, ErrInvalidTimestamp if any timestamp is at fault, else ErrInvalid.
func (v *Validation) Err() error {
	if v.Refused == 0 {
		return nil
	}
	text := "One or more records have been rejected due to "
	if v.badTimestamp {
		return fmt.Errorf("%sinvalid timestamp: %w", text, ErrInvalidTimestamp)
	}
	var first []string
	for _, e := range v.Errors[:min(3, len(v.Errors))] {
		first = append(first, fmt.Sprintf("RecordError(batchIndex=%d, message='%s')", e.Index, e.Message))
	}
	return fmt.Errorf("%s%d record errors in total, and only showing the first three errors at most: [%s]: %w", text,
		v.Refused, strings.Join(first, ", "), ErrInvalid)
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
	if ms >= o.Now {
		return uint64(ms)-uint64(o.Now) <= uint64(o.AfterMaxMs)
	}
	return uint64(o.Now)-uint64(ms) <= uint64(o.BeforeMaxMs)
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// release puts a reader back that came from there.
func (r *Reader) release() {
	r.Close()
	readers.Put(r)
}

// ValidateRecords opens a batch and checks every record, as Kafka's LogValidator does on a leader: structure, offsets that count up from
// the base offset without a gap, timestamps within the topic's bounds, keys on a compacted topic. Run [Batch.ValidateProduced] before it.
// A payload that cannot be read is the error (ErrInvalid, ErrTooLarge); records that the topic refuses are in Validation.Errors. A header
// may say any max timestamp: who stores a batch that was opened stamps it with Validation.MaxTimestamp.
func ValidateRecords(b Batch, o ValidateOptions) (Validation, error) {
	r := readers.Get().(*Reader)
	defer r.release()
	v := Validation{MaxTimestamp: NoTimestamp, MaxTimestampOffset: b.BaseOffset()}
	index := int32(0)
	for r.Open(b, o.Limits); r.Next(); index++ {
		rec := &r.rec
		if rec.Timestamp > v.MaxTimestamp {
			v.MaxTimestamp, v.MaxTimestampOffset = rec.Timestamp, rec.Offset
		}
		if err := o.check(rec, b.BaseOffset()+int64(index)); err != nil {
			v.refuse(o, rec, index, err)
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

// check is all that can be wrong with one readable record.
func (o *ValidateOptions) check(rec *Record, wantOffset int64) error {
	switch {
	case rec.Offset != wantOffset:
		return errNotIncremental
	case o.Compacted && rec.Key == nil:
		return ErrInvalid
	case o.TimestampType == CreateTime && !o.timestampOK(rec.Timestamp):
		return ErrInvalidTimestamp
	}
	return nil
}

// errNotIncremental marks record offsets that do not count up. Kafka 4.4 tries to rebuild a compressed batch with such and fails with an
// internal error, and stores an uncompressed one as it is; both leave its readers with offsets that nobody assigned.
var errNotIncremental = fmt.Errorf("record offsets are not incremental: %w", ErrInvalid)

// refuse notes one record; the texts are Kafka's, but for the first.
func (v *Validation) refuse(o ValidateOptions, rec *Record, index int32, err error) {
	v.Refused++
	v.badTimestamp = v.badTimestamp || err == ErrInvalidTimestamp
	if err == ErrInvalid {
		v.NoKey++
	}
	if len(v.Errors) == MaxRecordErrors {
		return
	}
	e := RecordError{Index: index, Err: err}
	switch err {
	case errNotIncremental:
		e.Err = ErrInvalid
		e.Message = fmt.Sprintf("Record offset %d does not count up from the base offset of its batch in topic partition %s", rec.Offset, o.Partition)
	case ErrInvalid:
		e.Message = "Compacted topic cannot accept message without key in topic partition " + o.Partition
	case ErrInvalidTimestamp:
		e.Message = fmt.Sprintf("Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
			rec.Timestamp, rec.Offset, o.Now-o.BeforeMaxMs, o.Now+o.AfterMaxMs)
	}
	v.Errors = append(v.Errors, e)
}
