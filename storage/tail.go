package storage

// tailEntry is one batch at the end of the active segment.
type tailEntry struct {
	base, last int64
	pos, size  int64
}

const tailLen = 32

// tailRing holds the newest batches of the active segment, at most tailLen, without a gap up to
// the segment's end. Consumers and followers read at the log end nearly always; they find their
// position and the high watermark's here. Guarded by segment.mu.
type tailRing struct {
	n uint64 // batches ever pushed
	e [tailLen]tailEntry
}

func (t *tailRing) push(e tailEntry) {
	t.e[t.n%tailLen] = e
	t.n++
}

func (t *tailRing) len() int { return int(min(t.n, tailLen)) }

// at returns the i-th entry, from the oldest.
func (t *tailRing) at(i int) *tailEntry {
	return &t.e[(t.n-uint64(t.len())+uint64(i))%tailLen]
}

// find returns the first batch whose last offset is at or above offset. known is false when the
// answer may lie before the oldest batch of the ring.
func (t *tailRing) find(offset int64) (e tailEntry, found, known bool) {
	if t == nil || t.n == 0 || offset < t.at(0).base {
		return tailEntry{}, false, false
	}
	lo, hi := 0, t.len()
	for lo < hi {
		mid := (lo + hi) / 2
		if t.at(mid).last < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == t.len() {
		return tailEntry{}, false, true
	}
	return *t.at(lo), true, true
}

// border returns the last batch that ends at or before pos. known is false when it may lie before
// the ring.
func (t *tailRing) border(pos int64) (e tailEntry, known bool) {
	if t == nil || t.n == 0 || pos < t.at(0).pos+t.at(0).size {
		return tailEntry{}, false
	}
	lo, hi := 1, t.len() // at(lo-1) ends at or before pos
	for lo < hi {
		mid := (lo + hi) / 2
		if m := t.at(mid); m.pos+m.size <= pos {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return *t.at(lo - 1), true
}
