package storage

import (
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// place is a batch found in a segment.
type place struct {
	pos, size  int64
	base, last int64
}

// start is a position to walk from: the beginning of the segment or an index entry.
type start struct {
	pos int64
	// entry and before check an entry against the batch found there: its last offset must lie
	// in (before, entry]. Unused at position 0.
	entry, before int64
	// sure means that this process made the entry from the log, so it needs no check.
	sure bool
}

// plausible reports whether h can be the batch of the index entry st. Bytes from the middle of a
// batch must not pass, so plausible checks every property of a batch header. A header of format 0
// or 1 has few properties. So an entry of these formats passes only in a file that begins with one.
// A client may have sent a header without these properties. So plausible accepts any header when
// the index was rebuilt from the log.
func (s *segment) plausible(st start, h *segfile.Head, f vfs.File) bool {
	switch {
	case st.pos == 0 || st.sure:
		return true
	case h.Last > st.entry || h.Last <= st.before || h.Base < s.base:
		return false
	case h.Magic == 2:
		return h.Count >= 0 && int64(h.Count) <= h.Last-h.Base+1 && h.Epoch >= -1 && h.Attributes>>7 == 0 && h.ProducerID >= -1
	}
	var first [17]byte
	n, err := f.ReadAt(first[:], 0)
	return n == len(first) && err == nil && first[16] < 2
}

func (s *segment) startAt(x *segfile.Index, e segfile.OffsetEntry, at int) start {
	st := start{pos: int64(e.Pos), entry: s.base + int64(e.Rel), before: s.base - 1, sure: x.FromLog}
	if at > 0 {
		st.before = s.base + int64(x.Offsets[at-1].Rel)
	}
	return st
}

// locate finds the first batch whose last offset is at or above offset. found is false when the
// segment has none. locate rebuilds an index that does not match the log. After damaged bytes the
// search continues at the next index entry. An offset in damaged bytes is ErrCorruptLog.
func (s *segment) locate(offset int64) (p place, found bool, err error) {
	s.mu.Lock()
	if e, found, known := s.tail.Find(offset); known {
		s.touch()
		s.mu.Unlock()
		return place{pos: e.Pos, size: e.Size, base: e.Base, last: e.Last}, found, nil
	}
	s.mu.Unlock()
	st, err := s.startFor(offset)
	if err != nil {
		return place{}, false, err
	}
	h, err := s.file.Acquire()
	if err != nil {
		return place{}, false, err
	}
	defer h.Release()
	p, found, bad, err := s.walkTo(h.File, st, offset)
	if err == nil && bad >= 0 && !st.sure {
		if st, err = s.distrust(offset); err != nil {
			return place{}, false, err
		}
		p, found, bad, err = s.walkTo(h.File, st, offset)
	}
	for damaged := bad; err == nil && bad >= 0; {
		next, more := s.entryAfter(bad)
		if !more {
			return place{}, false, s.corrupt(damaged)
		}
		if p, found, bad, err = s.walkTo(h.File, next, offset); found && p.base > offset {
			return place{}, false, s.corrupt(damaged) // offset is in the damaged bytes
		}
	}
	return p, found, err
}

// entryAfter returns the first index entry after pos.
func (s *segment) entryAfter(pos int64) (st start, found bool) {
	_ = s.withIndex(func(x *segfile.Index) {
		for i, e := range x.Offsets {
			if int64(e.Pos) > pos {
				st, found = s.startAt(x, e, i), true
				return
			}
		}
	})
	return st, found
}

// startFor looks offset up in the index.
func (s *segment) startFor(offset int64) (st start, err error) {
	err = s.withIndex(func(x *segfile.Index) {
		if e, at, ok := x.Offsets.Floor(offset - s.base); ok {
			st = s.startAt(x, e, at)
		}
	})
	return st, err
}

// distrust rebuilds the index from batches with a valid checksum, and looks up again.
func (s *segment) distrust(offset int64) (start, error) {
	s.log.logger.Warn("index does not fit the log, it is rebuilt", "dir", s.log.Dir(), "segment", s.base)
	s.io.Lock()
	err := s.verifyIndex()
	s.io.Unlock()
	if err != nil {
		return start{}, err
	}
	return s.startFor(offset)
}

// walkTo walks from st to the first batch whose last offset is at or above offset. bad is the
// position of bytes that are no batch, or not the batch of st. It is -1 without such bytes. The
// checksum does not cover the offset of a batch, so descending offsets are bad, too. Of two batches
// that overlap behind a gap both are, also when only one can be wrong: an answer would have both.
// When offset lies in a gap, the batch before the gap must have a valid checksum, because a wrong
// length hides the batches after it.
func (s *segment) walkTo(f vfs.File, st start, offset int64) (p place, found bool, bad int64, err error) {
	sc := segfile.Scan(f, st.pos, s.size.Load())
	defer sc.Done()
	next, last, wrong := s.base, segfile.Head{Pos: -1}, int64(-1)
	for sc.Next() {
		h := &sc.Head
		if h.Base < next { // the offset of one of the two batches is wrong
			return place{}, false, max(last.Pos, 0), nil
		}
		gap := h.Base > next && (h.Pos > st.pos || st.pos == 0)
		if gap && !s.offsets().Holds(h.Last) {
			wrong = h.Pos // it would end behind the beginning of the next segment
			break
		}
		if h.Pos == st.pos && !s.plausible(st, h, f) {
			return place{}, false, h.Pos, nil
		}
		next = h.Next()
		if h.Last < offset {
			last = *h
			continue
		}
		p = place{pos: h.Pos, size: h.Size, base: h.Base, last: h.Last}
		if p.base <= offset {
			compacted := h.Magic == 2 && int64(h.Count) != h.Last-h.Base+1 // or its last offset is wrong
			if compacted {
				last = *h
			}
			if gap && sc.Next() && sc.Head.Base < next {
				return place{}, false, p.pos, nil // no gap: the batch's own offset is wrong
			}
			if found = true; compacted {
				break
			}
			return p, true, -1, sc.Err
		}
		if sc.Next() && sc.Head.Base < next {
			return place{}, false, p.pos, nil // no gap: the batch's own offset is wrong
		}
		found = true
		break
	}
	if sc.Err != nil {
		return place{}, false, -1, sc.Err
	}
	if ends := st.pos > 0 && !st.sure && st.entry == offset; ends && (!found || p.base > offset) {
		return place{}, false, st.pos, nil // no gap: the index has a batch that ends here
	}
	if last.Pos >= 0 {
		if whole, err := wholeAt(f, last.Pos, s.size.Load()); err != nil || !whole {
			return place{}, false, last.Pos, err
		}
	}
	if wrong >= 0 {
		return place{}, false, wrong, nil
	}
	if sc.Bad && !found {
		return place{}, false, sc.Pos, nil
	}
	return p, found, -1, nil
}

// wholeAt reports whether the batch at pos has a valid checksum.
func wholeAt(f vfs.File, pos, size int64) (bool, error) {
	bp := segfile.VerifyBufs.Get().(*[]byte)
	defer segfile.VerifyBufs.Put(bp)
	v := segfile.Verifier{R: f, Size: size, Pos: pos, Buf: *bp}
	return v.Next()
}

// border finds the last end of a batch at or below limit, starting at the border `from`. It returns
// `from` when the batch there does not fit. next is the offset after the batch that ends there. It
// has no meaning when end is `from`.
func (s *segment) border(from, limit int64) (end, next int64, err error) {
	s.mu.Lock()
	if e, known := s.tail.Border(limit); known {
		s.touch()
		s.mu.Unlock()
		return max(e.Pos+e.Size, from), e.Last + 1, nil
	}
	s.mu.Unlock()
	known := start{pos: from, entry: -1}
	st := known
	err = s.withIndex(func(x *segfile.Index) {
		if e, at, ok := x.Offsets.FloorPos(limit); ok && int64(e.Pos) > from {
			st = s.startAt(x, e, at)
		}
	})
	if err != nil {
		return 0, 0, err
	}
	h, err := s.file.Acquire()
	if err != nil {
		return 0, 0, err
	}
	defer h.Release()
	end, next, bad, err := s.walkBorder(h.File, st, from, limit)
	if err == nil && bad {
		// A wrong entry costs a walk from the known border, not the answer.
		end, next, bad, err = s.walkBorder(h.File, known, from, limit)
		if err == nil && bad && end == from {
			err = s.corrupt(from)
		}
	}
	return end, next, err
}

func (s *segment) walkBorder(f vfs.File, st start, from, limit int64) (end, next int64, bad bool, err error) {
	sc := segfile.Scan(f, st.pos, s.size.Load())
	defer sc.Done()
	end = st.pos
	for sc.Next() {
		if st.pos > from && sc.Head.Pos == st.pos && !s.plausible(st, &sc.Head, f) {
			return from, 0, true, nil
		}
		if sc.Head.End() > limit {
			return end, sc.Head.Base, false, nil
		}
		end, next = sc.Head.End(), sc.Head.Next()
	}
	return end, next, sc.Bad, sc.Err
}
