package record

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"
)

// scanPiece is the size in bytes of the pieces in which a gzip payload is decompressed and checked.
const scanPiece = 64 << 10

// scanner decompresses a payload piece by piece and hands the pieces to a walker. Its memory is one
// block of the codec, whatever the size of the output; zstd, whose decoder works on whole payloads,
// is the exception and takes a slot for large ones, see unpack.
type scanner struct {
	o    ValidateOptions
	v    Validation
	walk walker

	buf   []byte // the current piece; reused
	total int    // bytes decompressed so far
	limit int
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// scan checks all records of a batch.
func (s *scanner) scan(b Batch) error {
	payload, codec := b.Payload(), b.Codec()
	s.total, s.limit = 0, s.o.Limits.max()
	var err error
	switch {
	case s.walk.err != nil || len(payload) == 0:
	case codec == None:
		s.walk.feed(payload)
	case codec == Gzip:
		err = s.gzip(payload)
	case codec == Snappy:
		err = s.snappy(payload)
	case codec == LZ4:
		err = s.lz4(payload)
	default:
		err = s.whole(payload, codec)
	}
	if s.walk.err == nil && err != nil {
		return err
	}
	return s.walk.finish()
}

// piece hands decompressed bytes to the walker. An error ends the scan.
func (s *scanner) piece(codec Codec, p []byte) error {
	if s.total += len(p); s.total > s.limit {
		return errDecompressed(codec, s.limit)
	}
	s.walk.feed(p)
	return s.walk.err
}

// block decompresses one block of at most n bytes and hands it on. A block above freeOutput takes a
// slot for as long as it is in memory.
func (s *scanner) block(codec Codec, n int, decode func(dst []byte) ([]byte, error)) error {
	if n <= freeOutput {
		if cap(s.buf) < n {
			s.buf = make([]byte, 0, max(n, scanPiece))
		}
		out, err := decode(s.buf[:0])
		if err != nil {
			return err
		}
		return s.piece(codec, out)
	}
	opening <- struct{}{}
	out, err := decode(takeLarge(n))
	if err == nil {
		err = s.piece(codec, out)
	}
	closeLarge(out)
	return err
}

// whole decompresses a payload at once.
func (s *scanner) whole(payload []byte, codec Codec) error {
	out, large, err := unpack(s.buf[:0], payload, codec, s.o.Limits, false)
	if err != nil {
		return err
	}
	err = s.piece(codec, out)
	if large {
		closeLarge(out)
	} else {
		s.buf = out
	}
	return err
}

func (s *scanner) gzip(payload []byte) error {
	z := takeGzip()
	defer z.release()
	if err := z.reset(payload); err != nil {
		return errPayload(Gzip, err)
	}
	if cap(s.buf) < scanPiece {
		s.buf = make([]byte, 0, scanPiece)
	}
	for {
		n, err := z.z.Read(s.buf[:scanPiece])
		if failure := s.piece(Gzip, s.buf[:n]); failure != nil || err == io.EOF {
			return failure
		}
		if err != nil {
			return errPayload(Gzip, err)
		}
	}
}

func (s *scanner) snappy(payload []byte) error {
	if !isXerial(payload) {
		return s.snappyBlock(payload)
	}
	for len(payload) > 0 {
		chunk, rest, err := xerialChunkOf(payload)
		if err != nil {
			return err
		}
		if payload = rest; chunk == nil {
			continue
		}
		if err := s.snappyBlock(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) snappyBlock(src []byte) error {
	n, err := s2.DecodedLen(src)
	if err != nil || n > snappyMaxRatio*len(src) {
		return errPayload(Snappy, "not a snappy block")
	}
	if n > s.limit-s.total {
		return errDecompressed(Snappy, s.limit)
	}
	return s.block(Snappy, n, func(dst []byte) ([]byte, error) { return snappyBlock(dst, src, s.limit, 0) })
}

func (s *scanner) lz4(payload []byte) error {
	frame, src, err := lz4Header(payload, false)
	for err == nil {
		var block []byte
		var stored bool
		if block, stored, src, err = frame.next(src); err != nil || block == nil {
			return err
		}
		if stored {
			err = s.piece(LZ4, block)
		} else {
			err = s.block(LZ4, blockRoom(len(block), frame.maxBlock),
				func(dst []byte) ([]byte, error) { return lz4Block(dst, block, frame.maxBlock) })
		}
	}
	return err
}

// xerialChunkOf returns the next snappy block of xerial frames, nil for a frame header, and what
// follows it.
func xerialChunkOf(src []byte) (chunk, rest []byte, err error) {
	if isXerial(src) {
		if len(src) < xerialHeader {
			return nil, nil, errPayload(Snappy, "frame header cut short")
		}
		if beInt32(src[8:]) < 1 || beInt32(src[12:]) > 1 {
			return nil, nil, errPayload(Snappy, "frame of an unknown version")
		}
		return nil, src[xerialHeader:], nil
	}
	if len(src) < 4 {
		return nil, nil, errPayload(Snappy, "chunk size cut short")
	}
	n := int(beInt32(src))
	if src = src[4:]; n < 0 || n > len(src) {
		return nil, nil, errPayload(Snappy, "chunk longer than its frame")
	}
	return src[:n:n], src[n:], nil
}

// next returns the next block of a frame and what follows it. The block is nil at the end mark; a
// content checksum may follow that, but the batch's own checksum covers everything.
func (f *lz4Frame) next(src []byte) (block []byte, stored bool, rest []byte, err error) {
	if len(src) < 4 {
		return nil, false, nil, errPayload(LZ4, "stream ended before its end mark")
	}
	size := binary.LittleEndian.Uint32(src)
	if src = src[4:]; size == 0 {
		return nil, false, src, nil
	}
	n := int(size &^ lz4Uncompressed)
	if n > f.maxBlock || n > len(src) {
		return nil, false, nil, errPayload(LZ4, "block size exceeds its frame")
	}
	block, src = src[:n:n], src[n:]
	if f.flags&lz4BlockChecksum != 0 {
		if len(src) < 4 || binary.LittleEndian.Uint32(src) != xxh32(block) {
			return nil, false, nil, errPayload(LZ4, "block checksum mismatch")
		}
		src = src[4:]
	}
	return block, size&lz4Uncompressed != 0, src, nil
}
