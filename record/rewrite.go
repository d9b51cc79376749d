package record

import (
	"fmt"
	"math"
)

// OffsetOfMaxTimestamp finds the first record with the batch's max timestamp. ok is false if there
// is none (Kafka: RecordBatch.offsetOfMaxTimestamp, which ListOffsets with timestamp -3 uses).
func (b Batch) OffsetOfMaxTimestamp(limits Limits) (offset int64, ok bool, err error) {
	r := readers.Get().(*Reader)
	defer r.release()
	for r.Open(b, limits); r.Next(); {
		if r.rec.Timestamp == b.MaxTimestamp() {
			return r.rec.Offset, true, nil
		}
	}
	return 0, false, r.Err()
}

// Recompress appends b to dst with its payload under another codec, and everything else unchanged.
// Errors are those of [Decompress] and [Compress].
func Recompress(dst []byte, b Batch, codec Codec, level int, limits Limits) ([]byte, error) {
	plain := b.Payload()
	if b.Codec() != None && len(plain) > 0 {
		r := readers.Get().(*Reader)
		defer r.release()
		var err error
		if r.buf, r.large, err = unpack(r.buf[:0], plain, b.Codec(), limits, false); err != nil {
			return dst, err
		}
		plain = r.buf
	}
	start := len(dst)
	dst = append(dst, b[:HeaderSize]...)
	var err error
	if len(plain) > 0 {
		if dst, err = Compress(dst, plain, codec, level); err != nil {
			return dst[:start], err
		}
	}
	if len(dst)-start > math.MaxInt32 {
		return dst[:start], fmt.Errorf("batch of more than 2 GiB: %w", ErrTooLarge)
	}
	out := Batch(dst[start:])
	out.setCodec(codec)
	return dst, nil
}
