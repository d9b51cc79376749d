package storage

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// OffsetForTimestamp finds the first record, at or above the log start, with a timestamp at or
// above ts (milliseconds). found is false when there is none. It looks through the time index,
// then the heads of the batches, then into one batch (Kafka's LogSegment.findOffsetByTimestamp).
//
// Damaged or missing batches fail the lookup only when their segment may have the answer: a segment
// counts as older than ts when its time index says so.
//
// Like Read it holds no lock while it reads, and begins again when the log changes under it.
func (l *Log) OffsetForTimestamp(ts int64) (to TimestampOffset, found bool, err error) {
	err = l.look(func(v *view) error {
		to, found, err = v.offsetForTimestamp(ts)
		return err
	})
	return to, found, err
}

func (v *view) offsetForTimestamp(ts int64) (to TimestampOffset, found bool, err error) {
	for i, s := range v.segments {
		newest, err := s.likelyMaxTimestamp()
		if err != nil {
			return to, false, err
		}
		if newest < ts {
			continue
		}
		w := timeWalk{seg: s, ts: ts, from: v.start, size: v.sizeOf(i)}
		if to, found, err = w.run(); found || err != nil {
			return to, found, err
		}
	}
	return to, false, nil
}

// MaxTimestampOffset finds the first record that has the largest timestamp at or above the log
// start (ListOffsets with timestamp -3, KIP-734). found is false for an empty log.
func (l *Log) MaxTimestampOffset() (to TimestampOffset, found bool, err error) {
	newest, err := l.newestTimestamp()
	if err != nil {
		return to, false, err
	}
	if newest < 0 { // no record has a timestamp: the first one, as in Kafka
		start := l.LogStartOffset()
		to = TimestampOffset{Timestamp: record.NoTimestamp, Offset: start, LeaderEpoch: -1}
		if epoch, ok := l.EpochForOffset(start); ok {
			to.LeaderEpoch = epoch
		}
		return to, start < l.LogEndOffset(), nil
	}
	return l.OffsetForTimestamp(newest)
}

// newestTimestamp is the largest timestamp at or above the log start, -1 when there is none.
func (l *Log) newestTimestamp() (newest int64, err error) {
	err = l.look(func(v *view) error {
		newest, err = v.newestTimestamp()
		return err
	})
	if err != nil {
		return -1, err
	}
	return newest, nil
}

func (v *view) newestTimestamp() (newest int64, err error) {
	newest = -1
	first := floorOf(v.segments, v.start)
	for _, s := range v.segments[first+1:] {
		ts, err := s.likelyMaxTimestamp()
		if err != nil {
			return -1, err
		}
		newest = max(newest, ts)
	}
	s := v.segments[first]
	ts, err := s.likelyMaxTimestamp()
	if err == nil && ts > newest && v.start > s.base {
		// DeleteRecords may have passed the record that has it.
		if ts, err = s.newestFrom(v.start, v.sizeOf(first)); Classify(err) == ClassPartition {
			err = nil
		}
	}
	return max(newest, ts), err
}

// newestFrom is the largest timestamp of the records from offset on, in the first size bytes of the
// segment; -1 without one. At damage it returns that of the records in front of it, and the error.
func (s *segment) newestFrom(offset, size int64) (newest int64, err error) {
	p, found, err := s.locate(offset)
	if err != nil || !found {
		return -1, err
	}
	h, err := s.file.Acquire()
	if err != nil {
		return -1, err
	}
	defer h.Release()
	// Only the newest batch is checked. A damaged one is passed over by another walk.
	var damaged []int64
	for {
		newest, head, err := newestOf(h.File, offset, p.pos, size, damaged)
		if newest < 0 || err != nil && Classify(err) != ClassPartition {
			return newest, err
		}
		sound, serr := head.Sound(h.File)
		if sound || serr != nil {
			return newest, cmp.Or(serr, err)
		}
		damaged = append(damaged, head.Pos)
	}
}

// newestOf is the largest timestamp of the records from offset on, between two positions and
// without the batches at some positions, and the head of its batch.
func newestOf(r io.ReaderAt, offset, pos, size int64, without []int64) (newest int64, head segfile.Head, err error) {
	sc := segfile.Scan(r, pos, size)
	defer sc.Done()
	newest = -1
	for sc.Next() {
		if slices.Contains(without, sc.Head.Pos) {
			continue
		}
		ts := sc.Head.MaxTs
		if sc.Head.Base < offset && ts > newest {
			if ts, err = newestIn(r, &sc.Head, offset); err != nil {
				return -1, head, err
			}
		}
		if ts > newest {
			newest, head = ts, sc.Head
		}
	}
	if sc.Bad {
		return newest, head, fmt.Errorf("%w: at position %d", ErrCorruptLog, sc.Pos)
	}
	return newest, head, sc.Err
}

// newestIn is the largest timestamp of the records of one batch from offset on. The batch's own
// counts if they cannot be read.
func newestIn(r io.ReaderAt, head *segfile.Head, offset int64) (int64, error) {
	if head.Magic < 2 || head.Count == 0 {
		return head.MaxTs, nil
	}
	b := make([]byte, head.Size)
	if _, err := r.ReadAt(b, head.Pos); err != nil && err != io.EOF {
		return -1, err
	}
	newest := int64(-1)
	var rd record.Reader
	defer rd.Close()
	for rd.Open(record.Batch(b), record.Limits{}); rd.Next(); {
		if rec := rd.Record(); rec.Offset >= offset {
			newest = max(newest, rec.Timestamp)
		}
	}
	if rd.Err() != nil {
		return head.MaxTs, nil
	}
	return newest, nil
}

// cutSince reports that the log was truncated after gen was read.
func (l *Log) cutSince(gen uint64) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.gen != gen
}

// timeWalk is a walk over the batches of one segment in search of a timestamp.
type timeWalk struct {
	seg  *segment
	ts   int64
	from int64 // offset: the log start
	size int64 // position at which the walk ends
}

// position is where the walk begins: every record before it is older than ts, or below the offset
// from. An entry of an index file counts only when the batch that it names has its timestamp;
// otherwise the indexes are rebuilt.
func (w *timeWalk) position() (pos int64, found bool, err error) {
	s := w.seg
	for {
		after, entryTs, sure := s.base, int64(-1), true
		err = s.withIndex(func(x *segfile.Index) {
			if e, ok := x.Times.Floor(w.ts - 1); ok {
				after, entryTs, sure = s.base+int64(e.Rel), e.Ts, x.FromLog
			}
		})
		if err != nil {
			return 0, false, err
		}
		if !sure {
			if sure, err = s.hasTimestamp(after, entryTs); err != nil {
				return 0, false, err
			}
		}
		if !sure {
			if _, err := s.distrust(after); err != nil {
				return 0, false, err
			}
			continue // with an index that was made from the log
		}
		p, found, err := s.locate(max(after, w.from))
		return p.pos, found, err
	}
}

// hasTimestamp reports whether ts is the maximum timestamp of the batch that holds offset. A batch
// without its checksum proves nothing against the index.
func (s *segment) hasTimestamp(offset, ts int64) (bool, error) {
	return s.scanFrom(offset, func(sc *segfile.Scanner) (bool, error) {
		if !sc.Next() {
			return false, sc.Err
		}
		if sc.Head.MaxTs == ts {
			return true, nil
		}
		sound, err := sc.Sound()
		return err == nil && !sound, err
	})
}

func (w *timeWalk) run() (to TimestampOffset, found bool, err error) {
	pos, found, err := w.position()
	if err != nil || !found {
		return to, false, err
	}
	h, err := w.seg.file.Acquire()
	if err != nil {
		return to, false, err
	}
	defer h.Release()
	sc := segfile.Scan(h.File, pos, w.size)
	defer sc.Done()
	for sc.Next() {
		if sc.Head.MaxTs < w.ts || sc.Head.Last < w.from {
			continue
		}
		to, found, err := timestampIn(h.File, &sc.Head, w.ts, w.from)
		if found || err != nil {
			return to, found, err
		}
	}
	if sc.Bad {
		return to, false, w.seg.corrupt(sc.Pos)
	}
	return to, false, sc.Err
}

// timestampIn looks into one batch. It counts as a whole when its records cannot be read, and when
// none of them has the timestamp that its head says one has: each batch that lies would have to be
// decompressed otherwise.
func timestampIn(r io.ReaderAt, head *segfile.Head, ts, from int64) (to TimestampOffset, found bool, err error) {
	if head.Count == 0 {
		return to, false, nil // compaction left the head, for its producer's sake
	}
	b := make([]byte, head.Size) // as many bytes as the file has: the walk has made sure
	if _, err := r.ReadAt(b, head.Pos); err != nil && err != io.EOF {
		return to, false, err
	}
	to = TimestampOffset{Timestamp: head.MaxTs, Offset: max(head.Base, from), LeaderEpoch: head.Epoch}
	if head.Magic < 2 {
		return legacyTimestampIn(b, to, ts, from)
	}
	var rd record.Reader
	defer rd.Close()
	for rd.Open(record.Batch(b), record.Limits{}); rd.Next(); {
		if rec := rd.Record(); rec.Timestamp >= ts && rec.Offset >= from {
			to.Timestamp, to.Offset = rec.Timestamp, rec.Offset
			return to, true, nil
		}
	}
	if rd.Err() == nil && head.Base < from {
		return to, false, nil
	}
	// A batch without its checksum cannot be read, so that it is no answer.
	return to, head.SoundIn(b), nil
}

// EndOffsetForEpoch returns the offset at which the records of a leader epoch end
// (OffsetForLeaderEpoch): the largest known epoch at or below the asked one, and the first offset
// after it; both -1 when unknown.
func (l *Log) EndOffsetForEpoch(epoch int32) EpochEndOffset {
	e, offset := l.epochs.EndOffsetFor(epoch, l.end.Load())
	return EpochEndOffset{Epoch: e, Offset: offset}
}

// LatestEpoch is the newest leader epoch of the log.
func (l *Log) LatestEpoch() (epoch int32, ok bool) { return l.epochs.LatestEpoch() }

// EpochEntries are all known leader epochs, ascending.
func (l *Log) EpochEntries() []checkpoint.EpochEntry { return l.epochs.Entries() }

// EpochForOffset is the leader epoch that wrote offset.
func (l *Log) EpochForOffset(offset int64) (epoch int32, ok bool) {
	return l.epochs.EpochForOffset(offset)
}
