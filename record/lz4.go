package record

import (
	"encoding/binary"
	"sync"

	"github.com/pierrec/lz4/v4"
)

// Kafka writes its own kind of lz4 frames (Lz4BlockOutputStream, KIP-57): version 1, independent
// blocks of 64 KiB, no block checksum, no content size, no content checksum, an end mark of 0. In
// message format 0 the header checksum also covers the magic, so readers of that format ignore it.
const (
	lz4Magic            = 0x184d2204
	lz4Version          = 1 << 6
	lz4BlockIndependent = 1 << 5
	lz4BlockChecksum    = 1 << 4
	lz4ContentSize      = 1 << 3
	lz4ContentChecksum  = 1 << 2
	lz4Reserved         = 1<<1 | 1<<0
	lz4Uncompressed     = 1 << 31 // in a block's size
	lz4BlockSize        = 64 << 10
	lz4BlockSizeID      = 4 // 64 KiB
)

var (
	lz4Fast sync.Pool // *lz4.Compressor
	lz4HC   sync.Pool // *lz4.CompressorHC
)

// lz4Checksum returns the checksum byte of a frame descriptor.
func lz4Checksum(descriptor []byte) byte { return byte(xxh32(descriptor) >> 8) }

func compressLZ4(dst, src []byte, level int) ([]byte, error) {
	descriptor := [2]byte{lz4Version | lz4BlockIndependent, lz4BlockSizeID << 4}
	dst = binary.LittleEndian.AppendUint32(dst, lz4Magic)
	dst = append(dst, descriptor[0], descriptor[1], lz4Checksum(descriptor[:]))
	var compress func(src, dst []byte) (int, error)
	if level > 0 {
		c, _ := lz4HC.Get().(*lz4.CompressorHC)
		if c == nil {
			c = new(lz4.CompressorHC)
		}
		defer lz4HC.Put(c)
		c.Level = 1 << (8 + min(level, 9))
		compress = c.CompressBlock
	} else {
		c, _ := lz4Fast.Get().(*lz4.Compressor)
		if c == nil {
			c = new(lz4.Compressor)
		}
		defer lz4Fast.Put(c)
		compress = c.CompressBlock
	}
	for len(src) > 0 {
		block := src[:min(len(src), lz4BlockSize)]
		src = src[len(block):]
		dst = room(dst, 4+lz4.CompressBlockBound(len(block)))
		at := len(dst)
		n, err := compress(block, dst[at+4:cap(dst)])
		if err != nil {
			return dst, err
		}
		size := uint32(n)
		if n == 0 || n >= len(block) { // does not shrink: stored uncompressed
			n = copy(dst[at+4:cap(dst)], block)
			size = uint32(n) | lz4Uncompressed
		}
		dst = dst[:at+4+n]
		binary.LittleEndian.PutUint32(dst[at:], size)
	}
	return binary.LittleEndian.AppendUint32(dst, 0), nil
}

// lz4Frame is the contents of a frame header.
type lz4Frame struct {
	flags    byte
	maxBlock int
}

// lz4Header reads the frame header and returns the blocks after it.
func lz4Header(src []byte, ignoreChecksum bool) (f lz4Frame, blocks []byte, err error) {
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != lz4Magic {
		return f, nil, errPayload(LZ4, "stream not compressed with LZ4 frames")
	}
	f.flags = src[4]
	id := src[5] >> 4
	switch {
	case f.flags>>6 != 1 || f.flags&lz4Reserved != 0 || src[5]&0x8f != 0:
		return f, nil, errPayload(LZ4, "unknown frame version or reserved bits set")
	case f.flags&lz4BlockIndependent == 0:
		return f, nil, errPayload(LZ4, "dependent block stream is unsupported")
	case id < 4 || id > 7:
		return f, nil, errPayload(LZ4, "unknown block size")
	}
	f.maxBlock = 1 << (8 + 2*id)
	end := 6
	if f.flags&lz4ContentSize != 0 {
		end += 8
	}
	if len(src) <= end {
		return f, nil, errPayload(LZ4, "frame header cut short")
	}
	if !ignoreChecksum && src[end] != lz4Checksum(src[4:end]) {
		return f, nil, errPayload(LZ4, "stream frame descriptor corrupted")
	}
	return f, src[end+1:], nil
}

func decompressLZ4(dst, src []byte, limit int, ignoreChecksum bool) ([]byte, error) {
	frame, src, err := lz4Header(src, ignoreChecksum)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	for {
		block, stored, rest, err := frame.next(src)
		if err != nil || block == nil {
			return dst, err
		}
		if src = rest; stored {
			dst = append(dst, block...)
		} else if dst, err = lz4Block(dst, block, frame.maxBlock); err != nil {
			return dst, err
		}
		if len(dst)-start > limit {
			return dst, errDecompressed(LZ4, limit)
		}
	}
}

// blockRoom returns the room that a block of n bytes needs. lz4 expands up to 255 times.
func blockRoom(n, maxBlock int) int { return min(maxBlock, 255*n+64) }

// lz4Block decodes one block of at most maxBlock bytes.
func lz4Block(dst, block []byte, maxBlock int) ([]byte, error) {
	dst = room(dst, blockRoom(len(block), maxBlock))
	at := len(dst)
	n, err := lz4.UncompressBlock(block, dst[at:min(cap(dst), at+maxBlock)])
	if err != nil {
		return dst, errPayload(LZ4, err)
	}
	return dst[:at+n], nil
}
