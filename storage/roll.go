package storage

import (
	"io"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// maybeRoll begins a new segment if the active one cannot or should not take n more bytes that
// hold offsets first to last: size, time, full index, or offsets out of its range (Kafka's
// LogSegment.shouldRoll). The caller holds appends and mu. A roll releases mu for a time.
func (l *Log) maybeRoll(n int, first, last, maxTs, nowMs int64) (bool, error) {
	c := l.Config()
	s := l.active()
	size := s.size.Load()
	due := size > 0 && (size+int64(n) > c.SegmentBytes || !fits(size, n) || s.indexFull(c.SegmentIndexBytes))
	if !due && size > 0 {
		waited, err := l.waited(s, maxTs, nowMs)
		if err != nil {
			return false, err
		}
		due = waited > c.SegmentMs-l.rollJitter
	}
	if !due && !s.overflows(last) {
		return false, nil
	}
	return true, l.roll(max(first, l.end.Load()), nowMs)
}

// waited is how old the active segment is in milliseconds, by record time if its first batch has
// a timestamp, else by the clock.
func (l *Log) waited(s *segment, maxTs, nowMs int64) (int64, error) {
	first, err := s.firstTimestamp()
	if err != nil {
		return 0, l.fail("read of the active segment", err)
	}
	if first >= 0 && maxTs >= 0 {
		return maxTs - first, nil
	}
	return nowMs - s.created, nil
}

// firstTimestamp is the maximum timestamp of the first batch, -1 when there is none. It reads the
// file once.
func (s *segment) firstTimestamp() (int64, error) {
	if ts := s.firstTs.Load(); ts != tsUnknown {
		return ts, nil
	}
	ts, err := s.readFirstTimestamp()
	if err == nil {
		s.firstTs.CompareAndSwap(tsUnknown, ts)
	}
	return ts, err
}

func (s *segment) readFirstTimestamp() (int64, error) {
	h, err := s.file.Acquire()
	if err != nil {
		return 0, err
	}
	defer h.Release()
	sc := segfile.Scan(h.File, 0, s.size.Load())
	defer sc.Done()
	if sc.Next() {
		return sc.Head.MaxTs, nil
	}
	if sc.Err == io.EOF {
		return -1, nil
	}
	return -1, sc.Err
}

// Roll begins a new segment at the log end, unless the active one is empty.
func (l *Log) Roll(nowMs int64) error {
	if err := l.completeTruncation(); err != nil {
		return err
	}
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if l.active().size.Load() == 0 {
		return nil
	}
	return l.roll(l.end.Load(), nowMs)
}

// roll makes base the base offset of a new active segment. Nothing is synced here: the next Sync
// covers the old segment, its indexes, the snapshot and the new names. What can fail comes first,
// and leaves the log as it was: after a lack of file descriptors the next append rolls. The caller
// holds appends and mu, and roll releases mu while it makes the files.
func (l *Log) roll(base, nowMs int64) error {
	old := l.active()
	s, err := l.makeNext(old, base, nowMs)
	if err != nil {
		return l.fail("roll", err)
	}
	if err := l.usable(); err != nil { // the log failed while mu was free
		l.forget(s)
		return err
	}
	l.producers.TakeSnapshot() // the next sync writes it
	old.deactivate()
	old.seal(base)
	kept := l.segments
	if base == old.base {
		// The active segment is empty and cannot take the next offset: a segment of the same name
		// replaces it. Only a follower that skips over 2^31 offsets gets here.
		l.forget(old)
		old.waitIO()
		kept = kept[:len(kept)-1]
	}
	// Copied, not appended in place: truncation and retention keep parts of the old slice.
	l.segments = append(kept[:len(kept):len(kept)], s)
	l.namesDirty = true
	l.newJitter()
	return nil
}

// makeNext completes the indexes of the active segment and makes the files of the next one. It
// releases mu meanwhile: making files can wait for the disk. A sync of this log must not wait for
// that, because a group commit syncs many logs in turn.
func (l *Log) makeNext(active *segment, base, nowMs int64) (*segment, error) {
	l.mu.Unlock()
	defer l.mu.Lock()
	if err := active.finishIndex(); err != nil {
		return nil, err
	}
	if base > l.end.Load() {
		if err := l.noteGaps(); err != nil {
			return nil, err
		}
	}
	s, err := createSegment(l, base, nowMs)
	if err != nil && base != active.base {
		// The next roll may be at another offset. An index without a segment that lies between
		// others looks like a segment that is lost. Opening the log removes it otherwise.
		_ = segfile.RemoveSuffixed(l.fs, l.Dir(), base, "")
	}
	return s, err
}

// forget takes a segment that leaves the log out of the pool. Its open file closes when the last
// reader is done. The caller calls waitIO before it gives the segment's names to other files.
func (l *Log) forget(s *segment) {
	s.gone.Store(true)
	s.file.Drop()
}

// waitIO returns when nothing reads or writes the index files of a segment that is gone. Afterwards
// nothing opens them.
func (s *segment) waitIO() {
	s.io.Lock()
	//lint:ignore SA2001 the lock is free when all others have let go of it
	s.io.Unlock()
}
