package record

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ValidateOptions are the rules of a topic for its records.
type ValidateOptions struct {
	Now           int64         // milliseconds
	TimestampType TimestampType // message.timestamp.type of the topic
	BeforeMaxMs   int64         // message.timestamp.before.max.ms; math.MaxInt64: no bound
	AfterMaxMs    int64         // message.timestamp.after.max.ms; math.MaxInt64: no bound
	Compacted     bool          // cleanup.policy contains compact: every record needs a key
	// Produced says that a client sent the batch. Its timestamp type is then not trusted: on a
	// topic with CreateTime the records' own timestamps count, on one with LogAppendTime a
	// batch that says LogAppendTime is refused.
	Produced bool
	// Topic and Partition are for the texts.
	Topic     string
	Partition int32
	Limits    Limits
}

// RecordError is the fault of one record of a batch (field RecordErrors of a Produce response).
type RecordError struct {
	Index   int32 // of the record in its batch, from 0
	Err     error // ErrInvalid or ErrInvalidTimestamp
	Message string
}

// Validation is the result of [ValidateRecords].
type Validation struct {
	// MaxTimestamp is the largest record timestamp, or Now on a topic with LogAppendTime. A
	// leader gives it to [Batch.SetMaxTimestamp], with the topic's timestamp type.
	MaxTimestamp int64
	// MaxTimestampOffset is the offset of the first record with that timestamp, in the offsets
	// of the batch.
	MaxTimestampOffset int64
	// Refused is the number of refused records. If it is not 0, the whole batch must be
	// refused.
	Refused int
	// Errors are the first [MaxRecordErrors] refused records, in their order.
	Errors []RecordError

	// NoKey is the number of records without a key on a compacted topic.
	NoKey int

	badTimestamp bool // among all the refused
}

// MaxRecordErrors bounds how many refused records are named one by one. Kafka has no bound. A small
// compressed batch of millions of empty records would cost the broker gigabytes of text.
const MaxRecordErrors = 1000

// Err returns the record errors as one error in Kafka's words: nil, ErrInvalidTimestamp if any
// timestamp is refused, otherwise ErrInvalid.
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

var readers = sync.Pool{New: func() any { return new(Reader) }}

// release returns a reader to readers.
func (r *Reader) release() {
	r.Close()
	readers.Put(r)
}

// ValidateRecords reads every record of a batch, as Kafka's LogValidator does on a leader: their
// structure, offsets that count up from the base offset without a gap, timestamps within the
// topic's bounds, keys on a compacted topic. Run [Batch.ValidateProduced] before it. A compressed
// payload is decompressed piece by piece and not kept.
//
// A payload that cannot be read is the error (ErrInvalid, ErrTooLarge). Records that the topic
// refuses are in Validation.Errors. The max timestamp in the header of a client's batch may be
// anything: a leader replaces it with Validation.MaxTimestamp.
func ValidateRecords(b Batch, o ValidateOptions) (Validation, error) {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.o, s.v = o, Validation{MaxTimestamp: NoTimestamp, MaxTimestampOffset: b.BaseOffset()}
	s.walk.start(b, &s.o, &s.v)
	err := s.scan(b)
	v := s.v
	s.v = Validation{} // the errors belong to the caller now
	if err != nil {
		return v, err
	}
	if o.TimestampType == LogAppendTime {
		v.MaxTimestamp, v.MaxTimestampOffset = o.Now, b.BaseOffset()
	}
	return v, nil
}

// errNotIncremental marks record offsets that do not count up. Kafka 4.4 tries to rebuild a
// compressed batch with such offsets and fails with an internal error, and stores an uncompressed
// one as it is. Consumers then see offsets that nothing assigned.
var errNotIncremental = fmt.Errorf("record offsets are not incremental: %w", ErrInvalid)

// errTimestampType marks the records of a client's batch that claims the append time of a broker.
var errTimestampType = fmt.Errorf("invalid timestamp type: %w", ErrInvalidTimestamp)

// refuse notes one record. The texts are Kafka's, except the first.
func (v *Validation) refuse(o *ValidateOptions, index int32, offset, timestamp int64, err error) {
	v.Refused++
	v.badTimestamp = v.badTimestamp || errors.Is(err, ErrInvalidTimestamp)
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
		e.Message = fmt.Sprintf("Record offset %d does not count up from the base offset of its batch in topic partition %s-%d", offset, o.Topic, o.Partition)
	case ErrInvalid:
		e.Message = fmt.Sprintf("Compacted topic cannot accept message without key in topic partition %s-%d", o.Topic, o.Partition)
	case errTimestampType:
		e.Err = ErrInvalidTimestamp
		e.Message = fmt.Sprintf("Invalid timestamp type in message with offset %d. Producer should not set timestamp type to LogAppendTime.", offset)
	case ErrInvalidTimestamp:
		e.Message = fmt.Sprintf("Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
			timestamp, offset, o.Now-o.BeforeMaxMs, o.Now+o.AfterMaxMs)
	}
	v.Errors = append(v.Errors, e)
}
