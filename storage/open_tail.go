package storage

import "github.com/gregorhq/gregor/storage/internal/segfile"

// openTail finds the end of the active segment after a clean stop: it reads the heads of the
// batches from the last index entry to the end of the file. ok is false when the file does not end
// with a whole batch, or the offset of one is wrong; the segment is then recovered.
func (s *segment) openTail(recoveryPoint int64) (end int64, ok bool, err error) {
	size := s.size.Load()
	if size == 0 {
		s.maxTs, s.maxTsOffset, s.maxTsProven = -1, s.base, true
		s.firstTs.Store(-1)
		return s.base, true, nil
	}
	s.io.Lock()
	x, err := s.readIndex()
	s.io.Unlock()
	if err != nil || x == nil {
		return 0, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxTs, s.maxTsOffset, s.sinceIndex = -1, s.base, 0
	if n := len(x.Times); n > 0 {
		s.maxTs, s.maxTsOffset = x.Times[n-1].Ts, s.base+int64(x.Times[n-1].Rel)
	}
	h, err := s.file.Acquire()
	if err != nil {
		return 0, false, err
	}
	defer h.Release()
	st := start{}
	if n := len(x.Offsets); n > 0 {
		st = s.startAt(x, x.Offsets[n-1], n-1)
	}
	sc := segfile.Scan(h.File, st.pos, size)
	defer sc.Done()
	end = s.base
	last := int64(0) // position of the last batch
	for sc.Next() {
		if known := sc.Head.Pos > st.pos || st.pos == 0; known && jumps(&sc.Head, end, recoveryPoint) {
			return 0, false, nil
		}
		if sc.Head.Pos == st.pos && !s.plausible(st, &sc.Head, h.File) || sc.Head.Base < end || s.overflows(sc.Head.Last) {
			return 0, false, nil
		}
		end, last = sc.Head.Next(), sc.Head.Pos
		s.sinceIndex += sc.Head.Size
		if sc.Head.MaxTs > s.maxTs {
			// A damaged head must not decide how long the records stay.
			if sound, err := sc.Sound(); err != nil {
				return end, false, err
			} else if sound {
				s.maxTs, s.maxTsOffset = sc.Head.MaxTs, sc.Head.Last
			}
		}
	}
	if sc.Bad || sc.Err != nil {
		return end, false, sc.Err
	}
	if end != recoveryPoint { // the last offset of a damaged batch may be wrong
		ok, err = wholeAt(h.File, last, size)
		return end, ok, err
	}
	// The index is not kept: an idle partition holds no memory for it.
	return end, true, nil
}
