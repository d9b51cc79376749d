package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gregorhq/gregor/vfs"
)

// segmentIndex is the offset and the time index of a segment in memory. Guarded by segment.mu.
type segmentIndex struct {
	offsets offsetIndex
	times   timeIndex
	// Entries that the files hold already; rewrite says that the files are to be written anew.
	offsetsOnFile, timesOnFile int
	rewrite                    bool
	// fromLog says that every entry was made of a batch of this log in this process, none read from a file.
	fromLog bool
}

func (x *segmentIndex) add(rel, pos int32, maxTs int64, maxTsRel int32) {
	if n := len(x.offsets); n == 0 || rel > x.offsets[n-1].rel && pos > x.offsets[n-1].pos {
		x.offsets = append(x.offsets, indexEntry{rel: rel, pos: pos})
	}
	x.addTime(maxTs, maxTsRel)
}

// addTime adds an entry if the timestamp is a new maximum (Kafka's TimeIndex.maybeAppend).
func (x *segmentIndex) addTime(ts int64, rel int32) bool {
	if ts < 0 {
		return false
	}
	if n := len(x.times); n > 0 && (ts <= x.times[n-1].ts || rel < x.times[n-1].rel) {
		return false
	}
	x.times = append(x.times, timeEntry{ts: ts, rel: rel})
	return true
}

// index returns the indexes, from the files if need be, from the log if those are no good. The
// caller holds mu.
func (s *segment) index() (*segmentIndex, error) {
	if s.idx != nil {
		s.touch()
		return s.idx, nil
	}
	if s.gone.Load() {
		return nil, ErrClosed // the names of the files may be another segment's
	}
	s.touch()
	x, err := s.loadIndex()
	if err != nil {
		return nil, err
	}
	if x == nil {
		return s.rebuildIndex()
	}
	s.idx = x
	return x, nil
}

// loadIndex reads the index files. It returns nil when they are missing or cannot belong to the
// segment.
func (s *segment) loadIndex() (*segmentIndex, error) {
	size := s.size.Load()
	if size == 0 {
		return &segmentIndex{rewrite: true, fromLog: true}, nil
	}
	ob, err := vfs.ReadFile(s.log.fs, s.path(indexSuffix))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	missing := err != nil
	tb, err := vfs.ReadFile(s.log.fs, s.path(timeIndexSuffix))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	offsets, ok1 := parseOffsetIndex(ob, size)
	times, ok2 := parseTimeIndex(tb)
	if missing || err != nil || !ok1 || !ok2 || (len(times) == 0 && !s.active) {
		s.log.logger.Warn("index is missing or damaged, it is rebuilt from the log", "dir", s.log.dir, "segment", s.base)
		return nil, nil
	}
	x := &segmentIndex{offsets: offsets, times: times, offsetsOnFile: len(offsets), timesOnFile: len(times)}
	x.rewrite = len(ob) != len(offsets)*indexEntrySize || len(tb) != len(times)*timeEntrySize
	return x, nil
}

// rebuildIndex makes the indexes anew from the heads of the batches. The caller holds mu.
func (s *segment) rebuildIndex() (*segmentIndex, error) {
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return nil, err
	}
	defer h.release()
	b := newIndexBuilder(s.base, s.log.Config().IndexIntervalBytes)
	sc := scan(h.file, 0, s.size.Load())
	defer sc.done()
	for sc.next() {
		b.add(&sc.head)
	}
	if sc.err != nil {
		return nil, sc.err
	}
	if sc.bad {
		return nil, s.corrupt(sc.pos)
	}
	s.adopt(b)
	if !s.active {
		s.idx.addTime(s.maxTs, int32(s.maxTsOffset-s.base))
	}
	return s.idx, nil
}

// adopt takes over what a walk over the whole segment has found; the caller holds mu.
func (s *segment) adopt(b *indexBuilder) {
	s.idx = b.x
	s.idxDirty.Store(true)
	s.maxTs, s.maxTsOffset, s.sinceIndex, s.maxTsProven = b.maxTs, b.maxTsOffset, b.since, true
	s.touch()
}

func (s *segment) corrupt(pos int64) error {
	return fmt.Errorf("%w: %s at position %d", ErrCorruptLog, s.path(logSuffix), pos)
}

// indexBuilder makes indexes from batches in their order, as noteBatch does while appending.
type indexBuilder struct {
	x                  *segmentIndex
	base, interval     int64
	since              int64
	maxTs, maxTsOffset int64
}

func newIndexBuilder(base, interval int64) *indexBuilder {
	return &indexBuilder{x: &segmentIndex{rewrite: true, fromLog: true}, base: base, interval: interval, maxTs: -1, maxTsOffset: base}
}

func (b *indexBuilder) add(h *batchHead) {
	if h.maxTs > b.maxTs {
		b.maxTs, b.maxTsOffset = h.maxTs, h.last
	}
	if b.since > b.interval {
		b.x.add(int32(h.last-b.base), int32(h.pos), b.maxTs, int32(b.maxTsOffset-b.base))
		b.since = 0
	}
	b.since += h.size
}

// writeIndex writes to the files what they lack, and makes them durable if asked for. The caller
// holds mu.
func (s *segment) writeIndex(sync bool) error {
	x := s.idx
	if x == nil { // written out already; a sync may still be due
		x = &segmentIndex{}
	}
	if x.rewrite {
		x.offsetsOnFile, x.timesOnFile = 0, 0
	}
	err := s.writeEntries(indexSuffix, x.rewrite, sync, x.offsetsOnFile*indexEntrySize, x.offsets[x.offsetsOnFile:].encode(nil))
	if err == nil {
		err = s.writeEntries(timeIndexSuffix, x.rewrite, sync, x.timesOnFile*timeEntrySize, x.times[x.timesOnFile:].encode(nil))
	}
	if err != nil {
		return err
	}
	x.offsetsOnFile, x.timesOnFile, x.rewrite = len(x.offsets), len(x.times), false
	return nil
}

func (s *segment) writeEntries(suffix string, truncate, sync bool, at int, b []byte) error {
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
		_, err = f.WriteAt(b, int64(at))
	}
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncIndex writes and syncs the index files; done once, before the recovery point passes the
// segment's end.
func (s *segment) syncIndex() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.idxDirty.Load() || s.gone.Load() {
		return nil
	}
	if err := s.writeIndex(true); err != nil {
		return err
	}
	s.idxDirty.Store(false)
	if s.txn != nil {
		return s.txn.Sync()
	}
	return nil
}

// sweepIndex gives up the memory of indexes that were not used since the last time, and reports
// whether the pool can forget the segment.
func (s *segment) sweepIndex() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used && !s.gone.Load() {
		s.used = false
		return false
	}
	if !s.gone.Load() {
		if err := s.writeIndex(false); err != nil {
			s.log.logger.Warn("index could not be written, it stays in memory", "dir", s.log.dir, "segment", s.base, "error", err)
			return false
		}
	}
	s.idx, s.tail, s.listed = nil, nil, false
	return true
}
