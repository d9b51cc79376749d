package storage

import (
	"encoding/binary"
	"math/bits"

	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// The checksum of a batch does not cover its offset. This file has what recovery does about a wrong
// one.

// offsetBehind is the offset at which the log goes on behind bad bytes of segment i: at the batch
// at position at when more is true, else at the next segment or the recovery point.
func (r *recovery) offsetBehind(i int, h *filepool.Handle, at int64, more bool) int64 {
	switch {
	case more:
		return offsetAt(h.File, at)
	case i+1 < len(r.l.segments):
		return r.l.segments[i+1].base
	}
	return r.o.RecoveryPoint
}

// correct writes the right offset of the batch at v.Pos. The checksum does not cover the offset,
// but there is only one that can be right: the batch is whole and exactly fills the offsets between
// the records before and behind it. A bit has flipped, or a power cut has lost a sector whose last
// bytes are the offset.
func (r *recovery) correct(s *segment, h *filepool.Handle, v *segfile.Verifier, offset int64) error {
	r.l.logger.Warn("offset of a batch is wrong and is corrected", "dir", r.l.dir, "segment", s.base, "position", v.Pos,
		"offset", offsetAt(h.File, v.Pos), "corrected", offset)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(offset))
	v.Forget()
	h.Unsynced.Store(true)
	_, err := h.File.WriteAt(b[:], v.Pos)
	return err
}

// jumps reports whether the offset of batch h, behind records that end at end, is wrong because h
// exactly fills the offsets up to the recovery point: the log ended there at some time. It has no
// meaning behind damaged bytes, whose records have these offsets.
func jumps(h *segfile.Head, end, recoveryPoint int64) bool {
	return h.Base > end && end+h.Next()-h.Base == recoveryPoint
}

// jumps reports whether the offset of the batch that v has read is wrong in this way. It is right
// when another batch follows: that one begins behind it, see misplaced. Where compaction may have
// left a gap before the last batch, only one wrong bit counts.
func (r *recovery) jumps(s *segment, v *segfile.Verifier, end int64) bool {
	h := &v.Head
	if !r.exact || !s.active.Load() || !jumps(h, end, r.o.RecoveryPoint) {
		return false
	}
	if _, followed := segfile.HeadAt(v.R, h.End(), v.Size); followed {
		return false
	}
	return !r.l.gapAt(end) || bits.OnesCount64(uint64(h.Base^end)) == 1
}

// behindPair returns the position behind the batch at v.Pos and the one that follows it, and
// whether a batch is there.
func behindPair(v *segfile.Verifier, size int64) (at int64, found bool) {
	at = v.Pos
	for range 2 {
		h, ok := segfile.HeadAt(v.R, at, size)
		if !ok {
			return 0, false
		}
		at = h.End()
	}
	_, found = segfile.HeadAt(v.R, at, size)
	return at, found
}
