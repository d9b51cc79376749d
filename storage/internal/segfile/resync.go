package segfile

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/gregorhq/gregor/record"
)

// Range is the offsets that a segment can hold: [Base, Next). Next is the base offset of the
// segment behind it, [NoNext] without one.
type Range struct{ Base, Next int64 }

// NoNext is the end of the range of the active segment.
const NoNext = math.MaxInt64

// Holds reports whether a segment can hold a batch that ends with offset last.
func (r Range) Holds(last int64) bool { return last < r.Next && !Overflows(r.Base, last) }

// Resync finds the next whole batch behind damaged bytes at pos, in the first size bytes of the
// .log file with the offsets in. Its offsets are at or above least. Resync tries the end of the
// damaged batch, as far as its length can be read. Then it tries every position up to the next
// batch that the index names: a batch that it finds there must be followed by whole batches up to
// that place. When the index names none, whole batches need not lead to the end of the file,
// because a torn write may be there, or more damage: see search. indexed returns the positions
// behind pos that the index names. found is false when there is no such batch.
func Resync(f io.ReaderAt, in Range, pos, size, least int64, indexed func() []int64) (at int64, found bool, err error) {
	bp := VerifyBufs.Get().(*[]byte)
	defer VerifyBufs.Put(bp)
	r := resyncer{in: in, v: Verifier{R: f, Size: size, Buf: *bp}, least: least, budget: 4 * (size - pos)}
	for _, at := range r.byLength(pos) {
		if ok, err := r.batchAt(at); ok || err != nil {
			return at, ok, err
		}
	}
	stop, named := size, false
	for _, at := range indexed() {
		if named, err = r.batchAt(at); named || err != nil {
			stop = at
			break
		}
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

// byLength is the position behind the batch at pos, if the length there can be the length of a
// batch.
func (r *resyncer) byLength(pos int64) []int64 {
	var head [record.HeaderSize]byte
	n, _ := r.v.R.ReadAt(head[:min(r.v.Size-pos, int64(len(head)))], pos)
	if n < 12 {
		return nil
	}
	length := int64(int32(binary.BigEndian.Uint32(head[8:])))
	if next := pos + 12 + length; length > 0 && next < r.v.Size {
		return []int64{next}
	}
	return nil
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
