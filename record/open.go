package record

import (
	"encoding/binary"
	"errors"
	"runtime"
	"sync"

	"github.com/klauspost/compress/s2"
)

// freeOutput is how much a batch may decompress to, in bytes, without asking anybody.
const freeOutput = 1 << 20

// opening bounds how many larger outputs are in memory at once in the whole process: a payload of
// 15 KB may stand for 128 MiB, and connections cost their clients nothing. The holder of a slot only
// computes, so every waiter gets one in the end, whatever locks it holds.
var opening = make(chan struct{}, min(max(2, runtime.GOMAXPROCS(0)), 8))

// largeBuffers are the outputs of batches that were closed, for the next to be opened; the collector takes what is not asked for.
var largeBuffers sync.Pool // *[]byte

// takeLarge is an empty buffer with room for at least n bytes.
func takeLarge(n int) []byte {
	if p, _ := largeBuffers.Get().(*[]byte); p != nil && cap(*p) >= n {
		return (*p)[:0]
	}
	return make([]byte, 0, n)
}

// unpack decompresses a payload, into buf if it is not much. large says that it was, and took a slot: closeLarge gives that back, and the
// output. After an error there is nothing to give back.
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

// largeSlack is the room that decoders want behind the last byte: a block of lz4.
const largeSlack = 4<<20 + 512

// decompressLarge reserves at once what the payload says of its own size, as far as its bytes can hold that: growing on the way would
// cost the output twice. Who claims more than he has gets what he could have had by sending it.
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
		stated = most // of several members the last tells its size only
	}
	return decompress(takeLarge(stated+largeSlack), src, codec, Limits{MaxDecompressed: limit}, brokenLZ4)
}

// statedOutput is the size of the output by what stands in the payload: exact, or the most that its blocks hold, if it is well-formed.
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

// snappyStated sums up the chunks of xerial frames, or takes the one block's word.
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

// lz4Stated sums up what lz4Block asks for.
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

// Open is [Reader.Reset] for who serves many: of the batches that decompress to more than a MiB, no more are open at once in the process
// than it has processors; the next to be opened waits. [Reader.Close] must follow, and soon: what is between the two takes no lock, waits
// for nothing and opens no other batch, or all may come to wait for each other. Reset waits for its turn to decompress, too, but ends it
// there: how many outputs are held at once is its callers' affair.
func (r *Reader) Open(b Batch, limits Limits) { r.reset(b, limits, true) }

// Close gives back what Open has taken, if that is anything: records become invalid, their buffer may be used by others.
func (r *Reader) Close() {
	if !r.large {
		return
	}
	buf := r.buf
	*r = Reader{err: r.err}
	closeLarge(buf)
}
