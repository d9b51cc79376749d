package storage

import (
	"path/filepath"
	"sync/atomic"
)

// TruncateTo removes everything from offset on: a follower does so when its leader's log differs. A
// batch that holds offset goes as a whole, and the log then ends before it. The truncation is
// durable when TruncateTo returns; see Log for the order. An offset at or above the log end only
// cuts the leader epochs. Options.LowerCheckpoints runs before the first record goes: a checkpoint
// above the log would have a recovery trust records that are appended there later.
func (l *Log) TruncateTo(offset int64) error {
	unlock, err := l.lockAll()
	if err != nil {
		return err
	}
	defer unlock()
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
	s := l.segments[i]
	p, found, err := s.locate(offset)
	if err != nil {
		return err
	}
	end := offset
	if found {
		end = min(offset, p.base)
	}
	if err := l.lower(end); err != nil {
		return err
	}
	if err := l.removeFrom(i+1, 0); err != nil {
		return err
	}
	if found {
		if err := l.cutSegment(s, p.pos, end); err != nil {
			return err
		}
	}
	l.end.Store(end)
	if err := l.producers.TruncateAndReload(l.logStart.Load(), end, 0); err != nil {
		return err
	}
	if err := l.replay(l.producers.MapEndOffset(), end); err != nil {
		return err
	}
	l.noteUnstable()
	return l.syncNames()
}

// lower moves what must not be above the log end down to end, in memory and in the checkpoint files
// of the owner, before the log ends there. Memory comes first: the owner may write the offsets to
// its files at any time. The caller holds mu.
func (l *Log) lower(end int64) error {
	for _, o := range []*atomic.Int64{&l.recovery, &l.logStart, &l.hw} {
		o.Store(min(o.Load(), end))
	}
	return l.lowerCheckpoints(end)
}

// cutSegment cuts s at pos, where the log ends with offset end.
func (l *Log) cutSegment(s *segment, pos, end int64) error {
	h, err := s.file.Acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	if err := h.File.Truncate(pos); err != nil {
		return err
	}
	s.size.Store(pos)
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
	return l.truncateFully(offset, 0)
}

// lockAll takes reshape, maint, appends and mu of a log that can be written and has no replacement
// of segments under way.
func (l *Log) lockAll() (unlock func(), err error) {
	l.reshape.Lock()
	if err := l.finishSwap(); err != nil {
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

func (l *Log) truncateFully(offset, nowMs int64) error {
	l.gen++
	if err := l.lower(offset); err != nil {
		return l.fail("write of a checkpoint", err)
	}
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
