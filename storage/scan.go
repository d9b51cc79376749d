package storage

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/gregorhq/gregor/record"
)

// batchHead is what the fixed first bytes of an entry of the log say, in all message formats.
type batchHead struct {
	pos        int64 // in the .log file
	size       int64
	base, last int64 // offsets; in formats 0 and 1 both are the entry's own (last) offset
	maxTs      int64 // milliseconds, -1 in format 0
	epoch      int32 // partition leader epoch, -1 below format 2
	count      int32 // records, -1 unknown
	magic      int8
	attributes int16
	producerID int64
}

func (b *batchHead) next() int64 { return b.last + 1 }
func (b *batchHead) end() int64  { return b.pos + b.size }

// parseHead reads the head of the entry at the front of b, which holds record.HeaderSize bytes or
// as many as the file has. It is false when that is no entry.
func parseHead(b []byte, h *batchHead) bool {
	size, magic, err := record.Peek(b)
	if err != nil {
		return false
	}
	h.size, h.magic = int64(size), magic
	h.base = int64(binary.BigEndian.Uint64(b))
	if h.base < 0 {
		return false
	}
	if magic < 2 {
		h.last, h.maxTs, h.epoch, h.count, h.producerID, h.attributes = h.base, -1, -1, -1, -1, 0
		if magic == 1 {
			if len(b) < 26 {
				return false
			}
			h.maxTs = int64(binary.BigEndian.Uint64(b[18:]))
		}
		return true
	}
	if len(b) < record.HeaderSize {
		return false
	}
	v := record.Batch(b)
	h.last = h.base + int64(v.LastOffsetDelta())
	h.maxTs, h.epoch, h.count = v.MaxTimestamp(), v.PartitionLeaderEpoch(), v.Count()
	h.producerID, h.attributes = v.ProducerID(), v.Attributes()
	return h.last >= h.base
}

// scanChunk is how much of the file one read brings: heads lie close together when batches are
// small, and a page or two cost no more than one head.
const scanChunk = 8 << 10

// scanner walks the heads of the entries of a .log file between two positions. It is pooled.
type scanner struct {
	r        io.ReaderAt
	pos, end int64
	at       int64 // file position of buf[0]
	n        int   // valid bytes of buf
	head     batchHead
	err      error
	// bad says that the walk ended before end because what is there is no whole entry.
	bad bool
	buf [scanChunk]byte
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// scan walks [pos, end) of r; both must be borders of entries. Give it back with done.
func scan(r io.ReaderAt, pos, end int64) *scanner {
	s := scanners.Get().(*scanner)
	s.r, s.pos, s.end, s.at, s.n, s.err, s.bad = r, pos, end, 0, 0, nil, false
	return s
}

func (s *scanner) done() {
	s.r = nil
	scanners.Put(s)
}

// next moves to the next entry. It is false at the end, at the first bytes that are no whole
// entry (bad), and after a read error (err).
func (s *scanner) next() bool {
	left := s.end - s.pos
	if left <= 0 || s.err != nil || s.bad {
		return false
	}
	b := s.peek(int(min(left, record.HeaderSize)))
	if s.err != nil {
		return false
	}
	if !parseHead(b, &s.head) || s.head.size > left {
		s.bad = true
		return false
	}
	s.head.pos = s.pos
	s.pos += s.head.size
	return true
}

// peek returns n bytes at pos, or fewer where the file ends early.
func (s *scanner) peek(n int) []byte {
	from := s.pos - s.at
	if from < 0 || from+int64(n) > int64(s.n) {
		want := int(min(int64(len(s.buf)), s.end-s.pos))
		got, err := s.r.ReadAt(s.buf[:want], s.pos)
		if err != nil && err != io.EOF {
			s.err = err
			return nil
		}
		s.at, s.n, from = s.pos, got, 0
	}
	return s.buf[from:min(from+int64(n), int64(s.n))]
}

// bytes is the current entry as far as the buffer holds it: the head at least, and all of a small
// entry such as a control batch. Valid until next.
func (s *scanner) bytes() []byte {
	pos, want := s.pos, int(min(s.head.size, 1024))
	s.pos = s.head.pos
	b := s.peek(want)
	s.pos = pos
	return b
}
