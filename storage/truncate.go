package storage

import (
	"path/filepath"
	"slices"
	"sync/atomic"
)

// TruncateTo removes everything from offset on: a follower does so when its leader's log differs. A
// batch that holds offset goes as a whole, and the log then ends before it. The truncation is
// durable when TruncateTo returns; see Log for the order. An offset at or above the log end only
// cuts the leader epochs. Options.LowerCheckpoints runs before the first record goes from the disk:
// a checkpoint above the log would have a recovery trust records that are appended there later.
//
// After an error of ClassRetry the log ends where it did, and the caller tries again. Or the log
// has its new end already, and the next use of the log completes the truncation.
func (l *Log) TruncateTo(offset int64) error {
	unlock, err := l.lockAll()
	if err != nil {
		return err
	}
	defer unlock()
	switch {
	case offset < l.segments[0].base:
		return l.truncateFully(offset)
	case offset < l.end.Load():
		return l.truncateTo(offset)
	}
	// The last epoch may begin at the log end and not be the leader's.
	l.epochs.TruncateFromEnd(l.end.Load())
	if err := l.nameFirst(); err != nil {
		return l.fail("sync", err)
	}
	if err := l.epochs.Flush(); err != nil {
		return l.fail("write of leader-epoch-checkpoint", err)
	}
	return nil
}

// truncation is a truncation from the moment when memory shows the log as it is afterwards until
// the disk does. Each step can run again after it failed for lack of a file descriptor.
type truncation struct {
	victims []*segment // leave the disk, the last one first
	s       *segment   // the active segment afterwards
	full    bool       // s is new, and the log begins at its base offset
	cut     bool       // s loses the bytes behind its size
	end     int64      // log end offset
	least   int64      // lowest log end offset that a crash on the way can leave
	err     error      // of the last try
}

// truncateTo truncates the log to offset, which lies between its first segment and its end. The
// caller has called lockAll.
func (l *Log) truncateTo(offset int64) error {
	i := l.floorSegment(offset)
	s := l.segments[i]
	p, found, err := s.locate(offset)
	if err != nil {
		return l.fail("truncation", err) // nothing has changed
	}
	w := &truncation{victims: l.segments[i+1:], s: s, cut: found, end: offset, least: offset}
	if found {
		w.end = min(offset, p.base)
		w.least = w.end
		s.size.Store(p.pos)
	}
	l.reactivate(s)
	return l.truncate(w, slices.Clone(l.segments[:i+1]))
}

// truncate begins w: memory shows the segments that are left. The caller has called lockAll.
func (l *Log) truncate(w *truncation, left []*segment) error {
	l.gen++
	for _, s := range w.victims {
		l.forget(s)
	}
	// The owner may write these offsets to its checkpoint files at any time. None is above the log
	// end. Offsets that rise do so when the disk shows the log that they belong to.
	for _, o := range []*atomic.Int64{&l.recovery, &l.logStart, &l.hw} {
		o.Store(min(o.Load(), w.end))
	}
	l.recovery.Store(min(l.recovery.Load(), w.least))
	l.segments = left
	l.end.Store(w.end)
	l.truncation = w
	l.truncating.Store(true)
	return l.runTruncation()
}

// finishTruncation finishes the truncation under way, if there is one. The caller holds reshape.
func (l *Log) finishTruncation() error {
	if !l.truncating.Load() {
		return nil
	}
	l.maint.Lock()
	defer l.maint.Unlock()
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runTruncation()
}

// runTruncation does the steps of the truncation. An error other than a lack of file descriptors
// breaks the log, and the next open finds the end of the log. The caller holds reshape, maint,
// appends and mu.
func (l *Log) runTruncation() error {
	w := l.truncation
	err := l.stepTruncation(w)
	if err != nil {
		err = l.fail("truncation", err)
	}
	if Classify(err) == ClassRetry {
		w.err = err
		l.noteUnstable()
		return err
	}
	l.truncation = nil
	l.truncating.Store(false)
	l.noteUnstable()
	return err
}

func (l *Log) stepTruncation(w *truncation) error {
	if err := l.lowerCheckpoints(w.least); err != nil {
		return err
	}
	if w.full && len(w.victims) > 0 {
		if err := l.noteEmptying(); err != nil {
			return err
		}
	}
	for n := len(w.victims); n > 0; n-- {
		s := w.victims[n-1]
		if err := l.markDeleted(s); err != nil {
			return err
		}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
		// Nothing reads files that are cut off, except slices, which hold the open file.
		l.noteDeletedLocked(s, 0)
		w.victims = w.victims[:n-1]
	}
	if w.full {
		return l.beginAgain(w)
	}
	if w.cut {
		if l.namesDirty { // see nameSealed: the segment may be sealed before the next sync
			if err := l.syncNames(); err != nil {
				return err
			}
		}
		if err := l.cutSegment(w.s, w.end); err != nil {
			return err
		}
	}
	if err := l.producers.TruncateAndReload(l.logStart.Load(), w.end, 0); err != nil {
		return err
	}
	if err := l.replay(l.producers.MapEndOffset(), w.end); err != nil {
		return err
	}
	if err := l.syncNames(); err != nil {
		return err
	}
	l.epochs.TruncateFromEnd(w.end)
	return l.epochs.Flush()
}

// cutSegment cuts the file of s at the size of s, where the log ends with offset end.
func (l *Log) cutSegment(s *segment, end int64) error {
	h, err := s.file.Acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	pos := s.size.Load()
	if err := h.File.Truncate(pos); err != nil {
		return err
	}
	if err := h.File.Sync(); err != nil {
		return err
	}
	return s.cutIndex(pos, end)
}

// cutIndex makes the indexes those of the first size bytes, and writes them: entries that are
// ahead of the log must not meet other batches at the same positions.
func (s *segment) cutIndex(size, end int64) error {
	if size == 0 {
		s.firstTs.Store(-1)
	}
	s.io.Lock()
	defer s.io.Unlock()
	s.mu.Lock()
	s.tail, s.noted = nil, 0
	hasTxn := s.hasTxn
	s.mu.Unlock()
	if err := s.rebuildIndex(); err != nil {
		return err
	}
	s.txnIndex().Changes++ // a comparison under way has read batches that are gone
	if hasTxn {
		err := s.txnIndex().TruncateTo(end)
		if Classify(err) == ClassIndex {
			s.txnChecked, err = false, nil // it is made again from the log before its next use
		}
		if err != nil {
			return err
		}
	}
	return s.writeIndex(false)
}

// TruncateFullyAndStartAt removes everything; the log then begins and ends at offset. A follower
// that is behind its leader's log start does so.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	unlock, err := l.lockAll()
	if err != nil {
		return err
	}
	defer unlock()
	return l.truncateFully(offset)
}

// lockAll takes reshape, maint, appends and mu of a log that can be written and has no unfinished
// change.
func (l *Log) lockAll() (unlock func(), err error) {
	l.reshape.Lock()
	if err := l.finishChanges(); err != nil {
		l.reshape.Unlock()
		return nil, err
	}
	l.maint.Lock()
	l.appends.Lock()
	l.mu.Lock()
	unlock = func() {
		l.mu.Unlock()
		l.appends.Unlock()
		l.maint.Unlock()
		l.reshape.Unlock()
	}
	if err := l.usable(); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// truncateFully replaces all segments by an empty one at offset. The caller has called lockAll.
func (l *Log) truncateFully(offset int64) error {
	s := newEmptySegment(l, offset, 0)
	return l.truncate(&truncation{victims: l.segments, s: s, full: true, end: offset, least: min(offset, l.segments[0].base)}, []*segment{s})
}

// beginAgain makes the log an empty one that begins at the end of the truncation. The files of all
// segments are renamed, and the new segment may have the name of one of them.
func (l *Log) beginAgain(w *truncation) error {
	if err := l.producers.TruncateFully(w.end); err != nil {
		return err
	}
	l.epochs.Clear()
	if err := l.epochs.Flush(); err != nil {
		return err
	}
	if err := w.s.create(); err != nil {
		return err
	}
	if err := l.syncNames(); err != nil {
		return err
	}
	if err := l.endEmptying(); err != nil {
		return err
	}
	l.newJitter()
	for _, o := range []*atomic.Int64{&l.hw, &l.logStart, &l.recovery} {
		o.Store(w.end)
	}
	return nil
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

// SetLogStartOffset raises the log start offset. DeleteRecords and followers call it. A lower
// offset has no effect, and the present one ends a dispute about it. An offset above the high
// watermark is ErrOffsetOutOfRange. The owner writes the checkpoint; segments below go with the
// next DeleteOldSegments.
func (l *Log) SetLogStartOffset(offset int64) error {
	if err := l.completeTruncation(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if offset > l.hw.Load() {
		return ErrOffsetOutOfRange
	}
	if offset == l.logStart.Load() && l.startDisputed(offset) {
		if err := l.settleStart(); err != nil {
			return l.fail("removal of a file", err)
		}
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
