package storage

import (
	"math"
	"slices"
)

// recovery is the state of the recovery of one log after an unclean stop.
type recovery struct {
	l           *Log
	o           *Options
	done, total int64 // bytes, for Progress
}

// recover makes the segments from the recovery point's on consistent: every batch is verified,
// the log ends before the first bad one, later segments go, indexes, producer state and epochs
// are made anew. No index is believed. The caller is alone with the log.
//
// It returns the log end. It begins one segment early when the recovery point is a base offset: the indexes of the segment
// before are synced only when the recovery point moves past its end.
func (l *Log) recover(o *Options) (end int64, err error) {
	// Names that a killed process made may be in the page cache only, like the bytes.
	l.namesDirty, l.dirNew = true, true
	first := l.floorSegment(max(o.RecoveryPoint-1, 0))
	r := &recovery{l: l, o: o}
	for _, s := range l.segments[first:] {
		r.total += s.size.Load()
	}
	base := l.segments[first].base
	if err := l.producers.TruncateAndReload(l.logStart.Load(), max(base, l.logStart.Load()), o.NowMs); err != nil {
		return 0, err
	}
	// Producers whose snapshot is missing: replay what lies before, without touching its indexes.
	if err := l.replay(l.producers.MapEndOffset(), base); err != nil {
		return 0, err
	}
	next := base
	for i := first; i < len(l.segments); i++ {
		s := l.segments[i]
		if i > first && (s.base < next || r.hole(i, next)) {
			l.logger.Warn("segment does not continue the log, it and all later ones are deleted",
				"dir", l.dir, "segment", s.base, "log_end", next)
			return next, l.removeFrom(i, o.NowMs)
		}
		if i > first {
			if err := l.producers.TakeSnapshot(false); err != nil {
				return 0, err
			}
		}
		end, cut, err := r.segment(s)
		if err != nil {
			return 0, err
		}
		next = end
		if cut && i+1 < len(l.segments) {
			l.logger.Warn("log was cut, later segments are deleted", "dir", l.dir, "log_end", end, "segments", len(l.segments)-i-1)
			return next, l.removeFrom(i+1, o.NowMs)
		}
	}
	return next, nil
}

// hole reports whether records that were never synced are missing between segment i-1, which ends
// at end, and segment i. Compaction leaves gaps too, so a gap counts only in a log that is not
// compacted, above the recovery point, after a segment that compaction has not touched: a power
// cut may keep a younger segment and lose the end of an older one.
func (r *recovery) hole(i int, end int64) bool {
	prev := r.l.segments[i-1]
	return end < r.l.segments[i].base && end >= r.o.RecoveryPoint && !r.l.Config().compacted() && !prev.sparse
}

// segment verifies s and rebuilds all that is derived from it. It returns the offset after its
// last good batch, and whether bytes behind that were cut off.
func (r *recovery) segment(s *segment) (end int64, cut bool, err error) {
	l := r.l
	h, err := l.pool.acquire(s)
	if err != nil {
		return 0, false, err
	}
	defer h.release()
	bp := verifyBufs.Get().(*[]byte)
	defer verifyBufs.Put(bp)
	size := s.size.Load()
	v := &verifier{r: h.file, size: size, buf: *bp}
	b := newIndexBuilder(s.base, l.Config().IndexIntervalBytes)
	if s.hasTxn {
		if err := s.txnIndex().Reset(); err != nil {
			return 0, false, err
		}
	}
	s.txnChecked = true
	end = s.base
	s.sparse = false
	for {
		from := v.pos
		ok, err := v.next()
		if err != nil {
			return 0, false, err
		}
		if !ok || v.head.base < end || s.overflows(v.head.last) || v.head.last == math.MaxInt64 {
			v.pos = from
			break
		}
		s.sparse = s.sparse || v.head.base != end || v.head.magic == 2 && int64(v.head.count) != v.head.last-v.head.base+1
		if b.x.offsets == nil && from == 0 {
			s.firstTs.Store(v.head.maxTs)
		}
		b.add(&v.head)
		end = v.head.next()
		if err := r.apply(s, v); err != nil {
			return 0, false, err
		}
		r.progress(v.pos - from)
	}
	s.mu.Lock()
	s.noted = 0
	s.adopt(b, v.pos)
	s.mu.Unlock()
	s.dirty = true // what was read may be in the page cache only
	if v.pos == size {
		return end, false, nil
	}
	return end, true, r.cut(s, h, v.pos, size, end)
}

// cut ends the file at pos, durably: bytes cut off must not come back behind new ones.
func (r *recovery) cut(s *segment, h *handle, pos, size, end int64) error {
	r.l.logger.Warn("log is cut at the first bad batch", "dir", r.l.dir, "segment", s.base, "position", pos,
		"bytes", size-pos, "log_end", end, "recovery_point", r.o.RecoveryPoint)
	if err := h.file.Truncate(pos); err != nil {
		return err
	}
	s.size.Store(pos)
	r.progress(size - pos)
	return h.file.Sync()
}

// apply replays one verified batch into the epoch cache and the producer state.
func (r *recovery) apply(s *segment, v *verifier) error {
	l := r.l
	if v.head.epoch >= 0 {
		if latest, ok := l.epochs.LatestEpoch(); !ok || v.head.epoch > latest {
			l.epochs.AssignNoFlush(v.head.epoch, v.head.base)
		}
	}
	if v.head.magic < 2 || v.head.last < l.producers.MapEndOffset() {
		return nil
	}
	if v.head.producerID < 0 {
		l.producers.SetMapEndOffset(v.head.next())
		return nil
	}
	pa := l.producers.Begin(OriginReplication)
	if _, _, err := pa.Check(v.batch); err != nil {
		// A marker that cannot be read says nothing; its bytes are what was written.
		l.logger.Warn("control batch is unreadable", "dir", l.dir, "offset", v.head.base, "error", err)
	}
	return l.commitProducers(s, pa, v.head.next())
}

func (r *recovery) progress(n int64) {
	r.done += n
	if r.o.Progress != nil {
		r.o.Progress(r.done, r.total)
	}
}

// removeFrom takes segments i and later out of the log, durably, the last one first. If none is
// left, a new one begins at the log end. The caller is alone with the log or holds maint and mu.
func (l *Log) removeFrom(i int, nowMs int64) error {
	for j := len(l.segments) - 1; j >= i; j-- {
		s := l.segments[j]
		l.forget(s)
		if err := l.markDeleted(s); err != nil {
			return err
		}
		due := int64(0) // nothing reads files that are cut off, except slices, which hold the open file
		if nowMs != 0 {
			due = nowMs + l.Config().FileDeleteDelayMs
		}
		l.noteDeletedLocked(s, due)
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
		l.segments = slices.Clone(l.segments[:j])
	}
	if n := len(l.segments); n > 0 {
		l.reactivate(l.segments[n-1])
	}
	return nil
}

// reactivate makes s the active segment again.
func (l *Log) reactivate(s *segment) {
	s.active.Store(true)
	s.idxDirty.Store(true)
}
