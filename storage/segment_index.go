package storage

import (
	"fmt"
	"os"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// withIndex calls fn with the indexes, under mu. It loads them from the files, or from the log if
// the files are no good.
func (s *segment) withIndex(fn func(x *segfile.Index)) error {
	for {
		s.mu.Lock()
		if x := s.idx; x != nil {
			s.touch()
			fn(x)
			s.mu.Unlock()
			return nil
		}
		s.mu.Unlock()
		if err := s.loadIndex(); err != nil {
			return err
		}
	}
}

// loadIndex brings the indexes into memory.
func (s *segment) loadIndex() error {
	s.io.Lock()
	defer s.io.Unlock()
	if s.hasIndex() {
		return nil
	}
	x, err := s.readIndex()
	if err != nil {
		return err
	}
	if x == nil {
		return s.rebuildIndex()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idx = x
	s.touch()
	return nil
}

func (s *segment) hasIndex() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idx != nil
}

// readIndex reads the index files. It returns nil when they are missing or cannot belong to the
// segment. The caller holds io.
func (s *segment) readIndex() (*segfile.Index, error) {
	size := s.size.Load()
	if size == 0 {
		return &segfile.Index{Rewrite: true, FromLog: true}, nil
	}
	ob, missing, err := s.readFile(segfile.IndexSuffix)
	if err != nil {
		return nil, err
	}
	tb, missingTimes, err := s.readFile(segfile.TimeIndexSuffix)
	if err != nil {
		return nil, err
	}
	if s.gone.Load() {
		return nil, ErrClosed // the names may belong to another segment already
	}
	offsets, ok1 := segfile.ParseOffsetIndex(ob, size)
	times, ok2 := segfile.ParseTimeIndex(tb)
	if missing || missingTimes || !ok1 || !ok2 {
		s.log.logger.Warn("index is missing or damaged, it is rebuilt from the log", "dir", s.log.Dir(), "segment", s.base)
		return nil, nil
	}
	if len(times) == 0 && !s.active.Load() {
		return nil, nil // either no record has a timestamp, or the last entry is missing
	}
	x := &segfile.Index{Offsets: offsets, Times: times, OffsetsOnFile: len(offsets), TimesOnFile: len(times)}
	x.Rewrite = len(ob) != len(offsets)*segfile.OffsetEntrySize || len(tb) != len(times)*segfile.TimeEntrySize
	return x, nil
}

func (s *segment) readFile(suffix string) (b []byte, missing bool, err error) {
	b, err = vfs.ReadFile(s.log.fs, s.path(suffix))
	if notExist(err) {
		return nil, true, nil
	}
	return b, false, err
}

// rebuildIndex makes the indexes from the heads of the batches. The caller holds io.
func (s *segment) rebuildIndex() error {
	return s.walkIndex(func(f vfs.File, pos, size, next int64, b *segfile.Builder) (int64, int64, error) {
		return s.walkFrom(f, pos, size, next, func(sc *segfile.Scanner) error {
			b.Add(&sc.Head)
			return nil
		})
	})
}

// verifyIndex makes the indexes from the batches that have their checksum. The caller holds io.
func (s *segment) verifyIndex() error {
	bp := segfile.VerifyBufs.Get().(*[]byte)
	defer segfile.VerifyBufs.Put(bp)
	return s.walkIndex(func(f vfs.File, pos, size, next int64, b *segfile.Builder) (int64, int64, error) {
		v := segfile.Verifier{R: f, Size: size, Pos: pos, Buf: *bp}
		for {
			at := v.Pos
			ok, err := v.Next()
			if err != nil || !ok || s.misplaced(f, &v.Head, next, size) {
				return at, next, err
			}
			b.Add(&v.Head)
			next = v.Head.Next()
		}
	})
}

// walkIndex makes the indexes by a walk that ends at the first bad batch. It goes on behind damaged
// bytes. The caller holds io.
func (s *segment) walkIndex(walk func(f vfs.File, pos, size, next int64, b *segfile.Builder) (int64, int64, error)) error {
	h, err := s.file.Acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	b := segfile.NewBuilder(s.base, s.log.Config().IndexIntervalBytes)
	size := s.size.Load()
	for pos, next := int64(0), s.base; ; {
		if pos, next, err = walk(h.File, pos, size, next, b); err != nil {
			return err
		}
		if pos >= size {
			break
		}
		at, found, err := s.resync(h.File, pos, size, next)
		if err != nil {
			return err
		}
		if pos == 0 && !found {
			return s.corrupt(pos) // nothing of the segment can be read
		}
		s.log.logger.Error("segment is damaged, its index leaves the damaged bytes out", "dir", s.log.Dir(), "segment", s.base, "position", pos)
		if !found {
			break
		}
		if err := s.goOn(h.File, b, pos, at, next); err != nil {
			return err
		}
		pos = at
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adopt(b, size)
	return nil
}

// goOn notes in b that the batches go on at position at, behind the bad batch at pos. The records
// before it end at next. When the bad batch is whole and overlaps the batch behind it, the offset
// of either may be wrong: no read begins at one of the two. But the batch behind is right when its
// offset is the one that the bad batch would lead to without a gap.
func (s *segment) goOn(f vfs.File, b *segfile.Builder, pos, at, next int64) error {
	b.Gap()
	bad, ok := segfile.HeadAt(f, pos, at)
	behind := offsetAt(f, at)
	if !ok || bad.End() != at || bad.Base < next || behind >= bad.Next() || behind == next+bad.Next()-bad.Base {
		return nil
	}
	whole, err := wholeAt(f, pos, s.size.Load())
	if whole {
		b.Doubt()
	}
	return err
}

// resync finds the next whole batch behind damaged bytes at pos, see segfile.Resync.
func (s *segment) resync(f vfs.File, pos, size, least int64) (at int64, found bool, err error) {
	return segfile.Resync(f, s.offsets(), pos, size, least, func() ([]int64, error) { return s.indexedAfter(pos, size) })
}

// indexedAfter is the positions behind pos that the index file names. It is empty when the file is
// missing or damaged.
func (s *segment) indexedAfter(pos, size int64) (out []int64, err error) {
	b, _, err := s.readFile(segfile.IndexSuffix)
	if err != nil {
		return nil, err
	}
	x, ok := segfile.ParseOffsetIndex(b, size)
	if !ok {
		return nil, nil
	}
	for _, e := range x {
		if int64(e.Pos) > pos {
			out = append(out, int64(e.Pos))
		}
	}
	return out, nil
}

// adopt takes over what a walk over the first size bytes has found. Batches that were appended
// during the walk stay noted. The caller holds mu.
func (s *segment) adopt(b *segfile.Builder, size int64) {
	s.idx, s.maxTsProven = b.X, true
	s.idxDirty.Store(true)
	if s.noted <= size {
		s.maxTs, s.maxTsOffset, s.sinceIndex = b.MaxTs, b.MaxTsOffset, b.Since
	} else if b.MaxTs >= s.maxTs {
		s.maxTs, s.maxTsOffset = b.MaxTs, b.MaxTsOffset
	}
	if !s.active.Load() {
		s.idx.AddTime(s.maxTs, int32(s.maxTsOffset-s.base))
	}
	s.touch()
}

func (s *segment) corrupt(pos int64) error {
	return fmt.Errorf("%w: %s at position %d", ErrCorruptLog, s.path(segfile.LogSuffix), pos)
}

// short is the error for a .log file that ends at pos, within the bytes that the log knows.
func (s *segment) short(pos int64) error {
	return fmt.Errorf("%w: %s is shorter than it was: it ends at position %d", ErrCorruptLog, s.path(segfile.LogSuffix), pos)
}

// indexWrite is what the index files lack.
type indexWrite struct {
	x              *segfile.Index // nil when the indexes are on file only
	rewrite        bool
	offsets, times int // entries on file after the write
	offsetBytes    []byte
	timeBytes      []byte
	offsetAt       int64
	timeAt         int64
}

// fills reports whether the write gives the index files entries.
func (w *indexWrite) fills() bool { return len(w.offsetBytes) > 0 || len(w.timeBytes) > 0 }

func (s *segment) pendingIndex() (w indexWrite) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.idx
	if x == nil { // written out already; a sync may still be due
		return w
	}
	w = indexWrite{x: x, rewrite: x.Rewrite, offsets: len(x.Offsets), times: len(x.Times)}
	from, timesFrom := x.OffsetsOnFile, x.TimesOnFile
	if x.Rewrite {
		from, timesFrom = 0, 0
	}
	w.offsetAt, w.timeAt = int64(from*segfile.OffsetEntrySize), int64(timesFrom*segfile.TimeEntrySize)
	w.offsetBytes, w.timeBytes = x.Offsets[from:].Encode(nil), x.Times[timesFrom:].Encode(nil)
	return w
}

// writeIndex writes to the index files what they lack, and makes them durable if asked for. The
// caller holds io.
func (s *segment) writeIndex(sync bool) error { return s.writePending(s.pendingIndex(), sync) }

func (s *segment) writePending(w indexWrite, sync bool) error {
	if s.gone.Load() {
		return nil // the names may belong to another segment
	}
	if err := s.writeEntries(segfile.IndexSuffix, w.rewrite, sync, w.offsetAt, w.offsetBytes); err != nil {
		return err
	}
	if err := s.writeEntries(segfile.TimeIndexSuffix, w.rewrite, sync, w.timeAt, w.timeBytes); err != nil {
		return err
	}
	s.mu.Lock()
	if w.x != nil {
		w.x.OffsetsOnFile, w.x.TimesOnFile, w.x.Rewrite = w.offsets, w.times, false
	}
	txn := s.txn
	s.mu.Unlock()
	if txn == nil {
		return nil
	}
	if err := s.flushTxns(txn); err != nil || !sync {
		return err
	}
	return s.withoutTxns(txn.Sync())
}

func (s *segment) writeEntries(suffix string, truncate, sync bool, at int64, b []byte) error {
	if len(b) == 0 && !truncate && !sync {
		return nil
	}
	f, err := s.log.fs.OpenFile(s.path(suffix), os.O_RDWR|os.O_CREATE, vfs.FilePerm)
	if err != nil {
		return err
	}
	if truncate {
		err = f.Truncate(0)
	}
	if err == nil && len(b) > 0 {
		_, err = f.WriteAt(b, at)
	}
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// saveIndex writes the index files if they lack anything. The mark that they do is taken away when
// sync is true, or when the caller syncs the whole file system afterwards.
func (s *segment) saveIndex(sync bool) error {
	s.io.Lock()
	defer s.io.Unlock()
	if !s.idxDirty.Load() {
		return nil
	}
	if err := s.writeIndex(sync); err != nil {
		return err
	}
	s.idxDirty.Store(false)
	return nil
}

// SweepMemory implements filepool.Owner: it gives up the memory of indexes that were not used since
// the last call.
func (s *segment) SweepMemory() bool {
	s.mu.Lock()
	used := s.used
	s.used = false
	s.mu.Unlock()
	if used && !s.gone.Load() {
		return false
	}
	w := s.pendingIndex()
	named := w.fills() && s.log.nameSwept()
	s.io.Lock()
	defer s.io.Unlock()
	if !s.gone.Load() {
		w = s.pendingIndex()
		if w.fills() && !named {
			return false // the next sweep names the segment first
		}
		if err := s.writePending(w, false); err != nil {
			s.log.logger.Warn("index could not be written, it stays in memory", "dir", s.log.Dir(), "segment", s.base, "error", err)
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used && !s.gone.Load() {
		return false // it was used meanwhile, and may have entries that are not on file
	}
	s.idx, s.tail, s.listed = nil, nil, false
	return true
}
