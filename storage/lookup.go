package storage

import (
	"io"

	"github.com/gregorhq/gregor/record"
)

// OffsetForTimestamp finds the first record, at or above the log start, with a timestamp at or
// above ts (milliseconds). found is false when there is none. It looks through the time index,
// then the heads of the batches, then into one batch (Kafka's LogSegment.findOffsetByTimestamp).
func (l *Log) OffsetForTimestamp(ts int64) (to TimestampOffset, found bool, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return to, false, ErrClosed
	}
	for _, s := range l.segments {
		newest, _, err := s.maxTimestamp()
		if err != nil {
			return to, false, l.readError(err)
		}
		if newest < ts {
			continue
		}
		to, found, err = s.findTimestamp(ts, l.logStart.Load())
		if err != nil {
			return to, false, l.readError(err)
		}
		if found {
			return to, true, nil
		}
	}
	return to, false, nil
}

// MaxTimestampOffset finds the first record that has the largest timestamp of the log (ListOffsets
// with timestamp -3, KIP-734). found is false for an empty log.
func (l *Log) MaxTimestampOffset() (to TimestampOffset, found bool, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return to, false, ErrClosed
	}
	var best *segment
	newest := int64(-1)
	for _, s := range l.segments {
		ts, _, err := s.maxTimestamp()
		if err != nil {
			return to, false, l.readError(err)
		}
		if ts > newest {
			best, newest = s, ts
		}
	}
	if best == nil {
		return to, false, nil
	}
	to, found, err = best.findTimestamp(newest, l.logStart.Load())
	if err != nil {
		return to, false, l.readError(err)
	}
	return to, found, nil
}

// findTimestamp finds the first record of the segment with a timestamp at or above ts and an
// offset at or above from.
func (s *segment) findTimestamp(ts, from int64) (to TimestampOffset, found bool, err error) {
	s.mu.Lock()
	x, err := s.index()
	if err != nil {
		s.mu.Unlock()
		return to, false, err
	}
	after := s.base
	if e, ok := x.times.floor(ts - 1); ok {
		after = s.base + int64(e.rel) // everything up to here is older
	}
	s.mu.Unlock()
	p, found, err := s.locate(max(after, from))
	if err != nil || !found {
		return to, false, err
	}
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return to, false, err
	}
	defer h.release()
	sc := scan(h.file, p.pos, s.size.Load())
	defer sc.done()
	for sc.next() {
		if sc.head.maxTs < ts || sc.head.last < from {
			continue
		}
		to, found, err := timestampIn(h.file, &sc.head, ts, from)
		if found || err != nil {
			return to, found, err
		}
	}
	if sc.bad {
		return to, false, s.corrupt(sc.pos)
	}
	return to, false, sc.err
}

// timestampIn looks into one batch. A batch whose records cannot be read counts as a whole.
func timestampIn(r io.ReaderAt, head *batchHead, ts, from int64) (to TimestampOffset, found bool, err error) {
	b := make([]byte, head.size) // as many bytes as the file has: the walk has made sure
	if _, err := r.ReadAt(b, head.pos); err != nil && err != io.EOF {
		return to, false, err
	}
	to = TimestampOffset{Timestamp: head.maxTs, Offset: max(head.base, from), LeaderEpoch: head.epoch}
	if head.magic < 2 {
		return legacyTimestampIn(b, to, ts, from)
	}
	var rd record.Reader
	for rd.Reset(record.Batch(b), record.Limits{}); rd.Next(); {
		if rec := rd.Record(); rec.Timestamp >= ts && rec.Offset >= from {
			to.Timestamp, to.Offset = rec.Timestamp, rec.Offset
			return to, true, nil
		}
	}
	return to, rd.Err() != nil, nil
}

// EndOffsetForEpoch tells where the records of a leader epoch end (OffsetForLeaderEpoch): the
// largest known epoch at or below the asked one, and the first offset after it; both -1 when
// unknown.
func (l *Log) EndOffsetForEpoch(epoch int32) EpochEndOffset {
	e, offset := l.epochs.EndOffsetFor(epoch, l.end.Load())
	return EpochEndOffset{Epoch: e, Offset: offset}
}

// LatestEpoch is the newest leader epoch of the log.
func (l *Log) LatestEpoch() (epoch int32, ok bool) { return l.epochs.LatestEpoch() }

// EpochEntries are all known leader epochs, ascending.
func (l *Log) EpochEntries() []EpochEntry { return l.epochs.Entries() }

// EpochForOffset is the leader epoch that wrote offset.
func (l *Log) EpochForOffset(offset int64) (epoch int32, ok bool) {
	return l.epochs.EpochForOffset(offset)
}

// Producers describes the producers that the partition knows (DescribeProducers).
func (l *Log) Producers() []ProducerState {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.producers.Producers()
}

// ProducerCount is how many producers the log remembers.
func (l *Log) ProducerCount() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.producers.Len()
}

// RemoveExpiredProducers forgets producers that were idle for producer.id.expiration.ms, and
// returns how many.
func (l *Log) RemoveExpiredProducers(nowMs int64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.producers.RemoveExpired(nowMs)
}
