package record

import "fmt"

// mostOutput is the most that n compressed bytes can stand for, whoever compressed them: what the formats allow, not what their
// compressors reach.
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

// MaxRecords is how many records a payload within the limits can have.
func (l Limits) MaxRecords() int { return l.max() / minRecordSize }

// checkCount refuses a count of records for which the payload has no room, without opening it. Offsets are given out by the count: who
// could claim any would use up the offsets of a segment with each batch.
func (b Batch) checkCount() error {
	if most := b.Codec().mostOutput(len(b) - HeaderSize); int64(b.Count())*minRecordSize > most {
		return fmt.Errorf("%d records cannot be in %d bytes, compression %s: %w", b.Count(), len(b)-HeaderSize, b.Codec(), ErrInvalid)
	}
	return nil
}
