package storage

import (
	"bytes"
	"fmt"

	"github.com/gregorhq/gregor/record"
)

// matches compares everything that l holds with the end of h.
func (r *crashRun) matches(l *Log, h []written, n int64) error {
	start, end := l.LogStartOffset(), l.LogEndOffset()
	var want []byte
	for _, w := range h[:n] {
		if w.last >= start {
			want = append(want, w.bytes...)
		}
	}
	got := []byte{}
	for at := start; at < end; {
		res, err := l.Read(at, ReadOptions{MaxBytes: 1 << 20, Below: end})
		if err != nil {
			return err
		}
		if res.Slice.Size() == 0 {
			break
		}
		if got, err = res.Slice.ReadInto(got[:len(got):len(got)]); err != nil {
			return err
		}
		at = lastBatch(got).NextOffset()
		res.Slice.Close()
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("[%d, %d) holds %d bytes, %d were written", start, end, len(got), len(want))
	}
	for b := range record.Batches(got) {
		if e, ok := l.EpochForOffset(max(b.BaseOffset(), start)); !ok || e != b.PartitionLeaderEpoch() {
			return fmt.Errorf("offset %d has epoch %d, the cache says %d %v: %v, log [%d, %d)", b.BaseOffset(), b.PartitionLeaderEpoch(), e, ok, l.EpochEntries(), start, end)
		}
	}
	if len(got) > 0 {
		if err := r.matchTimes(l, start, end); err != nil {
			return err
		}
	}
	return r.matchProducers(l, got)
}

// matchTimes looks records up by their timestamps, which are 1000 above their offsets.
func (r *crashRun) matchTimes(l *Log, start, end int64) error {
	for range 3 {
		offset := start + r.rng.Int64N(end-start)
		to, found, err := l.OffsetForTimestamp(1000 + offset)
		if err != nil || !found || to.Offset != offset {
			return fmt.Errorf("the record of offset %d is found at %+v %v %v", offset, to, found, err)
		}
	}
	if to, found, err := l.MaxTimestampOffset(); err != nil || !found || to.Offset != end-1 {
		return fmt.Errorf("the newest record of [%d, %d) is at %+v %v %v", start, end, to, found, err)
	}
	return nil
}

func (r *crashRun) matchProducers(l *Log, got []byte) error {
	last := int32(-1)
	for b := range record.Batches(got) {
		if b.HasProducerID() {
			last = b.LastSequence()
		}
	}
	for _, p := range l.Producers() {
		if last >= 0 && p.LastSequence != last {
			return fmt.Errorf("producer state ends with sequence %d, the log with %d", p.LastSequence, last)
		}
		last = -1
	}
	if last >= 0 {
		return fmt.Errorf("producer state is lost, the log has sequence %d", last)
	}
	return nil
}

func lastBatch(b []byte) (last record.Batch) {
	for x := range record.Batches(b) {
		last = x
	}
	return last
}
