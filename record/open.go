package record

import (
	"encoding/binary"
	"errors"
	"runtime"
	"sync"

	"github.com/klauspost/compress/s2"
)

// freeOutput is the most bytes to which a batch may decompress without a slot, see opening.
const freeOutput = 1 << 20

// opening bounds how many larger outputs are in memory at once in the whole process: a payload of
// 15 KB may stand for 128 MiB, and connections cost their clients nothing. The holder of a slot
// only computes, so every waiter gets one in the end, whatever locks it holds.
var opening = make(chan struct{}, min(max(2, runtime.GOMAXPROCS(0)), 8))

// largeBuffers are the outputs of closed batches, for the next one. The garbage collector frees
// them when they are not used.
var largeBuffers sync.Pool // *[]byte

// takeLarge returns an empty buffer with room for at least n bytes.
func takeLarge(n int) []byte {
	if p, _ := largeBuffers.Get().(*[]byte); p != nil && cap(*p) >= n {
		return (*p)[:0]
	}
	return make([]byte, 0, n)
}

// unpack decompresses a payload, into buf if the output is small. large says that it is not, and
// that it has a slot: closeLarge returns the slot and the output. After an error there is nothing
// to return.
func unpack(buf, src []byte, codec Codec, limits Limits, brokenLZ4 bool) (out []byte, large bool, err error) {
	limit := limits.max()
	if len(src) <= freeOutput && statedOutput(src, codec, brokenLZ4) <= freeOutput {
		out, err = decompress(buf, src, codec, Limits{MaxDecompressed: min(limit, freeOutput)}, brokenLZ4)
		if limit <= freeOutput || !errors.Is(err, ErrTooLarge) {
			return out, false, err
		}
	}
	opening <- struct{}{}
	if out, err = decompressLarge(src, codec, limit, brokenLZ4); err != nil {
		closeLarge(out)
		return buf, false, err
	}
	return out, true, nil
}

func closeLarge(out []byte) {
	largeBuffers.Put(&out)
	<-opening
}

// largeSlack is the room that decoders need behind the last byte: a block of lz4.
const largeSlack = 4<<20 + 512

// decompressLarge reserves the size that the payload states, but not more than its bytes can hold.
// To grow the output later would cost its size twice. A false claim gets no more memory than an
// honest payload of the same length.
func decompressLarge(src []byte, codec Codec, limit int, brokenLZ4 bool) ([]byte, error) {
	most := int(min(codec.mostOutput(len(src)), int64(limit)))
	stated := min(statedOutput(src, codec, brokenLZ4), most)
	if codec == Gzip && stated < limit {
		if stated > freeOutput {
			out, err := decompress(takeLarge(stated+largeSlack), src, codec, Limits{MaxDecompressed: stated}, brokenLZ4)
			if !errors.Is(err, ErrTooLarge) {
				return out, err
			}
			largeBuffers.Put(&out)
		}
		stated = most // the last of several members states only its own size
	}
	return decompress(takeLarge(stated+largeSlack), src, codec, Limits{MaxDecompressed: limit}, brokenLZ4)
}

// statedOutput returns the size of the output according to the payload: the exact size, or the most
// that its blocks can hold. The payload may be malformed.
func statedOutput(src []byte, codec Codec, brokenLZ4 bool) (n int) {
	switch codec {
	case Gzip:
		if len(src) >= 4 {
			n = int(binary.LittleEndian.Uint32(src[len(src)-4:]))
		}
	case Snappy:
		n = snappyStated(src)
	case LZ4:
		n = lz4Stated(src, brokenLZ4)
	case Zstd:
		n, _, _ = zstdExtent(src)
	}
	return n
}

// snappyStated adds up the chunks of xerial frames, or returns the size that a raw block states.
func snappyStated(src []byte) (n int) {
	if len(src) < xerialHeader || !isXerial(src) {
		n, _ = s2.DecodedLen(src)
		return n
	}
	for len(src) >= 4 {
		if isXerial(src) {
			src = src[min(xerialHeader, len(src)):]
			continue
		}
		size := int(beInt32(src))
		if src = src[4:]; size < 0 || size > len(src) {
			break
		}
		chunk, err := s2.DecodedLen(src[:size])
		if err != nil || chunk > snappyMaxRatio*size {
			break
		}
		n += chunk
		src = src[size:]
	}
	return n
}

// lz4Stated adds up the room that lz4Block needs for all blocks.
func lz4Stated(src []byte, ignoreChecksum bool) (n int) {
	frame, src, err := lz4Header(src, ignoreChecksum)
	for err == nil && len(src) >= 4 {
		field := binary.LittleEndian.Uint32(src)
		size := int(field &^ lz4Uncompressed)
		if src = src[4:]; size == 0 || size > len(src) {
			break
		}
		if field&lz4Uncompressed != 0 {
			n += size
		} else {
			n += blockRoom(size, frame.maxBlock)
		}
		src = src[size:]
		if frame.flags&lz4BlockChecksum != 0 {
			src = src[min(4, len(src)):]
		}
	}
	return n
}

// Open is [Reader.Reset] with a bound on memory for the whole process: of the batches whose output
// is above 1 MiB, at most as many are open at the same time as the process has processors, and at
// most 8. Open waits for the others. [Reader.Close] must follow soon. Between the two, the caller
// must take no lock, wait for nothing and open no other batch, because that could deadlock. Reset
// has the same bound, but only while it decompresses.
func (r *Reader) Open(b Batch, limits Limits) { r.reset(b, limits, true) }

// Close returns the memory and the slot that Open has taken. The records become invalid.
func (r *Reader) Close() {
	if !r.large {
		return
	}
	buf := r.buf
	*r = Reader{err: r.err}
	closeLarge(buf)
}
