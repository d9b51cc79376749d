package storage

import "github.com/gregorhq/gregor/vfs"

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
	// sure says that the entry needs no check: the log itself told it.
	sure bool
}

// plausible reports whether h can be the batch that the index entry st speaks of. Bytes out of the
// middle of a batch must not pass, so everything is asked for that a true head has; an entry of
// format 0 or 1, whose head says little, passes only in a file that begins with one. A client may have stored a head that has
// none of it, so once the index was made of the log nothing more is asked.
func (s *segment) plausible(st start, h *batchHead, f vfs.File) bool {
	switch {
	case st.pos == 0 || st.sure:
		return true
	case h.last > st.entry || h.last <= st.before || h.base < s.base:
		return false
	case h.magic == 2:
		return h.count >= 0 && int64(h.count) <= h.last-h.base+1 && h.epoch >= -1 && h.attributes>>7 == 0 && h.producerID >= -1
	}
	var first [17]byte
	n, err := f.ReadAt(first[:], 0)
	return n == len(first) && err == nil && first[16] < 2
}

func (s *segment) startAt(x *segmentIndex, e indexEntry, at int) start {
	st := start{pos: int64(e.pos), entry: s.base + int64(e.rel), before: s.base - 1, sure: x.fromLog}
	if at > 0 {
		st.before = s.base + int64(x.offsets[at-1].rel)
	}
	return st
}

// locate finds the first batch whose last offset is at or above offset. found is false when the
// segment has none. It trusts no index entry: a walk that does not fit the index makes it anew.
func (s *segment) locate(offset int64) (p place, found bool, err error) {
	s.mu.Lock()
	if e, found, known := s.tail.find(offset); known {
		s.touch()
		s.mu.Unlock()
		return place{pos: e.pos, size: e.size, base: e.base, last: e.last}, found, nil
	}
	s.mu.Unlock()
	st, err := s.startFor(offset)
	if err != nil {
		return place{}, false, err
	}
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return place{}, false, err
	}
	defer h.release()
	p, found, bad, err := s.walkTo(h.file, st, offset)
	if err != nil || !bad {
		return p, found, err
	}
	if st, err = s.distrust(offset); err != nil {
		return place{}, false, err
	}
	p, found, bad, err = s.walkTo(h.file, st, offset)
	if bad {
		err = s.corrupt(st.pos)
	}
	return p, found, err
}

// startFor looks offset up in the index.
func (s *segment) startFor(offset int64) (st start, err error) {
	err = s.withIndex(func(x *segmentIndex) {
		if e, at, ok := x.offsets.floor(offset - s.base); ok {
			st = s.startAt(x, e, at)
		}
	})
	return st, err
}

// distrust rebuilds the index and looks up again.
func (s *segment) distrust(offset int64) (start, error) {
	s.log.logger.Warn("index does not fit the log, it is rebuilt", "dir", s.log.Dir(), "segment", s.base)
	s.io.Lock()
	err := s.rebuildIndex()
	s.io.Unlock()
	if err != nil {
		return start{}, err
	}
	return s.startFor(offset)
}

func (s *segment) walkTo(f vfs.File, st start, offset int64) (p place, found, bad bool, err error) {
	sc := scan(f, st.pos, s.size.Load())
	defer sc.done()
	for sc.next() {
		h := &sc.head
		if h.pos == st.pos && !s.plausible(st, h, f) {
			return place{}, false, true, nil
		}
		if h.last >= offset {
			return place{pos: h.pos, size: h.size, base: h.base, last: h.last}, true, false, nil
		}
	}
	return place{}, false, sc.bad, sc.err
}

// border finds the last end of a batch at or below limit, from the border `from` on; it is `from` itself when the batch that
// begins there does not fit. next is the offset after the batch that ends there; it means nothing when end is `from`.
func (s *segment) border(from, limit int64) (end, next int64, err error) {
	s.mu.Lock()
	if e, known := s.tail.border(limit); known {
		s.touch()
		s.mu.Unlock()
		return max(e.pos+e.size, from), e.last + 1, nil
	}
	s.mu.Unlock()
	known := start{pos: from, entry: -1}
	st := known
	err = s.withIndex(func(x *segmentIndex) {
		if e, at, ok := x.offsets.floorPos(limit); ok && int64(e.pos) > from {
			st = s.startAt(x, e, at)
		}
	})
	if err != nil {
		return 0, 0, err
	}
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return 0, 0, err
	}
	defer h.release()
	end, next, bad, err := s.walkBorder(h.file, st, from, limit)
	if err == nil && bad {
		// A wrong entry costs a walk from the known border, not the answer.
		end, next, bad, err = s.walkBorder(h.file, known, from, limit)
		if err == nil && bad && end == from {
			err = s.corrupt(from)
		}
	}
	return end, next, err
}

func (s *segment) walkBorder(f vfs.File, st start, from, limit int64) (end, next int64, bad bool, err error) {
	sc := scan(f, st.pos, s.size.Load())
	defer sc.done()
	end = st.pos
	for sc.next() {
		if st.pos > from && sc.head.pos == st.pos && !s.plausible(st, &sc.head, f) {
			return from, 0, true, nil
		}
		if sc.head.end() > limit {
			return end, sc.head.base, false, nil
		}
		end, next = sc.head.end(), sc.head.next()
	}
	return end, next, sc.bad, sc.err
}
