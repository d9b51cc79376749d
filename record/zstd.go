package record

import (
	"errors"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdMaxWindow is the largest window of a frame: the default of zstd-jni, and so of Kafka. Frames
// are decoded directly into the output, so that no window is allocated.
const zstdMaxWindow = 128 << 20

// zstdMaxBlock is the most output of one block of a frame, in bytes.
const zstdMaxBlock = 128 << 10

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderMaxWindow(zstdMaxWindow),
		zstd.WithDecodeAllCapLimit(true), // this file decides how the output grows
		zstd.WithDecoderLowmem(true))
})

// zstdEncoders has one encoder for each of the library's four levels. They are safe for concurrent
// use.
var zstdEncoders [zstd.SpeedBestCompression + 1]struct {
	once sync.Once
	e    *zstd.Encoder
	err  error
}

func decompressZstd(dst, src []byte, limit int) ([]byte, error) {
	d, err := zstdDecoder()
	if err != nil {
		return dst, err
	}
	most, exact, err := zstdExtent(src)
	if err != nil {
		return dst, errPayload(Zstd, err)
	}
	start := len(dst)
	size := most
	switch {
	case exact && most > limit:
		return dst, errDecompressed(Zstd, limit)
	case !exact: // as Kafka's own producer writes it: find the size by trying
		size = min(most, max(4*len(src), cap(dst)-start))
	}
	for {
		// One byte more than the limit separates a full buffer from an exceeded limit.
		size = min(size, limit+1)
		dst = room(dst, size)
		out, err := d.DecodeAll(src, dst[start:start:start+size])
		if err == nil && len(out) <= limit {
			return dst[:start+len(out)], nil
		}
		// The decoder has several errors for "no room". The error is none of them if there
		// was room for one more block, or for all.
		full := err == nil || errors.Is(err, zstd.ErrDecoderSizeExceeded) || size-len(out) < zstdMaxBlock
		if full && size > limit {
			return dst, errDecompressed(Zstd, limit)
		}
		if !full || size >= most {
			return dst, errPayload(Zstd, err)
		}
		// Twice the room each time, so that less work is wasted than useful.
		size = min(most, 2*size+zstdMaxBlock)
	}
}

var errZstdFrame = errors.New("malformed frame")

// zstdExtent walks the frames and blocks of src without decoding. It returns the most bytes to
// which they can decode. exact says that every frame states its size, and that most is the sum of
// these sizes. A frame that states more than its blocks can hold is refused, so that a false number
// gets no memory.
func zstdExtent(src []byte) (most int, exact bool, err error) {
	exact = true
	stated := 0
	for len(src) > 0 {
		var h zstd.Header
		if src, err = h.DecodeAndStrip(src); err != nil {
			return 0, false, err
		}
		if h.Skippable {
			if uint64(h.SkippableSize) > uint64(len(src)) {
				return 0, false, errZstdFrame
			}
			src = src[h.SkippableSize:]
			continue
		}
		var frame int
		if frame, src, err = zstdBlocks(src); err != nil {
			return 0, false, err
		}
		if h.HasCheckSum {
			if len(src) < 4 {
				return 0, false, errZstdFrame
			}
			src = src[4:]
		}
		most += frame
		if h.HasFCS {
			if h.FrameContentSize > uint64(frame) {
				return 0, false, errZstdFrame
			}
			stated += int(h.FrameContentSize)
		}
		exact = exact && h.HasFCS
	}
	if exact {
		most = stated
	}
	return most, exact, nil
}

// zstdBlocks walks the blocks of one frame. It returns the most bytes to which they decode, and the
// bytes after them.
func zstdBlocks(src []byte) (most int, rest []byte, err error) {
	for {
		if len(src) < 3 {
			return 0, nil, errZstdFrame
		}
		header := int(src[0]) | int(src[1])<<8 | int(src[2])<<16
		src = src[3:]
		size, stored := header>>3, header>>3
		switch header >> 1 & 3 {
		case 0: // as it is
			most += size
		case 1: // one byte, repeated
			most += size
			stored = 1
		case 2:
			most += zstdMaxBlock
		default:
			return 0, nil, errZstdFrame
		}
		if size > zstdMaxBlock || stored > len(src) {
			return 0, nil, errZstdFrame
		}
		src = src[stored:]
		if header&1 != 0 {
			return most, src, nil
		}
	}
}

func compressZstd(dst, src []byte, level int) ([]byte, error) {
	if level == DefaultLevel {
		level = 3
	}
	l := zstd.EncoderLevelFromZstd(level)
	slot := &zstdEncoders[l]
	slot.once.Do(func() {
		slot.e, slot.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
			zstd.WithLowerEncoderMem(true))
	})
	if slot.err != nil {
		return dst, slot.err
	}
	return slot.e.EncodeAll(src, dst), nil
}
