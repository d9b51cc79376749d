package segfile

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/gregorhq/gregor/record"
)

// Resync finds the next whole batch behind damaged bytes at pos, in the first size bytes of the
// .log file with the offsets in. Its offsets are at or above least. Resync tries the end of the
// damaged batch, as far as its length can be read. The length may be wrong and lead to the border
// of a later batch, so the offset there must be the one behind the records of the damaged batch, or
// there must be no batches between, see between. Then Resync tries every position up to the next
// batch that the index names: a batch that it finds there must be followed by whole batches up to
// that place. When the index names none, whole batches need not lead to the end of the file,
// because a torn write may be there, or more damage: see search. indexed returns the positions
// behind pos that the index names. found is false when there is no such batch.
func Resync(f io.ReaderAt, in Range, pos, size, least int64, indexed func() ([]int64, error)) (at int64, found bool, err error) {
	bp := VerifyBufs.Get().(*[]byte)
	defer VerifyBufs.Put(bp)
	r := resyncer{in: in, v: Verifier{R: f, Size: size, Buf: *bp}, least: least, budget: 4 * (size - pos)}
	head := r.claims(pos)
	byLength, err := r.batchAt(head.end)
	first := r.v.Head.Base // of the batch at head.end
	if err != nil || byLength && head.continuedBy(first) {
		return head.end, byLength, err
	}
	stop, named := size, false
	entries, err := indexed()
	if err != nil {
		return 0, false, err
	}
	for _, at := range entries {
		if named, err = r.batchAt(at); named || err != nil {
			stop = at
			break
		}
	}
	if err == nil && byLength && head.end <= stop {
		if at, found, err = r.between(pos, head, first); found || err != nil {
			return at, found, err
		}
		return head.end, true, nil
	}
	if err == nil {
		at, found, err = r.search(pos+1, stop, named)
	}
	if found || err != nil || !named {
		return at, found, err
	}
	return stop, true, nil
}

type resyncer struct {
	in    Range
	v     Verifier
	least int64
	// budget bounds the bytes whose checksum the search computes: damaged bytes may look like many
	// batches.
	budget int64
}

// claims is what the head of a damaged batch says. Each part may be wrong.
type claims struct {
	end int64 // position behind the batch, the end of the file when the length is impossible
	// next are the possible offsets behind its records: by the base offset there, and by the end of
	// the records before. There are none in formats 0 and 1.
	next []int64
}

func (c *claims) continuedBy(offset int64) bool {
	return len(c.next) == 0 || slices.Contains(c.next, offset)
}

// claims reads the head of the batch at pos.
func (r *resyncer) claims(pos int64) claims {
	var head [record.HeaderSize]byte
	n, _ := r.v.R.ReadAt(head[:min(r.v.Size-pos, int64(len(head)))], pos)
	if n < 12 {
		return claims{end: r.v.Size}
	}
	c := claims{end: r.v.Size}
	length := int64(int32(binary.BigEndian.Uint32(head[8:])))
	if next := pos + 12 + length; length > 0 && next < r.v.Size {
		c.end = next
	}
	if b := record.Batch(head[:n]); n == len(head) && b.Magic() == 2 && b.LastOffsetDelta() >= 0 {
		records := int64(b.LastOffsetDelta()) + 1
		c.next = []int64{b.BaseOffset() + records, r.least + records}
	}
	return c
}

// between finds the batch behind the damaged one at pos when the length there leads to a later
// batch, whose offset is first. Whole batches lead there from the one that between finds. Its
// offset is the one behind the damaged batch, or compaction has left a gap and it is not alone: a
// single batch may be the value of a header at the end of the damaged one.
func (r *resyncer) between(pos int64, head claims, first int64) (int64, bool, error) {
	for pos++; ; {
		x, ok, err := r.nextRun(pos, head.end)
		if !ok || err != nil {
			return 0, false, err
		}
		if x.end == head.end && x.next <= first && (head.continuedBy(x.first) || x.n > 1) {
			return x.pos, true, nil
		}
		pos = x.pos + 1
	}
}

// batchAt reports whether a whole batch of the segment begins at pos.
func (r *resyncer) batchAt(pos int64) (bool, error) {
	r.v.Pos = pos
	ok, err := r.v.Next()
	return ok && r.v.Head.Base >= r.least && r.in.Holds(r.v.Head.Last), err
}

// run is whole batches without any bytes between them.
type run struct {
	pos, end    int64 // in the file
	first, next int64 // offset of the first record, and after the last one
	n           int   // batches
}

// search looks at every position from pos on for whole batches. When exact is true they must lead
// to stop.
//
// Otherwise bytes in front of stop may be damaged or torn, and the longest run of whole batches
// counts. A run before it counts when its offsets lie below and it has two batches: a single one
// may be the value of a record in a damaged batch.
func (r *resyncer) search(pos, stop int64, exact bool) (int64, bool, error) {
	var runs []run
	longest := 0
	for {
		found, ok, err := r.nextRun(pos, stop)
		if err != nil {
			return 0, false, err
		}
		if !ok {
			break
		}
		if found.end == stop && (exact || len(runs) == 0) {
			return found.pos, true, nil
		}
		if pos = found.pos + 1; exact {
			continue
		}
		pos = found.end
		runs = append(runs, found)
		if last := len(runs) - 1; found.end-found.pos > runs[longest].end-runs[longest].pos {
			longest = last
		}
	}
	for _, x := range runs {
		if x.n > 1 && x.next <= runs[longest].first || x == runs[longest] {
			return x.pos, true, nil
		}
	}
	return 0, false, nil
}

// nextRun finds the next run of whole batches that begins at pos or behind it.
func (r *resyncer) nextRun(pos, stop int64) (run, bool, error) {
	const window = 64 << 10
	buf := make([]byte, window)
	for ; pos+record.HeaderSize <= stop && r.budget > 0; pos += window - record.HeaderSize {
		n, err := r.v.R.ReadAt(buf[:min(window, stop-pos)], pos)
		if n < record.HeaderSize {
			if err == io.EOF {
				err = nil
			}
			return run{}, false, err
		}
		for i := 0; i+record.HeaderSize <= n; i++ {
			if buf[i+16] != 2 || !r.plausible(buf[i:i+record.HeaderSize], pos+int64(i)) {
				continue
			}
			if x, err := r.runAt(pos+int64(i), stop); x.end > x.pos || err != nil {
				return x, err == nil, err
			}
		}
	}
	return run{}, false, nil
}

func (r *resyncer) plausible(b []byte, at int64) bool {
	var h Head
	return ParseHead(b, &h) && h.Base >= r.least && r.in.Holds(h.Last) && at+h.Size <= r.v.Size && h.Epoch >= -1 && h.Attributes>>7 == 0
}

// runAt is the whole batches with rising offsets from pos on, up to stop at most.
func (r *resyncer) runAt(pos, stop int64) (run, error) {
	r.v.Pos = pos
	x := run{pos: pos, end: pos}
	for least := r.least; r.v.Pos < stop && r.budget > 0; least = r.v.Head.Next() {
		ok, err := r.v.Next()
		r.budget -= r.v.Head.Size
		if err != nil || !ok || r.v.Head.Base < least || !r.in.Holds(r.v.Head.Last) || r.v.Pos > stop {
			return x, err
		}
		if x.end == pos {
			x.first = r.v.Head.Base
		}
		x.end, x.next, x.n = r.v.Pos, r.v.Head.Next(), x.n+1
	}
	return x, nil
}
