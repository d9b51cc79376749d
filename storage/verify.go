package storage

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/gregorhq/gregor/record"
)

// verifyChunk is the size of the reads of recovery: large enough to keep the checksum going while
// the bytes are in cache.
const verifyChunk = 1 << 20

var crc32c = crc32.MakeTable(crc32.Castagnoli)

var verifyBufs = sync.Pool{New: func() any {
	b := make([]byte, verifyChunk)
	return &b
}}

// verifier walks the batches of a .log file and checks their checksums. A batch larger than the
// buffer is checked in pieces, so a length field never decides how much memory is taken.
type verifier struct {
	r    io.ReaderAt
	size int64 // of the file
	pos  int64 // of the next batch
	at   int64 // file position of buf[0]
	n    int   // valid bytes in buf
	buf  []byte
	head batchHead
	// batch is the current batch, or its head alone when it is larger than the buffer.
	batch record.Batch
}

// next moves to the next batch. False: the end, or the first bytes at pos that are no valid batch.
func (v *verifier) next() (bool, error) {
	left := v.size - v.pos
	if left <= 0 {
		return false, nil
	}
	b, err := v.fill(v.pos, int(min(left, record.HeaderSize)))
	if err != nil || !parseHead(b, &v.head) || v.head.size > left {
		return false, err
	}
	v.head.pos = v.pos
	whole := v.head.size <= int64(len(v.buf))
	if whole {
		if b, err = v.fill(v.pos, int(v.head.size)); err != nil || int64(len(b)) < v.head.size {
			return false, err
		}
	}
	v.batch = record.Batch(b)
	ok := false
	if whole {
		ok = checksum(v.head.magic, b) == storedSum(v.head.magic, b)
	} else if ok, err = v.checkLarge(b); err != nil {
		return false, err
	}
	if ok {
		v.pos += v.head.size
	}
	return ok, nil
}

// fill returns n bytes from pos, or fewer where the file ends; n is at most len(buf).
func (v *verifier) fill(pos int64, n int) ([]byte, error) {
	from := pos - v.at
	if from < 0 || from > int64(v.n) {
		v.at, v.n, from = pos, 0, 0
	}
	if from+int64(n) > int64(v.n) {
		v.n = copy(v.buf, v.buf[from:v.n])
		v.at, from = pos, 0
		want := int(min(int64(len(v.buf)), v.size-pos))
		got, err := v.r.ReadAt(v.buf[v.n:want], pos+int64(v.n))
		v.n += got
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	return v.buf[from:min(from+int64(n), int64(v.n))], nil
}

// Where the checksum is and what it covers: format 2 has CRC-32C at 17 over the rest, formats 0
// and 1 CRC-32 at 12 over the rest.
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
func (v *verifier) checkLarge(head []byte) (bool, error) {
	kept := append([]byte(nil), head...)
	v.batch = kept
	at, table := sumTable(v.head.magic)
	var sum uint32
	v.at, v.n = 0, 0
	for done := int64(at + 4); done < v.head.size; {
		b := v.buf[:min(int64(len(v.buf)), v.head.size-done)]
		n, err := v.r.ReadAt(b, v.pos+done)
		if err != nil && (err != io.EOF || n < len(b)) {
			if err == io.EOF {
				return false, nil
			}
			return false, err
		}
		sum = crc32.Update(sum, table, b)
		done += int64(n)
	}
	return sum == storedSum(v.head.magic, kept), nil
}
