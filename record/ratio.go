package record

import "fmt"

// mostOutput returns the most output that n compressed bytes can have. It is the limit of the
// format, not of a compressor.
func (c Codec) mostOutput(n int) int64 {
	ratio := int64(1)
	switch c {
	case Gzip:
		ratio = 1032 // deflate copies 258 bytes for two bits
	case Snappy:
		ratio = snappyMaxRatio
	case LZ4:
		ratio = 255 // a byte more lengthens a copy by 255
	case Zstd:
		ratio = zstdMaxBlock / 4 // a block that repeats one byte is four bytes long
	}
	return ratio * int64(n)
}

// MaxRecords returns the most records that a payload within the limits can have.
func (l Limits) MaxRecords() int { return l.max() / minRecordSize }

// checkCount refuses a count of records for which the payload has no room, without decompressing
// it. A false count would use up the offsets of a segment.
func (b Batch) checkCount() error {
	if most := b.Codec().mostOutput(len(b) - HeaderSize); int64(b.Count())*minRecordSize > most {
		return fmt.Errorf("%d records cannot be in %d bytes, compression %s: %w", b.Count(), len(b)-HeaderSize, b.Codec(), ErrInvalid)
	}
	return nil
}
