package storage

import (
	"cmp"
	"errors"
	"io"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// openProducers loads the producer state as of the log end.
func (l *Log) openProducers(o *Options, clean bool, end int64) error {
	if _, any := l.producers.LatestSnapshotOffset(); !any && clean {
		// As in Kafka: a log without a snapshot that was closed well had no producers, or is of a
		// version before them; reading all of it would make the first start very long.
		l.producers.SetMapEndOffset(end)
		l.noteUnstable()
		return nil
	}
	if !clean {
		bases := make([]int64, 0, len(l.segments))
		for _, s := range l.segments {
			bases = append(bases, s.base)
		}
		if err := l.producers.RemoveStraySnapshots(bases); err != nil {
			return err
		}
	}
	if err := l.loadProducers(end, o.NowMs); err != nil {
		return err
	}
	if err := l.replay(l.producers.MapEndOffset(), end); err != nil {
		return err
	}
	l.noteUnstable()
	return nil
}

// replay brings the producer state from offset `from` to `to` by reading the batches in between.
// Transaction indexes are left alone.
func (l *Log) replay(from, to int64) error {
	if from >= to {
		return nil
	}
	for i := l.floorSegment(from); i < len(l.segments) && l.segments[i].base < to; i++ {
		err := l.segments[i].walk(func(h *segfile.Head, b []byte) error {
			if h.Magic < 2 || h.ProducerID < 0 || h.Last < from || h.Last >= to {
				return nil
			}
			pa := l.producers.Begin(OriginReplication)
			if _, _, err := pa.Check(record.Batch(b)); err != nil {
				l.logger.Warn("control batch is unreadable", "dir", l.dir, "offset", h.Base, "error", err)
			}
			l.producers.Commit(pa, h.Next())
			for _, t := range pa.Completed() {
				l.producers.CompleteTxn(t)
			}
			return nil
		})
		if errors.Is(err, ErrCorruptLog) {
			l.logger.Error("producer state lacks the batches in damaged bytes", "dir", l.dir, "error", err)
		} else if err != nil {
			return err
		}
	}
	l.producers.SetMapEndOffset(to)
	return nil
}

// walk calls fn for every batch of the segment with its head, and for control batches with all of
// it, which are small. It goes on behind damaged bytes, and returns ErrCorruptLog at the end then.
func (s *segment) walk(fn func(h *segfile.Head, b []byte) error) error {
	h, err := s.file.Acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	var damaged error
	size := s.size.Load()
	for pos, next := int64(0), s.base; ; {
		pos, next, err = s.walkFrom(h.File, pos, size, next, func(sc *segfile.Scanner) error { return fn(&sc.Head, sc.Bytes()) })
		if err != nil || pos >= size {
			return cmp.Or(err, damaged)
		}
		damaged = s.corrupt(pos)
		found := false
		if pos, found, err = s.resync(h.File, pos, size, next); err != nil || !found {
			return cmp.Or(err, damaged)
		}
	}
}

// walkFrom calls fn at each batch from pos on. It ends at the first bytes that are no batch, or a
// batch with a wrong offset.
func (s *segment) walkFrom(f vfs.File, pos, size, next int64, fn func(sc *segfile.Scanner) error) (int64, int64, error) {
	sc := segfile.Scan(f, pos, size)
	defer sc.Done()
	for sc.Next() {
		if s.misplaced(f, &sc.Head, next, size) {
			return sc.Head.Pos, next, nil
		}
		if err := fn(sc); err != nil {
			return sc.Head.Pos, next, err
		}
		next = sc.Head.Next()
	}
	return sc.Pos, next, sc.Err
}

// misplaced reports whether the offset of batch h is wrong or doubtful, see segfile.Range.Place.
func (s *segment) misplaced(f io.ReaderAt, h *segfile.Head, next, size int64) bool {
	return s.offsets().Place(f, h, next, size) != segfile.InPlace
}
