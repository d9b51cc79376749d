package storage

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// sealedEnd is where the good batches of a sealed segment end.
type sealedEnd struct {
	pos  int64 // in the file
	next int64 // offset after the last one
	// damaged says that the bytes at pos are no whole batch. Good batches may follow.
	damaged bool

	size, bound int64 // of the segment, and the next one's base offset, when this was found
}

// end returns where the good batches of the sealed segment s end. The first call walks over the
// batches behind the last index entry.
func (s *segment) end() (sealedEnd, error) {
	size, next := s.size.Load(), s.next.Load()
	if e := s.sealed.Load(); e != nil && e.size == size && e.bound == next {
		return *e, nil
	}
	h, err := s.file.Acquire()
	if err != nil {
		return sealedEnd{}, err
	}
	defer h.Release()
	st, err := s.startFor(next - 1)
	if err != nil {
		return sealedEnd{}, err
	}
	e, err := s.endFrom(h.File, st, size)
	if err == nil && e.pos == st.pos && st.pos > 0 && !st.sure {
		if st, err = s.distrust(next - 1); err == nil {
			e, err = s.endFrom(h.File, st, size)
		}
	}
	if err == nil && e.pos == size {
		e.size, e.bound = size, next
		s.sealed.Store(&e)
	}
	return e, err
}

// endFrom walks from st on. It ends at st when the entry does not fit.
func (s *segment) endFrom(f vfs.File, st start, size int64) (e sealedEnd, err error) {
	next := s.base
	if st.pos > 0 {
		next = max(next, st.before+1)
		if h, ok := segfile.HeadAt(f, st.pos, size); ok && s.proves(st, &h, f) {
			next = h.Base
		}
	}
	e.pos, e.next, err = s.walkFrom(f, st.pos, size, next, func(sc *segfile.Scanner) error {
		if sc.Head.Pos == st.pos && !s.plausible(st, &sc.Head, f) {
			return errStop
		}
		return nil
	})
	if err == errStop {
		err = nil
	}
	if err == nil && e.pos < size {
		whole, werr := wholeAt(f, e.pos, size)
		e.damaged, err = !whole, werr
	}
	e.next = min(e.next, s.next.Load()) // the last offset of a damaged batch may be wrong
	return e, err
}

// errStop ends a walk early.
var errStop = errors.New("stop")

// gapAt reports whether records may be missing between two segments from offset on without a crash
// or damage: compaction removed them. A log that Apache Kafka wrote has no gapsFile, and its leader
// may have compacted more than this replica, so cleanup.policy=compact counts, too.
func (l *Log) gapAt(offset int64) bool {
	return l.mayHaveGaps.Load() || offset < l.compactedBelow || l.Config().compacted()
}

// hole returns an error when offset from, which segment i does not have although it begins at or
// below it, was lost. It notes the damage.
func (v *view) hole(i int, from int64) error {
	if i == len(v.segments)-1 || v.l.gapAt(from) {
		return nil
	}
	e, err := v.segments[i].end()
	if err != nil {
		return err
	}
	if e.damaged || e.pos < v.sizeOf(i) {
		return v.segments[i].corrupt(e.pos)
	}
	v.l.noteHole(v.gen, shortSegment(v.segments[i], e.next, v.endOf(i)))
	return fmt.Errorf("%w: offsets %d to %d are missing behind %s", ErrCorruptLog, e.next, v.endOf(i)-1, v.segments[i].path(segfile.LogSuffix))
}

func shortSegment(s *segment, from, to int64) Damage {
	return Damage{From: from, To: to, Text: segfile.OffsetName(s.base) + segfile.LogSuffix + " ends before the next segment begins"}
}

// listEmpty notes the sealed segments that have lost all their bytes. Recovery and readers find the
// ones that have lost a part, because the size alone does not show it.
func (l *Log) listEmpty(o *Options) {
	for i, s := range l.segments[:len(l.segments)-1] {
		if s.size.Load() == 0 && o.synced(s.base) && !l.gapAt(s.base) {
			l.noteHole(l.gen, shortSegment(s, s.base, l.segments[i+1].base))
		}
	}
}

// synced reports whether a record at offset was synced, as far as it is known.
func (o *Options) synced(offset int64) bool {
	return o.CleanShutdown || o.RecoveryPoint < 0 || offset < o.RecoveryPoint
}

// noteHole reports d once, unless the log was truncated after gen was read.
func (l *Log) noteHole(gen uint64, d Damage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen == gen && !l.knows(d) {
		l.report(d)
	}
}

func (l *Log) knows(d Damage) bool {
	return slices.ContainsFunc(l.damage, func(known Damage) bool { return known.From == d.From && known.To == d.To })
}
