package storage

import "path/filepath"

// TruncateTo removes everything from offset on: a follower whose leader disagrees does so. A
// batch that holds offset goes as a whole, and the log then ends before it. It is durable when it
// returns; see Log for the order. An offset at or above the log end only cuts the leader epochs.
// The owner must write its recovery point checkpoint before the next append if RecoveryPoint went
// down: a higher one would have a recovery skip what is appended below it.
func (l *Log) TruncateTo(offset int64) error {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if offset < l.segments[0].base {
		return l.truncateFully(offset, 0)
	}
	if offset < l.end.Load() {
		if err := l.truncateTo(offset); err != nil {
			return l.fail("truncation", err)
		}
	}
	// Also at the log end: the last epoch may begin there and not be the leader's.
	l.epochs.TruncateFromEnd(l.end.Load())
	if err := l.epochs.Flush(); err != nil {
		return l.fail("write of leader-epoch-checkpoint", err)
	}
	return nil
}

func (l *Log) truncateTo(offset int64) error {
	l.gen++
	i := l.floorSegment(offset)
	if err := l.removeFrom(i+1, 0); err != nil {
		return err
	}
	s := l.segments[i]
	end, err := l.cutSegment(s, offset)
	if err != nil {
		return err
	}
	l.setEnd(end)
	if err := l.producers.TruncateAndReload(l.logStart.Load(), end, 0); err != nil {
		return err
	}
	if err := l.replay(l.producers.MapEndOffset(), end); err != nil {
		return err
	}
	l.noteUnstable()
	return l.syncNames()
}

// setEnd lowers the log end and what must not be above it. The caller holds mu.
func (l *Log) setEnd(end int64) {
	l.end.Store(end)
	l.logStart.Store(min(l.logStart.Load(), end))
	l.hw.Store(min(l.hw.Load(), end))
	l.recovery.Store(min(l.recovery.Load(), end))
}

// cutSegment cuts s before the batch that holds offset, and returns the new log end: offset, or
// the base offset of that batch if offset lies inside it.
func (l *Log) cutSegment(s *segment, offset int64) (end int64, err error) {
	p, found, err := s.locate(offset)
	if err != nil || !found {
		return offset, err
	}
	end = offset
	if p.base < offset {
		end = p.base
	}
	h, err := l.pool.acquire(s)
	if err != nil {
		return 0, err
	}
	defer h.release()
	if err := h.file.Truncate(p.pos); err != nil {
		return 0, err
	}
	s.size.Store(p.pos)
	if err := h.file.Sync(); err != nil {
		return 0, err
	}
	return end, s.cutIndex(p.pos, end)
}

// cutIndex makes the indexes those of the first size bytes, and writes them: entries that are
// ahead of the log must not meet other batches at the same positions.
func (s *segment) cutIndex(size, end int64) error {
	if size == 0 {
		s.firstTs = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = nil
	if _, err := s.rebuildIndex(); err != nil {
		return err
	}
	if s.hasTxn {
		if err := s.txnIndex().TruncateTo(end); err != nil {
			return err
		}
	}
	return s.writeIndex(false)
}

// TruncateFullyAndStartAt removes everything; the log then begins and ends at offset. A follower
// that is behind its leader's log start does so.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	return l.truncateFully(offset, 0)
}

func (l *Log) truncateFully(offset, nowMs int64) error {
	l.gen++
	if err := l.replaceAll(offset, nowMs); err != nil {
		return l.fail("truncation", err)
	}
	l.end.Store(offset)
	l.logStart.Store(offset)
	l.hw.Store(offset)
	l.recovery.Store(offset)
	l.noteUnstable()
	return nil
}

func (l *Log) replaceAll(offset, nowMs int64) error {
	if err := l.removeFrom(0, nowMs); err != nil {
		return err
	}
	if err := l.producers.TruncateFully(offset); err != nil {
		return err
	}
	l.epochs.Clear()
	if err := l.epochs.Flush(); err != nil {
		return err
	}
	s, err := createSegment(l, offset, nowMs)
	if err != nil {
		return err
	}
	l.segments = []*segment{s}
	l.newJitter()
	return l.syncNames()
}

// syncNames makes the names in the folder durable, and the folder's own. The caller holds maint
// and mu.
func (l *Log) syncNames() error {
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	if l.dirNew {
		if err := l.fs.SyncDir(filepath.Dir(l.dir)); err != nil {
			return err
		}
	}
	l.namesDirty, l.dirNew = false, false
	return nil
}

// SetLogStartOffset raises the log start offset (DeleteRecords, or a follower's leader says so);
// a lower one does nothing. ErrOffsetOutOfRange: above the high watermark. The owner writes the
// checkpoint; segments below go with the next DeleteOldSegments.
func (l *Log) SetLogStartOffset(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if offset > l.hw.Load() {
		return ErrOffsetOutOfRange
	}
	return l.raiseStart(offset)
}

// raiseStart moves the log start offset up; the caller holds mu.
func (l *Log) raiseStart(offset int64) error {
	if offset <= l.logStart.Load() {
		return nil
	}
	l.logStart.Store(offset)
	if l.hw.Load() < offset {
		l.hw.Store(offset)
	}
	l.epochs.TruncateFromStart(offset)
	l.producers.OnLogStartOffset(offset)
	l.noteUnstable()
	return nil
}
