package segfile

import (
	"encoding/binary"
	"io"

	"github.com/gregorhq/gregor/record"
)

// Resync finds the next whole batch behind damaged bytes at pos, in the first size bytes of the
// .log file at base. Its offsets are at or above least. Resync tries the end of the damaged batch,
// as far as its length can be read. Then it tries every position up to the next batch that the
// index names, or the end of the segment. A batch that it finds there must be followed by whole
// batches up to that place. indexed returns the positions behind pos that the index names. found is
// false when there is no such batch.
func Resync(f io.ReaderAt, base, pos, size, least int64, indexed func() []int64) (at int64, found bool, err error) {
	bp := VerifyBufs.Get().(*[]byte)
	defer VerifyBufs.Put(bp)
	r := resyncer{base: base, v: Verifier{R: f, Size: size, Buf: *bp}, least: least, budget: 4 * (size - pos)}
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
		at, found, err = r.search(pos+1, stop)
	}
	if found || err != nil || !named {
		return at, found, err
	}
	return stop, true, nil
}

type resyncer struct {
	base  int64
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
	return ok && r.v.Head.Base >= r.least && !Overflows(r.base, r.v.Head.Last), err
}

// search looks at every position from pos on for a batch from which whole batches lead to stop.
func (r *resyncer) search(pos, stop int64) (int64, bool, error) {
	const window = 64 << 10
	buf := make([]byte, window)
	for ; pos+record.HeaderSize <= stop && r.budget > 0; pos += window - record.HeaderSize {
		n, err := r.v.R.ReadAt(buf[:min(window, stop-pos)], pos)
		if n < record.HeaderSize {
			return 0, false, err
		}
		for i := 0; i+record.HeaderSize <= n; i++ {
			if buf[i+16] != 2 || !r.plausible(buf[i:i+record.HeaderSize], pos+int64(i)) {
				continue
			}
			if ok, err := r.chain(pos+int64(i), stop); ok || err != nil {
				return pos + int64(i), ok, err
			}
		}
	}
	return 0, false, nil
}

func (r *resyncer) plausible(b []byte, at int64) bool {
	var h Head
	return ParseHead(b, &h) && h.Base >= r.least && !Overflows(r.base, h.Last) && at+h.Size <= r.v.Size && h.Epoch >= -1 && h.Attributes>>7 == 0
}

// chain reports whether whole batches with rising offsets fill the segment from pos to stop.
func (r *resyncer) chain(pos, stop int64) (bool, error) {
	r.v.Pos = pos
	for least := r.least; r.v.Pos < stop; {
		from := r.v.Pos
		ok, err := r.v.Next()
		r.budget -= r.v.Head.Size
		if err != nil || !ok || r.v.Head.Base < least || Overflows(r.base, r.v.Head.Last) || r.budget < 0 {
			return false, err
		}
		least = r.v.Head.Next()
		if r.v.Pos <= from {
			return false, nil
		}
	}
	return r.v.Pos == stop, nil
}
