package storage

// openTail finds the end of the active segment after a clean stop: it reads the heads of the batches from the last index
// entry to the end of the file. ok is false when the file does not end with a whole batch; the segment is then recovered.
func (s *segment) openTail() (end int64, ok bool, err error) {
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
	if n := len(x.times); n > 0 {
		s.maxTs, s.maxTsOffset = x.times[n-1].ts, s.base+int64(x.times[n-1].rel)
	}
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return 0, false, err
	}
	defer h.release()
	st := start{}
	if n := len(x.offsets); n > 0 {
		st = s.startAt(x, x.offsets[n-1], n-1)
	}
	sc := scan(h.file, st.pos, size)
	defer sc.done()
	end = s.base
	for sc.next() {
		if sc.head.pos == st.pos && !s.plausible(st, &sc.head, h.file) || sc.head.base < end || s.overflows(sc.head.last) {
			return 0, false, nil
		}
		end = sc.head.next()
		s.sinceIndex += sc.head.size
		if sc.head.maxTs > s.maxTs {
			s.maxTs, s.maxTsOffset = sc.head.maxTs, sc.head.last
		}
	}
	// The index is not kept: an idle partition holds no memory for it.
	return end, !sc.bad && sc.err == nil, sc.err
}
