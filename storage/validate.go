package storage

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gregorhq/gregor/record"
)

// appendCheck is what is found out about records before the lock is taken.
type appendCheck struct {
	// records are the bytes to append: the caller's, or new ones when a batch had to be built anew.
	records []byte
	batches int
	count   int64 // records
	// conversion is what building batches anew cost.
	conversion Conversion
}

// checkLeader validates records for an append by a leader, with nothing but the checksum on the
// hot path: the payload is opened only where the topic asks for it. It may stamp timestamps in
// place. Errors are *AppendError.
func (l *Log) checkLeader(records []byte, c *Config, o AppendOptions) (appendCheck, error) {
	out := appendCheck{records: records}
	rebuilt := []byte(nil)
	for rest := records; len(rest) > 0; {
		b, tail, err := record.Next(rest)
		if err != nil {
			return out, l.formatError(err)
		}
		if o.Origin != OriginRaftLeader && len(b) > c.MaxMessageBytes {
			return out, l.tooLarge(len(b), c)
		}
		if err := l.checkBatch(b, c, o); err != nil {
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

func (l *Log) checkBatch(b record.Batch, c *Config, o AppendOptions) error {
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

// conform does to a batch what the topic's configuration asks for: timestamps, keys, codec. It
// returns b itself unless the batch had to be built anew, whose cost it adds to cost.
func (l *Log) conform(b record.Batch, c *Config, o AppendOptions, cost *Conversion) (record.Batch, error) {
	if o.Origin == OriginRaftLeader || b.IsControl() {
		return b, nil
	}
	v := record.ValidateOptions{Now: o.NowMs, BeforeMaxMs: c.TimestampBeforeMsMax, AfterMaxMs: c.TimestampAfterMsMax}
	if c.LogAppendTime {
		v.TimestampType = record.LogAppendTime
	}
	if o.Origin == OriginClient {
		v.Compacted = c.compacted()
	} else {
		v.BeforeMaxMs, v.AfterMaxMs = math.MaxInt64, math.MaxInt64 // a coordinator's clock is this node's
	}
	if v.NeedsRecords(b) {
		v.Limits = c.limits()
		if err := l.checkRecords(b, v); err != nil {
			return nil, err
		}
	}
	if want := c.CompressionType; want != CompressionProducer && record.Codec(want) != b.Codec() {
		nb, err := recompress(b, record.Codec(want), c, cost)
		if err != nil {
			return nil, l.formatError(err)
		}
		if len(nb) > c.MaxMessageBytes {
			return nil, l.tooLarge(len(nb), c)
		}
		b = nb
	}
	if c.LogAppendTime {
		b.SetMaxTimestamp(record.LogAppendTime, o.NowMs)
	}
	return b, nil
}

// checkRecords opens a batch. What its header says of the time is put right then, and it need not be what brought us here: retention,
// the expiry of producers and the rolling of segments go by it (Kafka: LogValidator stamps every batch; the base timestamp stays, the
// records count from it).
func (l *Log) checkRecords(b record.Batch, v record.ValidateOptions) error {
	v.Partition = l.partitionName()
	res, err := record.ValidateRecords(b, v)
	if err != nil {
		return l.formatError(err)
	}
	if err := res.Err(); err != nil {
		ae := l.formatError(err)
		ae.NoKey = res.NoKey
		for _, e := range res.Errors {
			ae.RecordErrors = append(ae.RecordErrors, RecordError{BatchIndex: e.Index, Message: e.Message})
		}
		return ae
	}
	if v.TimestampType == record.CreateTime { // the append time comes last, conform sees to it
		b.SetMaxTimestamp(record.CreateTime, res.MaxTimestamp)
	}
	return nil
}

// recompress builds the same records with another codec (compression.type of the topic). Records whose offsets do not count
// up from the batch's base offset, in a batch that was not opened before, are refused: the new batch would span other offsets.
func recompress(b record.Batch, codec record.Codec, c *Config, cost *Conversion) (record.Batch, error) {
	began := time.Now()
	defer func() { cost.Took += time.Since(began) }()
	o := record.OptionsOf(b)
	o.Codec, o.Level = codec, c.CompressionLevel
	builder := record.NewBuilder(o)
	var r record.Reader
	r.Open(b, c.limits())
	defer r.Close()
	plain := r.Rest() + r.Rest()/16 // deltas may be written otherwise than the producer did
	if codec == record.None {
		plain = min(plain, c.MaxMessageBytes)
	}
	builder.Grow(plain)
	next := b.BaseOffset()
	for ; r.Next(); next++ {
		rec := r.Record()
		if codec == record.None && builder.Size() > c.MaxMessageBytes {
			return builder.Bytes() // too large already, and the rest may be a hundred times as much
		}
		if rec.Offset != next {
			return nil, fmt.Errorf("record offset %d does not count up from the base offset %d of its batch: %w", rec.Offset, b.BaseOffset(), record.ErrInvalid)
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

// formatError gives an error of package record its kind.
func (l *Log) formatError(err error) *AppendError {
	e := &AppendError{Kind: CorruptMessage, Text: fmt.Sprintf("%v in topic partition %s", err, l.partitionName()), Err: err}
	switch {
	case errors.Is(err, record.ErrLegacy):
		e.Kind = UnsupportedFormat
	case errors.Is(err, record.ErrInvalidTimestamp):
		e.Kind = InvalidTimestamp
	case errors.Is(err, record.ErrInvalid):
		e.Kind = InvalidRecord
	case errors.Is(err, record.ErrUnsupportedCodec):
		e.Kind = UnsupportedCompression
	case errors.Is(err, record.ErrTooLarge):
		e.Kind = RecordTooLarge
	}
	return e
}
