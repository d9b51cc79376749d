package segfile

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/gregorhq/gregor/record"
)

// Head is what the fixed first bytes of an entry of the log say, in all message formats.
type Head struct {
	Pos        int64 // in the .log file
	Size       int64
	Base, Last int64 // offsets; in formats 0 and 1 both are the entry's own (last) offset
	MaxTs      int64 // milliseconds, -1 in format 0
	Epoch      int32 // partition leader epoch, -1 below format 2
	Count      int32 // records, -1 unknown
	Magic      int8
	Attributes int16
	ProducerID int64
}

func (b *Head) Next() int64 { return b.Last + 1 }
func (b *Head) End() int64  { return b.Pos + b.Size }

// ParseHead reads the head of the entry at the front of b, which holds record.HeaderSize bytes or
// as many as the file has. It is false when that is no entry.
func ParseHead(b []byte, h *Head) bool {
	size, magic, err := record.Peek(b)
	if err != nil {
		return false
	}
	h.Size, h.Magic = int64(size), magic
	h.Base = int64(binary.BigEndian.Uint64(b))
	if h.Base < 0 {
		return false
	}
	if magic < 2 {
		h.Last, h.MaxTs, h.Epoch, h.Count, h.ProducerID, h.Attributes = h.Base, -1, -1, -1, -1, 0
		if magic == 1 {
			if len(b) < 26 {
				return false
			}
			h.MaxTs = int64(binary.BigEndian.Uint64(b[18:]))
		}
		return true
	}
	if len(b) < record.HeaderSize {
		return false
	}
	v := record.Batch(b)
	h.Last = h.Base + int64(v.LastOffsetDelta())
	h.MaxTs, h.Epoch, h.Count = v.MaxTimestamp(), v.PartitionLeaderEpoch(), v.Count()
	h.ProducerID, h.Attributes = v.ProducerID(), v.Attributes()
	return h.Last >= h.Base
}

// scanChunk is how much of the file one read brings: heads lie close together when batches are
// small, and a page or two cost no more than one head.
const scanChunk = 8 << 10

// Scanner walks the heads of the entries of a .log file between two positions. It is pooled.
type Scanner struct {
	r        io.ReaderAt
	Pos, end int64
	at       int64 // file position of buf[0]
	n        int   // valid bytes of buf
	Head     Head
	Err      error
	// Bad means that the walk ended before end at bytes that are not a whole entry.
	Bad bool
	buf [scanChunk]byte
}

var scanners = sync.Pool{New: func() any { return new(Scanner) }}

// Scan walks [pos, end) of r; both must be borders of entries. Give it back with done.
func Scan(r io.ReaderAt, pos, end int64) *Scanner {
	s := scanners.Get().(*Scanner)
	s.r, s.Pos, s.end, s.at, s.n, s.Err, s.Bad = r, pos, end, 0, 0, nil, false
	return s
}

func (s *Scanner) Done() {
	s.r = nil
	scanners.Put(s)
}

// Next moves to the next entry. It is false at the end, at the first bytes that are no whole
// entry (bad), and after a read error (err).
func (s *Scanner) Next() bool {
	left := s.end - s.Pos
	if left <= 0 || s.Err != nil || s.Bad {
		return false
	}
	b := s.peek(int(min(left, record.HeaderSize)))
	if s.Err != nil {
		return false
	}
	if !ParseHead(b, &s.Head) || s.Head.Size > left {
		s.Bad = true
		return false
	}
	s.Head.Pos = s.Pos
	s.Pos += s.Head.Size
	return true
}

// peek returns n bytes at pos, or fewer where the file ends early.
func (s *Scanner) peek(n int) []byte {
	from := s.Pos - s.at
	if from < 0 || from+int64(n) > int64(s.n) {
		want := int(min(int64(len(s.buf)), s.end-s.Pos))
		got, err := s.r.ReadAt(s.buf[:want], s.Pos)
		if err != nil && err != io.EOF {
			s.Err = err
			return nil
		}
		s.at, s.n, from = s.Pos, got, 0
	}
	return s.buf[from:min(from+int64(n), int64(s.n))]
}

// Sound reports whether the current entry has its checksum.
func (s *Scanner) Sound() (bool, error) { return s.Head.Sound(s.r) }

// Bytes is the current entry as far as the buffer holds it: the head at least, and all of a small
// entry such as a control batch. Valid until next.
func (s *Scanner) Bytes() []byte {
	pos, want := s.Pos, int(min(s.Head.Size, 1024))
	s.Pos = s.Head.Pos
	b := s.peek(want)
	s.Pos = pos
	return b
}
