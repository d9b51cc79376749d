package segfile

import "io"

// Intact is whole batches of a .log file, one behind the other, and the damage in front of them.
type Intact struct {
	// Pos and End bound the bytes in the file. They are equal when no whole batch follows.
	Pos, End int64
	// First is the offset of the first batch, Next the one behind the last batch.
	First, Next int64
	// Bad is the position of damaged bytes directly in front of Pos, -1 without.
	Bad int64
}

// IntactWalk finds the whole batches of a .log file that may be damaged.
type IntactWalk struct {
	R  io.ReaderAt
	In Range
	// Size is where the walk ends in the file.
	Size int64
	// Below is above the offsets of all batches.
	Below int64
	// Indexed returns the positions behind pos that the index names, see Resync.
	Indexed func(pos int64) ([]int64, error)
}

// Find walks from position pos, where the offsets are at or above least, to the first whole batch
// that ends at or above offset from. It takes the batches behind it up to the next damage, and
// at least one up to maxBytes. Damage stays in the result unless a batch behind it whose offset is
// right begins at or below from. Of two batches one of which has a wrong offset, none is taken.
func (w *IntactWalk) Find(pos, least, from, maxBytes int64) (r Intact, err error) {
	bp := VerifyBufs.Get().(*[]byte)
	defer VerifyBufs.Put(bp)
	in := Range{Base: w.In.Base, Next: min(w.In.Next, w.Below)}
	v := Verifier{R: w.R, Size: w.Size, Pos: pos, Buf: *bp}
	r = Intact{Bad: -1}
	for doubt := false; v.Pos < w.Size; {
		at := v.Pos
		ok, err := v.Next()
		if err != nil {
			return r, err
		}
		h, place := v.Head, Misplaced
		if ok && !doubt && h.Last < w.Below {
			place = in.Place(w.R, &h, least, w.Size)
		}
		if place == InPlace {
			switch {
			case r.End > r.Pos && h.End()-r.Pos > maxBytes:
				return r, nil
			case h.Last < from:
				r.Bad = -1
			case r.End == r.Pos:
				r.Pos, r.First = h.Pos, h.Base
				fallthrough
			default:
				r.End, r.Next = h.End(), h.Next()
			}
			least = h.Next()
			continue
		}
		if r.End > r.Pos {
			return r, nil
		}
		if r.Bad < 0 {
			r.Bad = at
		}
		if doubt = place == Doubtful; ok {
			continue // the checksum is right, so the next batch is directly behind
		}
		next, found, err := Resync(w.R, in, at, w.Size, least, func() ([]int64, error) { return w.Indexed(at) })
		if err != nil || !found {
			return r, err
		}
		v.Pos = next
	}
	return r, nil
}
