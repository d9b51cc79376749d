package storage

import (
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// recallBytes are the numbers of bytes before a snapshot that loadProducers reads, one after the
// other until every recent producer has its last batches. The last one bounds the cost of an open.
// It holds the batches in flight of 50 producers with 5 batches of the default batch.size.
var recallBytes = [...]int64{32 << 10, 256 << 10, 4 << 20}

// loadProducers brings the producer state to the newest snapshot at or below end, and recalls the
// batches before the last one of each recent producer from the log. The caller replays the rest.
func (l *Log) loadProducers(end, nowMs int64) error {
	loaded := l.producers.MapEndOffset() == end
	if err := l.producers.TruncateAndReload(l.logStart.Load(), end, nowMs); err != nil || loaded {
		return err
	}
	at := l.producers.MapEndOffset()
	r := l.producers.Recall(nowMs)
	if r == nil || at <= l.logStart.Load() {
		return nil
	}
	for _, n := range recallBytes {
		whole, err := l.recall(r, at, n)
		if err != nil || r.Finish() || whole {
			return err
		}
		r.Reset()
	}
	return nil
}

// recall adds the batches in the last n bytes before offset end to r. whole is true when the log
// has no bytes before these.
func (l *Log) recall(r *producer.Recall, end, n int64) (whole bool, err error) {
	last := l.floorSegment(end - 1)
	first := last
	for n -= l.segments[first].size.Load(); n > 0 && first > 0; first-- {
		n -= l.segments[first-1].size.Load()
	}
	for i := first; i <= last; i++ {
		pos := int64(0)
		if i == first && n < 0 {
			pos = l.segments[i].entryBefore(-n)
		}
		if err := l.segments[i].recall(r, pos, end); err != nil {
			return false, err
		}
	}
	return first == 0 && n >= 0, nil
}

// entryBefore returns the position of the last index entry at or before pos, 0 for none.
func (s *segment) entryBefore(pos int64) (at int64) {
	_ = s.withIndex(func(x *segfile.Index) {
		for _, e := range x.Offsets {
			if int64(e.Pos) <= pos {
				at = int64(e.Pos)
			}
		}
	})
	return at
}

// recall adds the batches of the segment from pos on that end before offset end. Batches before
// damaged bytes do not count: the batches of a producer must be consecutive up to end.
func (s *segment) recall(r *producer.Recall, pos, end int64) error {
	h, err := s.file.Acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	sc := segfile.Scan(h.File, pos, s.size.Load())
	defer sc.Done()
	for sc.Next() {
		if sc.Head.Next() > end {
			return nil
		}
		if sc.Head.Magic == 2 && sc.Head.ProducerID >= 0 {
			r.Add(record.Batch(sc.Bytes()))
		}
	}
	if sc.Bad {
		r.Reset()
	}
	return sc.Err
}
