package record

import (
	"errors"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdMaxWindow is the largest window a frame may ask for: what zstd-jni, and so Kafka, takes without being told otherwise. Frames are
// decoded straight into the output, so that no window is allocated.
const zstdMaxWindow = 128 << 20

// zstdMaxBlock is the most that one block of a frame decodes to.
const zstdMaxBlock = 128 << 10

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderMaxWindow(zstdMaxWindow),
		zstd.WithDecodeAllCapLimit(true), // never beyond the capacity it is given: growing is decided here
		zstd.WithDecoderLowmem(true))
})

// zstdEncoders holds one encoder for each of the library's four levels; they are safe for concurrent use.
var zstdEncoders [5]struct {
	once sync.Once
	e    *zstd.Encoder
	err  error
}

func decompressZstd(dst, src []byte, limit int) ([]byte, error) {
	d, err := zstdDecoder()
	if err != nil {
		return dst, err
	}
	start := len(dst)
	dst = room(dst, min(4*len(src)+512, limit+1))
	for {
		// The decoder stops at the capacity. One byte more than the limit tells a full buffer from an exceeded limit.
		size := min(cap(dst)-start, limit+1)
		out, err := d.DecodeAll(src, dst[:start:start+size])
		switch {
		case err == nil && len(out)-start <= limit:
			return out[:len(out):cap(dst)][:len(out)], nil
		case err == nil || zstdFull(err) && size > limit:
			return dst, errDecompressed(Zstd, limit)
		case !zstdFull(err):
			return dst, errPayload(Zstd, err)
		}
		// Twice the room each time: the work wasted stays below the work that counts.
		grow := max(2*size, zstdMaxBlock)
		dst = room(dst, min(grow, limit+1))
	}
}

func zstdFull(err error) bool {
	return errors.Is(err, zstd.ErrDecoderSizeExceeded)
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
