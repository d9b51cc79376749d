package quorum

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"

	"github.com/gregorhq/gregor/record"
)

// finding describes one bad batch.
type finding struct {
	why string
	// proven says that a torn write cannot look like this.
	proven bool
	// next is the offset behind the batch, and ms its time. Both are 0 when they are not known.
	next, ms int64
}

// inspect finds out which part of the bad bytes up to the next batch is wrong. A torn write leaves
// zeros in the place of whole blocks, never a single wrong field between right bytes. want is the
// offset that follows the batches before, and lastMs the time of the last of them. pos is the
// position of the bytes in the file, -1 when no intact batch follows.
func inspect(b []byte, want, lastMs int64, pos int) finding {
	if len(b) < record.HeaderSize {
		return finding{why: "these bytes are too short for a batch"}
	}
	batch := record.Batch(b)
	whole := batch.Size() == len(b)
	fixed := record.Batch(append([]byte(nil), b...))
	binary.BigEndian.PutUint32(fixed[8:], uint32(len(b)-record.LogOverhead))
	fixed[16] = 2 // magic
	fixed.SetBaseOffset(want)
	f := finding{why: "the checksum is wrong"}
	delta := int64(batch.LastOffsetDelta())
	if fixed.Validate() == nil {
		f.next, f.ms = want+delta+1, batch.MaxTimestamp()
		switch {
		case !whole:
			f.why, f.proven = "the length is wrong", batch.BaseOffset() == want && batch.Size() != record.LogOverhead
		case batch.BaseOffset() != want:
			f.why, f.proven = "the base offset is wrong", !lostHead(b, want, pos)
		case batch.Magic() != 2:
			f.why, f.proven = "the magic is wrong", true
		default:
			f.why, f.proven = "the leader epoch is wrong", true
		}
		return f
	}
	if oneBit(fixed, pos) {
		f.proven = true
	}
	if whole && batch.BaseOffset() == want && delta >= 0 && delta < math.MaxInt32 {
		f.next = want + delta + 1
		// The end of a torn header is zero. So two equal times that do not descend are right.
		if ms := batch.MaxTimestamp(); ms == batch.BaseTimestamp() && lastMs > 0 && ms >= lastMs {
			f.ms = ms
		}
	}
	return f
}

// lostHead reports whether the base offset of a batch is the right one with zeros in its first
// bytes, because a block of the file ended there and was not written. In front of an intact batch,
// the block must end at the border of one.
func lostHead(b []byte, want int64, pos int) bool {
	base := record.Batch(b).BaseOffset()
	for bits := 0; bits < 64; bits += 8 {
		if lost := 8 - bits/8; base == want&(1<<bits-1) && (pos < 0 || borderIn(b, pos, lost)) {
			return true
		}
	}
	return false
}

// borderIn reports whether a block of the file ends behind the first n bytes of b, or behind more
// bytes that are zero.
func borderIn(b []byte, pos, n int) bool {
	for n < len(b) && b[n] == 0 && (pos+n)%blockMin != 0 {
		n++
	}
	return (pos+n)%blockMin == 0
}

// blockMin is the smallest part of a file that a disk writes as a whole. Disks have larger ones.
const blockMin = 64

// attributesAt is the position in a batch behind its checksum.
const attributesAt = 21

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// oneBit reports whether one wrong bit explains the wrong checksum of a batch, and a torn write
// does not: that leaves zeros in the place of whole blocks.
func oneBit(b record.Batch, pos int) bool {
	// A wrong bit changes the checksum in a way that depends on its distance from the end only.
	wrong := b.ComputeCRC() ^ b.CRC()
	if bits.OnesCount32(wrong) == 1 {
		return b.CRC()&wrong != 0 || notLost(b, 17+bits.LeadingZeros32(wrong)/8, pos)
	}
	var effect [8]uint32
	for bit := range effect {
		effect[bit] = castagnoli[1<<bit]
	}
	for at := len(b) - 1; at >= attributesAt; at-- {
		for bit, e := range effect {
			if e == wrong {
				return b[at]&(1<<bit) != 0 || notLost(b, at, pos)
			}
			effect[bit] = castagnoli[byte(e)] ^ e>>8
		}
	}
	return false
}

// notLost reports whether the byte at a position of a batch cannot be part of a lost block: it is
// not zero, or the zeros around it are fewer than a block and end within the batch. In front of an
// intact batch, all bytes of the block of the file must be zero, as far as the batch has them.
func notLost(b record.Batch, at, pos int) bool {
	if pos >= 0 {
		from := (pos+at)/blockMin*blockMin - pos
		to := min(from+blockMin, len(b))
		return slices.ContainsFunc(b[max(from, 0):to], func(c byte) bool { return c != 0 })
	}
	from, to := at, at+1
	for from >= 0 && b[from] == 0 {
		from--
	}
	for to < len(b) && b[to] == 0 {
		to++
	}
	return b[at] != 0 || from >= 0 && to < len(b) && to-from-1 < blockMin
}
