package record

import (
	"fmt"
	"math"
)

// UpConvertOptions say how a set of format 0 or 1 becomes batches.
type UpConvertOptions struct {
	// KeepOffsets keeps the absolute offsets, for sets from a log. Without it every batch
	// begins at 0, as in a produce request.
	KeepOffsets bool
	LeaderEpoch int32
	Level       int // of the compression, see Compress
	Limits      Limits
}

// UpConvert appends a set of format 0 or 1 to dst as batches of format 2: one for every wrapper,
// with its codec, and one for every run of plain messages. Format 0 has no timestamps; its records
// get NoTimestamp. As in Kafka, an incomplete message at the end is dropped. Errors are those of
// [MessageSetReader]; dst is then unchanged (Kafka: RecordsUtil and LogValidator's conversion).
func UpConvert(dst, set []byte, o UpConvertOptions) ([]byte, error) {
	start := len(dst)
	var r MessageSetReader
	var b Builder
	open := false
	var timeType TimestampType
	flush := func() error {
		if !open {
			return nil
		}
		open = false
		batch, err := b.Bytes()
		dst = append(dst, batch...)
		return err
	}
	for r.Reset(set, o.Limits); r.Next(); {
		rec := r.Record()
		if open && (r.startsBatch(&b.o, timeType) || o.KeepOffsets && !b.fits(rec.Offset)) {
			if err := flush(); err != nil {
				return dst[:start], err
			}
		}
		if !open {
			timeType = r.timeType
			options := BuilderOptions{Codec: r.Codec(), Level: o.Level, LeaderEpoch: o.LeaderEpoch}
			if o.KeepOffsets {
				options.BaseOffset = rec.Offset
			}
			if timeType == LogAppendTime {
				options.TimestampType, options.AppendTime = LogAppendTime, rec.Timestamp
			}
			b.Reset(options)
			open = true
		}
		if !o.KeepOffsets {
			rec.Offset = b.NextOffset()
		}
		// Every timestamp below NoTimestamp means none. Some old clients wrote arbitrary
		// ones.
		rec.Timestamp = max(rec.Timestamp, NoTimestamp)
		if err := b.AppendRecord(rec); err != nil {
			return dst[:start], fmt.Errorf("converting a message at offset %d: %v: %w", rec.Offset, err, ErrCorrupt)
		}
	}
	if r.Err() != nil {
		return dst[:start], r.Err()
	}
	if err := flush(); err != nil {
		return dst[:start], err
	}
	return dst, nil
}

// startsBatch reports whether the current record cannot join a batch with these options and this
// timestamp type.
func (r *MessageSetReader) startsBatch(o *BuilderOptions, t TimestampType) bool {
	if r.Codec() != o.Codec || r.timeType != t {
		return true
	}
	if t == LogAppendTime && r.rec.Timestamp != o.AppendTime {
		return true
	}
	return r.first && o.Codec != None
}

// fits reports whether a record with this offset can still be appended.
func (b *Builder) fits(offset int64) bool {
	return offset > b.lastOffset && offset-b.o.BaseOffset <= math.MaxInt32
}
