package segfile

import (
	"io"
	"math"

	"github.com/gregorhq/gregor/record"
)

// The checksum of a batch does not cover its base offset. This file has the rule that decides from
// the batches around it whether the offset is wrong.

// Range is the offsets that a segment can hold: [Base, Next). Next is the base offset of the
// segment behind it, [NoNext] without one.
type Range struct{ Base, Next int64 }

// NoNext is the end of the range of the active segment.
const NoNext = math.MaxInt64

// Holds reports whether a segment can hold a batch that ends with offset last.
func (r Range) Holds(last int64) bool { return last < r.Next && !Overflows(r.Base, last) }

// Overflows reports whether offset cannot be stored relative to the base offset of a segment.
func Overflows(base, offset int64) bool { return offset-base > math.MaxInt32 || offset < base }

// Place says whether the offset of a batch is right.
type Place int8

const (
	// InPlace is a batch whose offset fits the batches around it.
	InPlace Place = iota
	// Misplaced is a batch with a wrong offset.
	Misplaced
	// Doubtful is a batch that overlaps the one behind it. The offset of either may be wrong.
	Doubtful
)

// Place decides about batch h of a file of the given size. The batches before it end at next, or
// above it where damaged bytes lie in between. A gap is right after compaction, but not when the
// next batch lies in it. Then the offset of one of the two is wrong: only of h when there is no
// room for the next batch behind h, only of the next batch when there is no room for h before it.
func (r Range) Place(f io.ReaderAt, h *Head, next, size int64) Place {
	switch {
	case h.Base == next && !Overflows(r.Base, h.Last):
		return InPlace // a segment behind that holds its offsets, too, is the wrong one
	case h.Base < next || !r.Holds(h.Last):
		return Misplaced
	}
	after, ok := HeadAt(f, h.End(), size)
	if !ok || after.Base >= h.Next() {
		return InPlace
	}
	bound := r.Next
	if third, ok := HeadAt(f, after.End(), size); ok {
		bound = min(bound, third.Base)
	}
	before := after.Base-next >= h.Next()-h.Base
	behind := bound-h.Next() >= after.Next()-after.Base
	switch {
	case behind && !before:
		return InPlace
	case before && !behind:
		return Misplaced
	}
	return Doubtful
}

// HeadAt returns the head of the batch at pos in a file of the given size.
func HeadAt(f io.ReaderAt, pos, size int64) (h Head, ok bool) {
	var b [record.HeaderSize]byte
	n, _ := f.ReadAt(b[:max(min(size-pos, int64(len(b))), 0)], pos)
	ok = ParseHead(b[:n], &h)
	h.Pos = pos
	return h, ok
}
