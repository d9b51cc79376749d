package storage

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gregorhq/gregor/record"
)

// Validated is records that a leader may append: see Log.Validate and Log.AppendValidated.
type Validated struct {
	// records are the bytes to append: the caller's, or new ones when a batch was compressed
	// again.
	records []byte
	config  *Config
	batches int
	count   int64 // records
	// conversion is the cost of compressing batches again.
	conversion Conversion
}

// Validate checks records for an append by a leader, as Kafka's LogValidator does: the checksum and
// the header of each batch, every record in it, also of compressed batches, and what the topic's
// configuration demands. It changes the records in place: the header gets the max timestamp and the
// timestamp type that the records and the topic have, whatever the client wrote there. It takes no
// lock. Errors are *AppendError.
func (l *Log) Validate(records []byte, o AppendOptions) (Validated, error) {
	c := l.Config()
	out := Validated{records: records, config: c}
	rebuilt := []byte(nil)
	for rest := records; len(rest) > 0; {
		b, tail, err := record.Next(rest)
		if err != nil {
			return out, l.formatError(err)
		}
		if o.Origin != OriginRaftLeader && len(b) > c.MaxMessageBytes {
			return out, l.tooLarge(len(b), c)
		}
		if err := l.checkHeader(b, c, o); err != nil {
			return out, err
		}
		nb, err := l.conform(b, c, o, &out.conversion)
		if err != nil {
			return out, err
		}
		if (rebuilt != nil || len(nb) != len(b) || &nb[0] != &b[0]) && len(nb) > 0 {
			if rebuilt == nil {
				rebuilt = append(make([]byte, 0, len(records)), records[:len(records)-len(rest)]...)
			}
			rebuilt = append(rebuilt, nb...)
		}
		out.batches++
		out.count += int64(b.Count())
		rest = tail
	}
	if rebuilt != nil {
		out.records = rebuilt
	}
	if int64(len(out.records)) > c.SegmentBytes && o.Origin != OriginRaftLeader {
		return out, &AppendError{Kind: RecordListTooLarge, Text: fmt.Sprintf(
			"Message batch size is %d bytes in append to partition %s, which exceeds the maximum configured segment size of %d.",
			len(out.records), l.partitionName(), c.SegmentBytes)}
	}
	return out, nil
}

// checkHeader checks the checksum and the header of a batch.
func (l *Log) checkHeader(b record.Batch, c *Config, o AppendOptions) error {
	var err error
	if o.Origin == OriginClient {
		if err = b.ValidateProduced(); err == nil && b.Codec() != record.None && int(b.Count()) > c.limits().MaxRecords() {
			err = fmt.Errorf("%d records are more than a batch may decompress to: %w", b.Count(), record.ErrInvalid)
		}
	} else {
		err = b.Validate()
	}
	if err == nil && o.Origin == OriginRaftLeader && b.PartitionLeaderEpoch() != o.LeaderEpoch {
		return &AppendError{Kind: InvalidRecord, Text: fmt.Sprintf("Append from Raft leader did not set the batch epoch correctly, expected %d but the batch has %d",
			o.LeaderEpoch, b.PartitionLeaderEpoch())}
	}
	if err != nil {
		return l.formatError(err)
	}
	return nil
}

// conform checks the records of a batch and makes the batch what the topic's configuration demands:
// timestamps and codec. It returns b itself unless the batch had to be compressed again, whose cost
// it adds to cost. Control batches and the batches of a Raft leader stay as they are.
func (l *Log) conform(b record.Batch, c *Config, o AppendOptions, cost *Conversion) (record.Batch, error) {
	if o.Origin == OriginRaftLeader || b.IsControl() {
		return b, nil
	}
	v := record.ValidateOptions{Now: o.NowMs, BeforeMaxMs: c.TimestampBeforeMsMax, AfterMaxMs: c.TimestampAfterMsMax,
		Topic: l.topic, Partition: l.partition, Limits: c.limits()}
	if c.LogAppendTime {
		v.TimestampType = record.LogAppendTime
	}
	if o.Origin == OriginClient {
		v.Produced, v.Compacted = true, c.compacted()
	} else {
		// A coordinator has this node's clock.
		v.BeforeMaxMs, v.AfterMaxMs = math.MaxInt64, math.MaxInt64
	}
	res, err := record.ValidateRecords(b, v)
	if err != nil {
		return nil, l.formatError(err)
	}
	if res.Refused > 0 {
		return nil, l.refusedRecords(&res)
	}
	if want := c.CompressionType; want != CompressionProducer && record.Codec(want) != b.Codec() {
		// A client may have set the bits of a broker. Without them, the records are read with their
		// own timestamps, as the check above has read them.
		b.SetMaxTimestamp(record.CreateTime, b.MaxTimestamp())
		nb, err := recompress(b, record.Codec(want), c, o.Elapsed, cost)
		if err != nil {
			return nil, l.formatError(err)
		}
		if len(nb) > c.MaxMessageBytes {
			return nil, l.tooLarge(len(nb), c)
		}
		b = nb
	}
	// Retention, look-ups by time, the expiry of producers and the rolling of segments use this
	// timestamp. The base timestamp stays, because the records count from it.
	b.SetMaxTimestamp(v.TimestampType, res.MaxTimestamp)
	return b, nil
}

// refusedRecords is the refusal of a batch because of some of its records, in Kafka's words.
func (l *Log) refusedRecords(res *record.Validation) *AppendError {
	err := res.Err()
	ae := &AppendError{Kind: errorKind(err), Text: record.Text(err), NoKey: res.NoKey, Err: err}
	for _, e := range res.Errors {
		ae.RecordErrors = append(ae.RecordErrors, RecordError{BatchIndex: e.Index, Message: e.Message})
	}
	return ae
}

// recompress builds the same records with another codec (compression.type of the topic). It refuses
// records whose offsets do not count up from the batch's base offset, because the new batch would
// span other offsets. Like Kafka, it refuses a producer id without an epoch and timestamps below
// -1.
func recompress(b record.Batch, codec record.Codec, c *Config, elapsed func() time.Duration, cost *Conversion) (record.Batch, error) {
	if elapsed != nil {
		began := elapsed()
		defer func() { cost.Took += elapsed() - began }()
	}
	o := record.OptionsOf(b)
	o.Codec, o.Level = codec, c.CompressionLevel
	builder := record.NewBuilder(o)
	var r record.Reader
	r.Open(b, c.limits())
	defer r.Close()
	if b.HasProducerID() && b.ProducerEpoch() < 0 {
		return nil, fmt.Errorf("invalid negative producer epoch: %w", record.ErrInvalid)
	}
	plain := r.Rest() + r.Rest()/16 // deltas may be written otherwise than the producer did
	if codec == record.None {
		plain = min(plain, c.MaxMessageBytes)
	}
	builder.Grow(plain)
	next := b.BaseOffset()
	for ; r.Next(); next++ {
		rec := r.Record()
		if codec == record.None && builder.Size() > c.MaxMessageBytes {
			return builder.Bytes() // too large already; the rest may be much larger
		}
		if rec.Offset != next {
			return nil, fmt.Errorf("record offset %d does not count up from the base offset %d of its batch: %w", rec.Offset, b.BaseOffset(), record.ErrInvalid)
		}
		if rec.Timestamp < record.NoTimestamp {
			return nil, fmt.Errorf("invalid negative timestamp %d: %w", rec.Timestamp, record.ErrInvalidTimestamp)
		}
		if err := builder.AppendRecord(rec); err != nil {
			return nil, err
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if next != b.NextOffset() {
		return nil, fmt.Errorf("the batch ends at offset %d, its records at %d: %w", b.LastOffset(), next-1, record.ErrInvalid)
	}
	cost.Records, cost.Bytes = cost.Records+int64(builder.Count()), cost.Bytes+int64(builder.Size())
	return builder.Bytes()
}

func (l *Log) tooLarge(size int, c *Config) error {
	return &AppendError{Kind: RecordTooLarge, Text: fmt.Sprintf(
		"The record batch size in the append to %s is %d bytes which exceeds the maximum configured value of %d.",
		l.partitionName(), size, c.MaxMessageBytes)}
}

func (l *Log) partitionName() string { return PartitionDirName(l.topic, l.partition) }

// formatError gives an error of package record its kind and Kafka's form.
func (l *Log) formatError(err error) *AppendError {
	text := record.Text(err)
	return &AppendError{Kind: errorKind(err), Text: fmt.Sprintf("%s%s in topic partition %s", strings.ToUpper(text[:1]), text[1:], l.partitionName()), Err: err}
}

func errorKind(err error) AppendErrorKind {
	switch {
	case errors.Is(err, record.ErrLegacy):
		return UnsupportedFormat
	case errors.Is(err, record.ErrInvalidTimestamp):
		return InvalidTimestamp
	case errors.Is(err, record.ErrInvalid):
		return InvalidRecord
	case errors.Is(err, record.ErrUnsupportedCodec):
		return UnsupportedCompression
	case errors.Is(err, record.ErrTooLarge):
		return RecordTooLarge
	}
	return CorruptMessage
}
