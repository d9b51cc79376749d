package storage

import "math"

// CleanPlan says what Clean would do now (Kafka's LogCleanerManager). dirtyOffset is the log's entry of
// cleaner-offset-checkpoint, -1 without one. An error is a *StorageError or ErrClosed.
func (l *Log) CleanPlan(dirtyOffset, nowMs int64) (CleanPlan, error) {
	p, _, err := l.cleanPlan(dirtyOffset, nowMs)
	return p, err
}

// cleanPlan also returns the segments below the first uncleanable offset.
//
// Records can be cleaned up to the lowest of: the last stable offset, the active segment, the first segment that holds
// a record younger than min.compaction.lag.ms; rounded down to a segment's beginning.
func (l *Log) cleanPlan(dirtyOffset, nowMs int64) (CleanPlan, []cleanSegment, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return CleanPlan{}, nil, ErrClosed
	}
	cfg := l.Config()
	var p CleanPlan
	p.FirstDirtyOffset, p.ResetCheckpoint = l.firstDirty(dirtyOffset)
	sealed := l.segments[:len(l.segments)-1]
	limit := min(l.LastStableOffset(), l.active().base)
	if cfg.MinCompactionLagMs > 0 {
		for _, s := range l.sealedFrom(p.FirstDirtyOffset) {
			ts, _, err := s.maxTimestamp()
			if err != nil {
				return p, nil, l.readError(err)
			}
			if ts > nowMs-cfg.MinCompactionLagMs {
				limit = min(limit, s.base)
				break
			}
		}
	}
	limit = max(limit, p.FirstDirtyOffset)
	p.FirstUncleanableOffset = l.segments[l.floorSegment(limit)].base
	var segs []cleanSegment
	for i, s := range sealed {
		if s.base >= p.FirstUncleanableOffset {
			break
		}
		segs = append(segs, cleanSegment{base: s.base, size: s.size.Load(), next: l.segments[i+1].base, seg: s})
	}
	for _, s := range segs {
		if s.base < p.FirstDirtyOffset {
			p.CleanBytes += s.size
		}
		if s.next > p.FirstDirtyOffset { // a segment that is dirty in part counts as both, as in Kafka
			p.CleanableBytes += s.size
		}
	}
	var err error
	p.CompactionDelayMs, err = l.compactionDelay(p.FirstDirtyOffset, nowMs)
	p.NeedsNow = p.CompactionDelayMs > 0
	return p, segs, err
}

// firstDirty moves a checkpointed offset into the log; reset says that it was not there.
func (l *Log) firstDirty(checkpointed int64) (offset int64, reset bool) {
	start := l.logStart.Load()
	switch {
	case checkpointed < 0:
		return start, false
	case checkpointed < start:
		return start, true
	case checkpointed > l.end.Load():
		l.logger.Warn("checkpointed dirty offset is beyond the log end, all of the log counts as dirty",
			"dir", l.dir, "checkpoint", checkpointed, "log_end", l.end.Load())
		return start, true
	}
	return checkpointed, false
}

// compactionDelay is by how much the oldest dirty record is older than max.compaction.lag.ms, 0 if it is not. The
// caller holds mu.
func (l *Log) compactionDelay(firstDirty, nowMs int64) (int64, error) {
	lag := max(l.Config().MaxCompactionLagMs, 0)
	if lag == math.MaxInt64 {
		return 0, nil
	}
	oldest := int64(math.MaxInt64)
	for _, s := range l.sealedFrom(firstDirty) {
		ts := s.firstTs
		if ts == tsUnknown {
			var err error
			if ts, err = s.readFirstTimestamp(); err != nil {
				return 0, l.readError(err)
			}
		}
		if ts > 0 {
			oldest = min(oldest, ts)
		}
	}
	return max(nowMs-lag-oldest, 0), nil
}

// sealedFrom are the sealed segments from the one that holds offset on. The caller holds mu.
func (l *Log) sealedFrom(offset int64) []*segment {
	n := len(l.segments) - 1
	return l.segments[min(l.floorSegment(offset), n):n]
}
