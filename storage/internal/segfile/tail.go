package segfile

// TailEntry is one batch at the end of the active segment.
type TailEntry struct {
	Base, Last int64
	Pos, Size  int64
}

const TailLen = 32

// Tail holds the newest batches of the active segment, at most tailLen, without a gap up to
// the segment's end. Consumers and followers read at the log end nearly always; they find their
// position and the high watermark's here. Guarded by segment.mu.
type Tail struct {
	n uint64 // batches ever pushed
	e [TailLen]TailEntry
}

func (t *Tail) Push(e TailEntry) {
	t.e[t.n%TailLen] = e
	t.n++
}

func (t *Tail) len() int { return int(min(t.n, TailLen)) }

// at returns the i-th entry, from the oldest.
func (t *Tail) at(i int) *TailEntry {
	return &t.e[(t.n-uint64(t.len())+uint64(i))%TailLen]
}

// Find returns the first batch whose last offset is at or above offset. known is false when the
// answer may lie before the oldest batch of the ring.
func (t *Tail) Find(offset int64) (e TailEntry, found, known bool) {
	if t == nil || t.n == 0 || offset < t.at(0).Base {
		return TailEntry{}, false, false
	}
	lo, hi := 0, t.len()
	for lo < hi {
		mid := (lo + hi) / 2
		if t.at(mid).Last < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == t.len() {
		return TailEntry{}, false, true
	}
	return *t.at(lo), true, true
}

// Border returns the last batch that ends at or before pos. known is false when it may lie before
// the ring.
func (t *Tail) Border(pos int64) (e TailEntry, known bool) {
	if t == nil || t.n == 0 || pos < t.at(0).Pos+t.at(0).Size {
		return TailEntry{}, false
	}
	lo, hi := 1, t.len() // at(lo-1) ends at or before pos
	for lo < hi {
		mid := (lo + hi) / 2
		if m := t.at(mid); m.Pos+m.Size <= pos {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return *t.at(lo - 1), true
}
