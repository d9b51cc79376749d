package storage

import (
	"errors"
	"fmt"
	"io"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// IntactBatches is what can be read at and behind an offset of a log that may be damaged.
type IntactBatches struct {
	// Batches are whole batches with valid checksums, in the formats of the log. They may be of
	// format 0 or 1.
	Batches []byte
	// LostTo is above the offset that was asked for when the records from there up to LostTo are
	// damaged or missing. Otherwise it is 0. Batches begin behind them.
	LostTo int64
	// File is the name of the damaged or missing file, in the partition's folder. When recovery has
	// cut the bytes out of the log it is the file that keeps them.
	File string
}

// errTruncated is the error of a salvage that the log was truncated under.
var errTruncated = errors.New("storage: the log was truncated while it was read")

// ReadIntact reads about maxBytes, at least one whole batch if there is one, from offset `from` on.
// Unlike Read it goes on behind damage, and verifies the checksums. It is for logs whose other
// records are worth more than the certainty that none is missing. Nothing but damage that it has
// found itself makes it pass over records: every other error is returned. Log.Damage lists what it
// has passed over. The result is empty at the log end, and where compaction has left no batches.
func (l *Log) ReadIntact(from int64, maxBytes int) (r IntactBatches, err error) {
	var gen uint64
	err = l.look(func(v *view) error {
		gen = v.gen
		r, err = v.readIntact(from, int64(maxBytes))
		return err
	})
	if err == nil && l.cutSince(gen) {
		return IntactBatches{}, errTruncated
	}
	if err != nil {
		return IntactBatches{}, err
	}
	return r, nil
}

func (v *view) readIntact(from, maxBytes int64) (r IntactBatches, err error) {
	if from > v.end || from < v.start {
		return r, ErrOffsetOutOfRange
	}
	for i := floorOf(v.segments, from); i < len(v.segments) && from < v.end; i++ {
		s := v.segments[i]
		lost, missing := v.lostBehind(i)
		if missing && from >= lost.from {
			return v.passOver(from, lost, v.keptFile(i, lost)), nil
		}
		x, batches, err := s.intact(max(from, s.base), v.sizeOf(i), v.end, maxBytes)
		if err != nil {
			return r, err
		}
		if len(batches) > 0 {
			gap := batches[16] == 2 && !v.l.gapAt(from) // the offset of a wrapper of format 0 or 1 is its last one
			if x.First > from && (x.Bad >= 0 || gap) {
				r = v.passOver(from, offsetRange{from, x.First}, s.logName())
			}
			r.Batches = batches
			return r, nil
		}
		switch behind := v.endOf(i); {
		case x.Bad >= 0:
			return v.passOver(from, offsetRange{from, behind}, s.logName()), nil
		case missing:
			return v.passOver(from, lost, v.keptFile(i, lost)), nil
		case i < len(v.segments)-1 && from < behind && !v.l.gapAt(from):
			return v.passOver(from, offsetRange{from, behind}, s.logName()), nil
		default:
			from = max(from, behind) // compaction left nothing up to the next segment
		}
	}
	return r, nil
}

// passOver is the result without the records in lost. It notes the damage.
func (v *view) passOver(from int64, lost offsetRange, file string) IntactBatches {
	l := v.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := (Damage{From: lost.from, To: lost.to, Text: "a reader has passed over the offsets, see " + file}); l.gen == v.gen && !l.knows(d) {
		l.damage = append(l.damage, d)
	}
	return IntactBatches{LostTo: max(lost.to, from), File: file}
}

// keptFile names the file with the bytes of missing offsets behind segment i. Without one it is the
// name of the missing file.
func (v *view) keptFile(i int, lost offsetRange) string {
	for _, d := range v.l.Damage() {
		if d.File != "" && d.From >= v.segments[i].base && d.From < lost.to {
			return d.File
		}
	}
	return segfile.OffsetName(lost.from) + segfile.LogSuffix
}

func (s *segment) logName() string { return segfile.OffsetName(s.base) + segfile.LogSuffix }

// intact finds the whole batches of the segment from offset `from` on, in its first size bytes and
// below an offset.
func (s *segment) intact(from, size, below, maxBytes int64) (x segfile.Intact, batches []byte, err error) {
	h, err := s.file.Acquire()
	if err != nil {
		return x, nil, err
	}
	defer h.Release()
	pos, least, err := s.provenStart(h.File, from, size)
	if err != nil {
		return x, nil, err
	}
	w := segfile.IntactWalk{R: h.File, In: s.offsets(), Size: size, Below: below,
		Indexed: func(pos int64) ([]int64, error) { return s.indexedAfter(pos, size) },
	}
	if x, err = w.Find(pos, least, from, maxBytes); err != nil || x.End == x.Pos {
		return x, nil, err
	}
	batches = make([]byte, x.End-x.Pos)
	if n, err := h.File.ReadAt(batches, x.Pos); n < len(batches) {
		if err == nil || err == io.EOF {
			err = fmt.Errorf("%w: %s changed while it was read", ErrCorruptLog, s.path(segfile.LogSuffix))
		}
		return x, nil, err
	}
	return x, batches, nil
}

// provenStart returns where a walk to an offset begins, and the least offset there. It is the last
// index entry at or below the offset that proves the offset of its batch: the batch is whole and
// ends with the offset of the entry. Without such an entry it is the front of the segment.
func (s *segment) provenStart(f vfs.File, offset, size int64) (pos, least int64, err error) {
	for {
		st, err := s.startFor(offset)
		if errors.Is(err, ErrCorruptLog) || err == nil && st.pos == 0 {
			return 0, s.base, nil
		}
		if err != nil {
			return 0, 0, err
		}
		whole, err := wholeAt(f, st.pos, size)
		if err != nil {
			return 0, 0, err
		}
		if h, _ := segfile.HeadAt(f, st.pos, size); whole && s.proves(st, &h, f) {
			return st.pos, h.Base, nil
		}
		offset = min(st.before, st.entry-1)
	}
}

// proves reports whether the index entry st proves the offset of the batch h at it.
func (s *segment) proves(st start, h *segfile.Head, f vfs.File) bool {
	return h.Last == st.entry && h.Base > st.before && s.plausible(st, h, f)
}
