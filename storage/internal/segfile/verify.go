package segfile

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/gregorhq/gregor/record"
)

// VerifyChunk is the size of the reads of recovery: large enough to keep the checksum going while
// the bytes are in cache.
const VerifyChunk = 1 << 20

var crc32c = crc32.MakeTable(crc32.Castagnoli)

var VerifyBufs = sync.Pool{New: func() any {
	b := make([]byte, VerifyChunk)
	return &b
}}

// Verifier walks the batches of a .log file and checks their checksums. A batch larger than the
// buffer is checked in pieces, so a length field never decides how much memory is taken.
type Verifier struct {
	R    io.ReaderAt
	Size int64 // of the file
	Pos  int64 // of the next batch
	at   int64 // file position of buf[0]
	n    int   // valid bytes in buf
	Buf  []byte
	Head Head
	// Batch is the current batch, or its head alone when it is larger than the buffer.
	Batch record.Batch
}

// Next moves to the next batch. False: the end, or the first bytes at pos that are no valid batch.
func (v *Verifier) Next() (bool, error) {
	left := v.Size - v.Pos
	if left <= 0 {
		return false, nil
	}
	b, err := v.fill(v.Pos, int(min(left, record.HeaderSize)))
	if err != nil || !ParseHead(b, &v.Head) || v.Head.Size > left {
		return false, err
	}
	v.Head.Pos = v.Pos
	whole := v.Head.Size <= int64(len(v.Buf))
	if whole {
		if b, err = v.fill(v.Pos, int(v.Head.Size)); err != nil || int64(len(b)) < v.Head.Size {
			return false, err
		}
	}
	v.Batch = record.Batch(b)
	ok := false
	if whole {
		ok = checksum(v.Head.Magic, b) == storedSum(v.Head.Magic, b)
	} else if ok, err = v.checkLarge(b); err != nil {
		return false, err
	}
	if ok {
		v.Pos += v.Head.Size
	}
	return ok, nil
}

// SoundIn reports whether b, the whole batch, has its checksum.
func (b *Head) SoundIn(batch []byte) bool {
	return checksum(b.Magic, batch) == storedSum(b.Magic, batch)
}

// Sound reports whether a batch that a scan has found has its checksum.
func (b *Head) Sound(r io.ReaderAt) (bool, error) {
	bp := VerifyBufs.Get().(*[]byte)
	defer VerifyBufs.Put(bp)
	v := Verifier{R: r, Size: b.End(), Pos: b.Pos, Buf: *bp}
	return v.Next()
}

// Forget drops the bytes that were read ahead, because the file has changed.
func (v *Verifier) Forget() { v.n = 0 }

// fill returns n bytes from pos, or fewer where the file ends; n is at most len(buf).
func (v *Verifier) fill(pos int64, n int) ([]byte, error) {
	from := pos - v.at
	if from < 0 || from > int64(v.n) {
		v.at, v.n, from = pos, 0, 0
	}
	if from+int64(n) > int64(v.n) {
		v.n = copy(v.Buf, v.Buf[from:v.n])
		v.at, from = pos, 0
		want := int(min(int64(len(v.Buf)), v.Size-pos))
		got, err := v.R.ReadAt(v.Buf[v.n:want], pos+int64(v.n))
		v.n += got
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	return v.Buf[from:min(from+int64(n), int64(v.n))], nil
}

// sumTable returns the position and the polynomial of the checksum: format 2 has CRC-32C at 17 over
// the rest, formats 0 and 1 CRC-32 at 12 over the rest.
func sumTable(magic int8) (at int, table *crc32.Table) {
	if magic < 2 {
		return 12, crc32.IEEETable
	}
	return 17, crc32c
}

func checksum(magic int8, b []byte) uint32 {
	at, table := sumTable(magic)
	return crc32.Checksum(b[at+4:], table)
}

func storedSum(magic int8, b []byte) uint32 {
	at, _ := sumTable(magic)
	return binary.BigEndian.Uint32(b[at:])
}

// checkLarge sums up a batch that does not fit the buffer; head is its first bytes. The buffer's
// contents are lost, head is kept.
func (v *Verifier) checkLarge(head []byte) (bool, error) {
	kept := append([]byte(nil), head...)
	v.Batch = kept
	at, table := sumTable(v.Head.Magic)
	var sum uint32
	v.at, v.n = 0, 0
	for done := int64(at + 4); done < v.Head.Size; {
		b := v.Buf[:min(int64(len(v.Buf)), v.Head.Size-done)]
		n, err := v.R.ReadAt(b, v.Pos+done)
		if err != nil && (err != io.EOF || n < len(b)) {
			if err == io.EOF {
				return false, nil
			}
			return false, err
		}
		sum = crc32.Update(sum, table, b)
		done += int64(n)
	}
	return sum == storedSum(v.Head.Magic, kept), nil
}
