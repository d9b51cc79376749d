package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Read returns whole batches from the one that holds offset `from` on, all in one segment and
// without a gap between them, so that the next read begins where this one ended (a slice that went
// on in the next segment after a cut would lose everything between). It is empty at the upper
// bound. ErrOffsetOutOfRange: `from` is not within [LogStartOffset, LogEndOffset].
//
// A first batch larger than MaxBytes is returned only with MinOneBatch. A batch that reaches to or
// beyond Below is never returned. [Classify] says what other errors concern.
//
// A read of an old segment may wait for the disk. It holds no lock of the log then, so appends and
// syncs go on.
func (l *Log) Read(from int64, o ReadOptions) (r ReadResult, err error) {
	for tries := 1; ; tries++ {
		v, err := l.view()
		if err != nil {
			return ReadResult{FirstOffset: -1, NextOffset: -1}, err
		}
		if r, err = v.read(from, o); !v.outdated(err) || tries == maxLooks {
			return r, l.readError(err)
		}
		r.Slice.Close()
	}
}

// maxCopy bounds the bytes that an answer copies, unless its first batch is larger.
const maxCopy = 64 << 10

// maxLooks bounds how often a read begins again because the log changed under it.
const maxLooks = 20

// outdated reports that a result of the view, or the error, means nothing: the log was truncated
// meanwhile, or retention or a swap took away a segment that had to be opened.
func (v *view) outdated(err error) bool { return errors.Is(err, ErrClosed) || v.l.cutSince(v.gen) }

// look calls fn with the log as it is now, without a lock, and calls it again while the view is
// outdated.
func (l *Log) look(fn func(v *view) error) error {
	for tries := 1; ; tries++ {
		v, err := l.view()
		if err != nil {
			return err
		}
		if err = fn(&v); !v.outdated(err) || tries == maxLooks {
			return l.readError(err)
		}
	}
}

func (v *view) read(from int64, o ReadOptions) (ReadResult, error) {
	empty := ReadResult{FirstOffset: -1, NextOffset: -1}
	if from > v.end || from < v.start {
		return empty, ErrOffsetOutOfRange
	}
	below := min(o.Below, v.end)
	if from >= below || o.MaxBytes <= 0 && !o.MinOneBatch {
		return empty, nil
	}
	if err := v.missing(from); err != nil {
		return empty, err
	}
	for i := floorOf(v.segments, from); i < len(v.segments); i++ {
		s := v.segments[i]
		if s.base >= below {
			break
		}
		first, found, err := s.locate(from)
		if err != nil {
			return empty, err
		}
		if !found || first.pos >= v.sizeOf(i) {
			if err := v.hole(i, max(from, s.base)); err != nil {
				return empty, err
			}
			continue // compaction left nothing up to the next segment
		}
		if first.last >= below {
			break
		}
		return v.readFrom(i, first, below, o)
	}
	return empty, nil
}

// readFrom cuts the slice that begins with the batch first out of segment i.
func (v *view) readFrom(i int, first place, below int64, o ReadOptions) (ReadResult, error) {
	empty := ReadResult{FirstOffset: -1, NextOffset: -1}
	s := v.segments[i]
	stop, next := v.sizeOf(i), v.endOf(i)
	if i < len(v.segments)-1 && s.next.Load() == next {
		// A batch at the end with a wrong offset would have its reader skip others. A batch that
		// is missing there is no gap.
		e, err := s.end()
		if err != nil {
			return empty, err
		}
		if !e.damaged && e.pos > first.pos && (e.pos < stop || !v.l.gapAt(e.next)) {
			stop, next = min(stop, e.pos), e.next
		}
	}
	if below < next {
		p, found, err := s.locate(below)
		if err != nil {
			return empty, err
		}
		if found && p.pos < stop {
			stop, next = p.pos, p.base
		}
	}
	if limit := first.pos + int64(o.MaxBytes); limit < stop {
		end, after, err := s.border(first.pos, limit)
		if err != nil {
			return empty, err
		}
		if end <= first.pos {
			if !o.MinOneBatch {
				return empty, nil
			}
			end, after = first.pos+first.size, first.last+1
		}
		stop, next = end, after
	}
	h, err := s.file.Acquire()
	if err != nil {
		return empty, err
	}
	if v.l.pool.Full() {
		return v.copied(s, h, first, stop, next)
	}
	return ReadResult{Slice: h.Slice(first.pos, int(stop-first.pos)), FirstOffset: first.base, NextOffset: next, gen: v.gen}, nil
}

// copied returns a slice that holds its bytes, fewer ones than asked for, and lets the file go.
func (v *view) copied(s *segment, h *filepool.Handle, first place, stop, next int64) (r ReadResult, err error) {
	defer h.Release()
	r = ReadResult{FirstOffset: -1, NextOffset: -1}
	if limit := first.pos + max(maxCopy, first.size); stop > limit {
		if stop, next, err = s.border(first.pos, limit); err != nil {
			return r, err
		}
	}
	mem := make([]byte, stop-first.pos)
	n, err := h.File.ReadAt(mem, first.pos)
	switch {
	case n == len(mem):
		return ReadResult{Slice: filepool.Copied(mem), FirstOffset: first.base, NextOffset: next, gen: v.gen}, nil
	case err == nil || err == io.EOF:
		err = s.short(first.pos + int64(n))
	}
	return r, err
}

// SliceError returns the error of the log for an error of reading the slice of r. It is nil when
// the log was truncated or closed after r was read: the reader asks again. Otherwise bytes that are
// gone are damage, because only a truncation makes a file shorter.
func (l *Log) SliceError(r *ReadResult, err error) error {
	switch {
	case err == nil || errors.Is(err, fs.ErrClosed):
		return nil
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return &StorageError{Op: "read for an answer", Dir: l.Dir(), Err: err}
	case l.cutSince(r.gen):
		return nil
	}
	return l.readError(fmt.Errorf("%w: a .log file of %s is shorter than it was, offset %d cannot be read", ErrCorruptLog, l.Dir(), r.FirstOffset))
}

// readError is the error of a failed read as [wrap] returns it.
func (l *Log) readError(err error) error { return wrap("read", l.dir, err) }

// AbortedTxns lists the aborted transactions that overlap [from, upTo), for a fetch with isolation
// level read_committed. The fetch passes the NextOffset of what it read as upTo: the list is then
// bounded by the answer.
func (l *Log) AbortedTxns(from, upTo int64) (out []segfile.AbortedTxn, err error) {
	err = l.look(func(v *view) error {
		out = nil
		for i := floorOf(v.segments, from); i < len(v.segments); i++ {
			var complete bool
			if out, complete, err = l.abortedTxns(v, i, out, from, upTo); err != nil || complete {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
