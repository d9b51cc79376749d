package storage

import "slices"

// records names the last segment with records, and the offset after them.
type records struct {
	i   int
	end int64
}

// emptyUpTo is the first segment behind the last records, up to segment i that was cut, that no
// sync covered: a power cut has left names and torn bytes. It is i+1 without one, or when the cut
// has left records in segment i. See emptyFrom.
func (r *recovery) emptyUpTo(i int, last records) int {
	j := last.i + 1
	if j <= i && r.l.segments[j].base == last.end {
		j++
	}
	if j > i || !r.unsynced(j, last.end) {
		return i + 1
	}
	return j
}

// follows reports whether segment i continues the log, whose records before it end at end. It notes
// synced records that are missing in between, and the gaps that it accepts.
func (r *recovery) follows(i int, end int64) bool {
	l, prev, s := r.l, r.l.segments[i-1], r.l.segments[i]
	if s.base < end || r.hole(i, end) || r.emptyFrom(i, end) {
		return false
	}
	switch {
	case s.base == end || prev.sparse:
	case l.gapAt(end):
		r.behindGap = append(r.behindGap, s)
	default:
		l.noteHole(l.gen, shortSegment(prev, end, s.base))
	}
	return true
}

// noteGaps makes gapsFile when the recovered log has a gap that was accepted. The reason for that
// may be the present cleanup.policy, which can change.
func (r *recovery) noteGaps() error {
	for _, s := range r.behindGap {
		if i := slices.Index(r.l.segments, s); i >= 0 && slices.ContainsFunc(r.l.segments[i:], func(s *segment) bool { return s.size.Load() > 0 }) {
			return r.l.noteGaps()
		}
	}
	return nil
}

// hole reports whether records that were never synced are missing between segment i-1, which ends
// at end, and segment i: a power cut may keep a later segment and lose the end of an earlier one. A
// sync covers segments in their order, so nothing behind a hole was synced either.
//
// Compaction leaves gaps too, and the records behind them may have been synced above the recovery
// point, which is written from time to time only. So a gap counts only in a log that was never
// compacted, see gapAt.
func (r *recovery) hole(i int, end int64) bool {
	l, prev := r.l, r.l.segments[i-1]
	return end < l.segments[i].base && !r.synced(end) && !l.gapAt(end) && !prev.sparse
}

// emptyFrom reports whether segments i and later are only names that a power cut left of segments
// that no sync covered: they have no bytes, and the log was never compacted here. A log that may
// have gaps would end at the last name otherwise, and its readers would wait at the end of the
// records for offsets that do not exist. After a compaction the names may be all that is left of
// synced segments, and their offsets must not be given out again.
func (r *recovery) emptyFrom(i int, end int64) bool {
	l := r.l
	return r.unsynced(i, end) && !slices.ContainsFunc(l.segments[i:], func(s *segment) bool { return s.size.Load() > 0 })
}

// unsynced reports whether no sync covered segment i, behind records that end at end below it.
func (r *recovery) unsynced(i int, end int64) bool {
	l := r.l
	return !r.synced(end) && end >= l.compactedBelow && !l.mayHaveGaps.Load() && end >= l.logStart.Load() && end < l.segments[i].base
}
