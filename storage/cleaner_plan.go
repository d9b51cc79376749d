package storage

import (
	"math"

	"github.com/gregorhq/gregor/storage/internal/compact"
)

// CleanPlan returns what Clean would do now (Kafka's LogCleanerManager). dirtyOffset is the log's
// entry of cleaner-offset-checkpoint, -1 without one. An error is a *StorageError or ErrClosed.
func (l *Log) CleanPlan(dirtyOffset, nowMs int64) (CleanPlan, error) {
	p, _, _, err := l.cleanPlan(dirtyOffset, nowMs)
	return p, err
}

// cleanPlan also returns the segments below the first uncleanable offset, and the view of the log
// that they are from. It holds no lock while it reads.
//
// Records can be cleaned up to the lowest of: the last stable offset, the active segment, the first
// segment that holds a record younger than min.compaction.lag.ms; rounded down to a segment's
// beginning.
func (l *Log) cleanPlan(dirtyOffset, nowMs int64) (CleanPlan, view, []compact.Segment, error) {
	var p CleanPlan
	v, err := l.view()
	if err != nil {
		return p, v, nil, err
	}
	cfg := l.Config()
	p.FirstDirtyOffset, p.ResetCheckpoint = l.firstDirty(&v, dirtyOffset)
	limit := min(v.stable, v.active().base)
	if cfg.MinCompactionLagMs > 0 {
		for _, s := range v.sealedFrom(p.FirstDirtyOffset) {
			ts, _, err := s.maxTimestamp()
			if err != nil {
				return p, v, nil, l.readError(err)
			}
			if ts > nowMs-cfg.MinCompactionLagMs {
				limit = min(limit, s.base)
				break
			}
		}
	}
	limit = max(limit, p.FirstDirtyOffset)
	p.FirstUncleanableOffset = v.segments[floorOf(v.segments, limit)].base
	var segs []compact.Segment
	for i, s := range v.segments[:len(v.segments)-1] {
		if s.base >= p.FirstUncleanableOffset {
			break
		}
		segs = append(segs, compact.Segment{Base: s.base, Size: s.size.Load(), Next: v.endOf(i)})
	}
	for _, s := range segs {
		if s.Base < p.FirstDirtyOffset {
			p.CleanBytes += s.Size
		}
		if s.Next > p.FirstDirtyOffset { // a segment that is dirty in part counts as both, as in Kafka
			p.CleanableBytes += s.Size
		}
	}
	p.CompactionDelayMs, err = l.compactionDelay(&v, p.FirstDirtyOffset, nowMs)
	p.NeedsNow = p.CompactionDelayMs > 0
	return p, v, segs, err
}

// firstDirty moves a checkpointed offset into the log; reset says that it was not there.
func (l *Log) firstDirty(v *view, checkpointed int64) (offset int64, reset bool) {
	switch {
	case checkpointed < 0:
		return v.start, false
	case checkpointed < v.start:
		return v.start, true
	case checkpointed > v.end:
		l.logger.Warn("checkpointed dirty offset is beyond the log end, all of the log counts as dirty",
			"dir", v.dir, "checkpoint", checkpointed, "log_end", v.end)
		return v.start, true
	}
	return checkpointed, false
}

// compactionDelay is by how much the oldest dirty record is older than max.compaction.lag.ms, 0 if
// it is not.
func (l *Log) compactionDelay(v *view, firstDirty, nowMs int64) (int64, error) {
	lag := max(l.Config().MaxCompactionLagMs, 0)
	if lag == math.MaxInt64 {
		return 0, nil
	}
	oldest := int64(math.MaxInt64)
	for _, s := range v.sealedFrom(firstDirty) {
		ts, err := s.firstTimestamp()
		if err != nil {
			return 0, l.readError(err)
		}
		if ts > 0 {
			oldest = min(oldest, ts)
		}
	}
	return max(nowMs-lag-oldest, 0), nil
}

// sealedFrom returns the sealed segments from the one that holds offset on.
func (v *view) sealedFrom(offset int64) []*segment {
	n := len(v.segments) - 1
	return v.segments[min(floorOf(v.segments, offset), n):n]
}
