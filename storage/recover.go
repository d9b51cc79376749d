package storage

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// recovery is the state of the recovery of one log after an unclean stop.
type recovery struct {
	l *Log
	o *Options
	// allSynced says that every record was synced: the stop was clean, or the recovery point is not
	// known.
	allSynced bool
	// whole is the number of offsets of the batch at which run has ended, when its checksum is
	// right and its offset wrong, else 0.
	whole int64
	// exact says that the records before the next batch end where run says: they are intact.
	// Behind damaged bytes only a lower bound of their end is known.
	exact       bool
	done, total int64 // bytes, for Progress
	// behindGap are the segments before which records may be missing without damage.
	behindGap []*segment
}

// synced reports whether a record at offset was synced.
func (r *recovery) synced(offset int64) bool { return r.allSynced || offset < r.o.RecoveryPoint }

// recover makes the segments from the recovery point's on consistent. It verifies every batch, and
// makes indexes, producer state and leader epochs from the batches. It believes no index. The
// caller is alone with the log.
//
// Above the recovery point a power cut may have torn writes: the log ends before the first bad
// batch, and later segments go. Below it the bytes were synced, so a bad batch is damage (bit rot).
// Nothing is removed then: recovery goes on behind the damaged bytes, and readers of these offsets
// get ErrCorruptLog.
//
// It returns the log end. It begins one segment early when the recovery point is a base offset: the
// indexes of the segment before are synced only when the recovery point moves past its end.
func (l *Log) recover(o *Options, clean bool) (end int64, err error) {
	// Names that a killed process made may be in the page cache only, like the bytes.
	l.namesDirty, l.dirNew = true, true
	if o.RecoveryPoint <= 0 {
		if err := l.fs.SyncDir(l.dir); err != nil { // see nameFirst
			return 0, err
		}
	}
	first := l.floorSegment(max(o.RecoveryPoint-1, 0))
	r := &recovery{l: l, o: o, allSynced: clean || o.RecoveryPoint < 0}
	for _, s := range l.segments[first:] {
		r.total += s.size.Load()
	}
	if end, err = r.all(first); err != nil {
		return end, err
	}
	return end, r.noteGaps()
}

// all recovers the segments from the first one on.
func (r *recovery) all(first int) (end int64, err error) {
	l, o := r.l, r.o
	base := l.segments[first].base
	open, err := l.producers.OpenAt(o.RecoveryPoint)
	if err != nil {
		return 0, err
	}
	if err := l.loadProducers(max(base, l.logStart.Load()), o.NowMs); err != nil {
		return 0, err
	}
	// Producers whose snapshot is missing: replay what lies before, without touching its indexes.
	if err := l.replay(l.producers.MapEndOffset(), base); err != nil {
		return 0, err
	}
	next, last := base, records{i: first}
	for i := first; i < len(l.segments); i++ {
		if i > first {
			if !r.follows(i, next) {
				return next, l.setAside(i, "the segment does not continue the log")
			}
			if open != nil && l.segments[i].base == o.RecoveryPoint && (l.mayHaveGaps.Load() || l.compactedBelow > 0) && len(l.damage) == 0 {
				// Only compaction can explain a missing marker.
				l.producers.EndOthers(open)
			}
			if err := l.producers.WriteSnapshot(); err != nil {
				return 0, err
			}
		}
		end, cut, err := r.segment(i)
		if err != nil {
			return 0, err
		}
		next = end
		if i == first || l.segments[i].size.Load() > 0 {
			last = records{i: i, end: end}
		}
		if !cut {
			continue
		}
		behind := i + 1
		if j := r.emptyUpTo(i, last); j <= i {
			next, behind = last.end, j
		}
		if behind < len(l.segments) {
			return next, l.setAside(behind, "the log was cut before the segment")
		}
	}
	return next, nil
}

// segment verifies segment i and makes all that is derived from it. It returns the offset after its
// last good batch, and whether bytes behind that were cut off.
func (r *recovery) segment(i int) (end int64, cut bool, err error) {
	l, s := r.l, r.l.segments[i]
	h, err := s.file.Acquire()
	if err != nil {
		return 0, false, err
	}
	defer h.Release()
	bp := segfile.VerifyBufs.Get().(*[]byte)
	defer segfile.VerifyBufs.Put(bp)
	size := s.size.Load()
	v := &segfile.Verifier{R: h.File, Size: size, Buf: *bp}
	b := segfile.NewBuilder(s.base, l.Config().IndexIntervalBytes)
	if s.hasTxn {
		if err := s.txnIndex().Reset(); err != nil {
			return 0, false, err
		}
	}
	s.txnChecked, s.sparse, r.exact = true, false, true
	corrected := int64(-1) // position
	for end = s.base; ; {
		if end, err = r.run(s, v, b, end); err != nil {
			return 0, false, err
		}
		if v.Pos == size {
			break
		}
		at, found, err := s.resync(h.File, v.Pos, size, end)
		if err != nil {
			return 0, false, err
		}
		if follows := r.offsetBehind(i, h, at, found); r.whole > 0 && r.exact && end+r.whole == follows && corrected < v.Pos {
			if err := r.correct(s, h, v, end); err != nil {
				return 0, false, err
			}
			corrected = v.Pos
			continue
		}
		if !found || !r.synced(end) {
			end, cut, err = r.badEnd(i, h, v.Pos, end, found)
			r.adopt(s, b, v.Pos)
			return end, cut, err
		}
		l.report(Damage{From: end, To: offsetAt(h.File, at), Text: fmt.Sprintf("bytes %d to %d of %s%s are no batch", v.Pos, at-1, segfile.OffsetName(s.base), segfile.LogSuffix)})
		r.progress(at - v.Pos)
		if err := s.goOn(h.File, b, v.Pos, at, end); err != nil {
			return 0, false, err
		}
		v.Pos, s.sparse, r.exact = at, true, false
	}
	r.adopt(s, b, v.Pos)
	return end, false, nil
}

// run verifies the batches from v.pos on, up to the first bad one. Offsets begin at end, or above
// it when r.exact is false.
func (r *recovery) run(s *segment, v *segfile.Verifier, b *segfile.Builder, end int64) (int64, error) {
	for {
		from := v.Pos
		ok, err := v.Next()
		if err != nil {
			return end, err
		}
		if !ok || v.Head.Last == math.MaxInt64 || s.misplaced(v.R, &v.Head, end, v.Size) || r.jumps(s, v, end) {
			v.Pos, r.whole = from, 0
			if ok {
				r.whole = v.Head.Next() - v.Head.Base
			}
			return end, nil
		}
		s.sparse = s.sparse || v.Head.Base != end || v.Head.Magic == 2 && int64(v.Head.Count) != v.Head.Last-v.Head.Base+1
		if from == 0 {
			s.firstTs.Store(v.Head.MaxTs)
		}
		b.Add(&v.Head)
		end, r.exact = v.Head.Next(), true
		if err := r.apply(s, v); err != nil {
			return end, err
		}
		r.progress(v.Pos - from)
	}
}

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

func (r *recovery) adopt(s *segment, b *segfile.Builder, size int64) {
	s.mu.Lock()
	s.noted = 0
	s.adopt(b, size)
	s.mu.Unlock()
	s.dirty = true // the bytes may be in the page cache only
}

// badEnd decides about the bytes of segment i from pos on, which end with no whole batch, or lie
// above the recovery point. more says that there is a whole batch behind the bad bytes.
//
// Synced bytes of a sealed segment stay. Synced bytes of the active segment stay too, and a new
// segment begins at the recovery point, so that no offset is given out twice. Everything else is
// cut off. What may have been synced, because the recovery point is not known or was written some
// time before the stop, is kept in a file.
func (r *recovery) badEnd(i int, h *filepool.Handle, pos, end int64, more bool) (int64, bool, error) {
	l, s := r.l, r.l.segments[i]
	size := s.size.Load()
	r.progress(size - pos)
	text := fmt.Sprintf("bytes %d to %d of %s%s are no batch", pos, size-1, segfile.OffsetName(s.base), segfile.LogSuffix)
	switch {
	case r.synced(end) && i+1 < len(l.segments):
		l.report(Damage{From: end, To: l.segments[i+1].base, Text: text})
		s.sparse = true
		return end, false, nil
	case end < r.o.RecoveryPoint:
		l.report(Damage{From: end, To: r.o.RecoveryPoint, Text: text})
		next, err := createSegment(l, r.o.RecoveryPoint, r.o.NowMs)
		if err != nil {
			return 0, false, err
		}
		s.active.Store(false)
		s.seal(next.base)
		s.sparse = true
		l.segments = append(l.segments[:len(l.segments):len(l.segments)], next)
		return end, false, nil
	}
	name := ""
	if more || r.allSynced || i+1 < len(l.segments) {
		var err error
		if name, err = l.keepTail(s, h.File, pos, size); err != nil {
			return 0, false, err
		}
		l.report(Damage{From: end, To: -1, File: name, Text: text + " and were cut off"})
	}
	l.logger.Warn("log is cut at the first bad batch", "dir", l.dir, "segment", s.base, "position", pos,
		"bytes", size-pos, "log_end", end, "recovery_point", r.o.RecoveryPoint, "kept_in", name)
	// Durably: bytes cut off must not come back behind new ones.
	if err := h.File.Truncate(pos); err != nil {
		return 0, false, err
	}
	s.size.Store(pos)
	return end, true, h.File.Sync()
}

// offsetAt is the base offset of the batch at pos, -1 if it cannot be read.
func offsetAt(f vfs.File, pos int64) int64 {
	var b [8]byte
	if n, _ := f.ReadAt(b[:], pos); n < len(b) {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b[:]))
}

// apply replays one verified batch into the epoch cache and the producer state.
func (r *recovery) apply(s *segment, v *segfile.Verifier) error {
	l := r.l
	if v.Head.Epoch >= 0 {
		if latest, ok := l.epochs.LatestEpoch(); !ok || v.Head.Epoch > latest {
			l.epochs.Assign(v.Head.Epoch, v.Head.Base)
		}
	}
	if v.Head.Magic < 2 || v.Head.Last < l.producers.MapEndOffset() {
		return nil
	}
	if v.Head.ProducerID < 0 {
		l.producers.SetMapEndOffset(v.Head.Next())
		return nil
	}
	pa := l.producers.Begin(OriginReplication)
	if _, _, err := pa.Check(v.Batch); err != nil {
		// An unreadable marker has no meaning. Its bytes are the written ones.
		l.logger.Warn("control batch is unreadable", "dir", l.dir, "offset", v.Head.Base, "error", err)
	}
	return l.commitProducers(s, pa, v.Head.Next())
}

func (r *recovery) progress(n int64) {
	r.done += n
	if r.o.Progress != nil {
		r.o.Progress(r.done, r.total)
	}
}

// reactivate makes s the active segment again.
func (l *Log) reactivate(s *segment) {
	s.active.Store(true)
	s.seal(segfile.NoNext)
	s.idxDirty.Store(true)
}
