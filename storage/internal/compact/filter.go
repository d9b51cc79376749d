package compact

import (
	"encoding/binary"

	"github.com/gregorhq/gregor/record"
)

// batchFilter decides what stays of a batch and rebuilds it (Kafka's MemoryRecords.filterTo with
// the cleaner's filter).
type batchFilter struct {
	offsets *offsetMap
	txns    *txns
	active  map[int64]LastRecord
	// upperBound is the first uncleanable offset of this round; the batch before it stays, if only
	// as a header, so that the log keeps its last offset.
	upperBound        int64
	nowMs             int64
	deleteRetentionMs int64
	limits            record.Limits
	stats             *Stats

	reader   record.Reader
	builder  record.Builder
	retained []record.Record
	empty    [record.HeaderSize]byte
}

// filter returns the batch to write in b's place: b itself, a rebuilt batch that is valid until the
// next call, or nil. The rules, in Kafka's order:
//   - A record stays if its offset is the last one of its key. If its value is null, it stays until
//     its tombstone may be deleted.
//   - Records of aborted transactions are dropped.
//   - A marker is dropped after its transaction has no record left and the delete horizon has
//     passed. The first run that finds no record left sets the horizon.
//   - Of a batch with a live producer's last sequence at least the header stays.
func (f *batchFilter) filter(b record.Batch) (record.Batch, error) {
	f.stats.MessagesRead += int64(b.Count())
	canDiscard, err := f.txns.onBatch(b)
	if err != nil {
		return nil, err
	}
	discard := canDiscard
	horizon, hasHorizon := b.DeleteHorizon()
	if b.IsControl() {
		discard = canDiscard && hasHorizon && horizon <= f.nowMs
	}
	keepEmpty := b.HasProducerID() && f.holdsLastOf(b) || b.NextOffset() == f.upperBound
	if discard && !keepEmpty {
		return nil, nil
	}
	f.retained = f.retained[:0]
	tombstones := false
	if !discard {
		if tombstones, err = f.retain(b); err != nil {
			return nil, err
		}
	}
	f.stats.MessagesWritten += int64(len(f.retained))
	if len(f.retained) == 0 {
		if keepEmpty {
			return f.emptyBatch(b), nil
		}
		return nil, nil
	}
	setHorizon := !hasHorizon && (tombstones || b.IsControl() && canDiscard)
	if len(f.retained) == int(b.Count()) && !setHorizon {
		return b, nil
	}
	return f.rebuild(b, setHorizon)
}

// holdsLastOf reports whether the producer state knows its producer by this batch: it is the last
// batch of records, or, when no record is known, the marker that has the producer's epoch.
func (f *batchFilter) holdsLastOf(b record.Batch) bool {
	last, ok := f.active[b.ProducerID()]
	switch {
	case !ok:
		return false
	case last.Offset >= 0:
		return b.LastOffset() == last.Offset
	}
	return b.IsControl() && b.ProducerEpoch() == last.Epoch
}

// retain collects the records that stay. Their bytes belong to the batch or to the reader.
func (f *batchFilter) retain(b record.Batch) (tombstones bool, err error) {
	horizon, hasHorizon := b.DeleteHorizon()
	tombstonesStay := !hasHorizon || f.nowMs < horizon
	for f.reader.Reset(b, f.limits); f.reader.Next(); {
		r := f.reader.Record()
		if !b.IsControl() && r.Offset <= f.offsets.latest {
			if r.Key == nil {
				f.stats.InvalidMessages++
				continue
			}
			if r.Offset < f.offsets.get(r.Key) || r.Value == nil && !tombstonesStay {
				continue
			}
		}
		tombstones = tombstones || r.Value == nil
		f.retained = append(f.retained, r)
	}
	return tombstones, f.reader.Err()
}

// rebuild writes the retained records into a batch with b's header. Its offsets stay: base, last,
// and each record's.
func (f *batchFilter) rebuild(b record.Batch, setHorizon bool) (record.Batch, error) {
	o := record.OptionsOf(b)
	o.Level = record.DefaultLevel
	if setHorizon {
		o.DeleteHorizon = f.nowMs + f.deleteRetentionMs
	}
	f.builder.Reset(o)
	for _, r := range f.retained {
		if err := f.builder.AppendRecord(r); err != nil {
			return nil, err
		}
	}
	if err := f.builder.SetLastOffset(b.LastOffset()); err != nil {
		return nil, err
	}
	return f.builder.Bytes()
}

// Positions in a batch header that emptyBatch patches (Kafka's DefaultRecordBatch).
const (
	batchLengthAt     = 8
	batchCRCAt        = 17
	batchAttributesAt = 21
	batchBaseTimeAt   = 27
	batchCountAt      = 57
	keptAttributes    = 0x08 | 0x10 | 0x20 // timestamp type, transactional, control; no codec, no horizon
)

// emptyBatch is b's header alone (Kafka's DefaultRecordBatch.writeEmptyHeader): offsets, sequences,
// producer and max timestamp as they were, no codec, no delete horizon, no records.
func (f *batchFilter) emptyBatch(b record.Batch) record.Batch {
	e := record.Batch(f.empty[:])
	copy(e, b)
	be := binary.BigEndian
	be.PutUint32(e[batchLengthAt:], record.HeaderSize-record.LogOverhead)
	be.PutUint16(e[batchAttributesAt:], uint16(b.Attributes())&keptAttributes)
	noTimestamp := record.NoTimestamp
	be.PutUint64(e[batchBaseTimeAt:], uint64(noTimestamp))
	be.PutUint32(e[batchCountAt:], 0)
	be.PutUint32(e[batchCRCAt:], e.ComputeCRC())
	return e
}
