package storage

import (
	"errors"
	"fmt"
	"slices"
)

// Clean compacts the log once: of every key in the cleanable part only the last record stays (Kafka's Cleaner). It
// reads sealed segments only and holds no lock while it reads and writes, so appends and fetches go on. Its caller starts
// one run at a time per log. Errors:
//   - ErrCleanAborted: the log changed under the run, or CleanOptions.Check returned an error. Segments that the run had not
//     replaced are as they were.
//   - ErrUncleanable: bytes cannot be read. Leave the log alone (Kafka marks the partition uncleanable).
//   - a lack of file descriptors, see OutOfDescriptors: try again later.
//   - *StorageError: the disk failed. If it failed during a replacement the log is broken.
func (l *Log) Clean(o CleanOptions) (CleanStats, error) {
	if err := l.completeSwap(); err != nil {
		return CleanStats{EndOffset: o.DirtyOffset}, err
	}
	p, v, segs, err := l.cleanPlan(o.DirtyOffset, o.NowMs)
	if err != nil || len(segs) == 0 || p.FirstUncleanableOffset <= p.FirstDirtyOffset {
		return CleanStats{EndOffset: p.FirstDirtyOffset}, err
	}
	src := &logSource{l, v.gen}
	run := &cleanRun{
		fs: l.fs, dir: v.dir, src: src, opts: o, cfg: l.Config(), segs: segs,
		firstDirty: p.FirstDirtyOffset, upperBound: p.FirstUncleanableOffset,
	}
	stats, err := run.run()
	return stats, src.classify(run.dir, err)
}

// logSource is a log as one cleaning run sees it.
type logSource struct {
	*Log
	gen uint64 // of the log when the run began
}

// classify gives the error of a run the form that Clean promises.
func (s *logSource) classify(dir string, err error) error {
	var disk *StorageError
	if err == nil || errors.Is(err, ErrCleanAborted) || errors.As(err, &disk) {
		return err
	}
	if stale := s.stale(); stale != nil {
		// A truncation cuts and reuses files that the run reads, so whatever the run found there says nothing about the log.
		return fmt.Errorf("%w: %w", stale, err)
	}
	return wrap("compaction", dir, err)
}

// stale implements cleanSource.
func (s *logSource) stale() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.staleLocked()
}

func (s *logSource) staleLocked() error {
	if err := s.usable(); err != nil {
		return fmt.Errorf("%w: %w", ErrCleanAborted, err)
	}
	if s.Log.gen != s.gen {
		return fmt.Errorf("%w: the log was truncated", ErrCleanAborted)
	}
	return nil
}

// lastRecords implements cleanSource. The producer state comes from the log on every replica, so followers keep the same
// batches as the leader.
func (s *logSource) lastRecords() map[int64]lastRecord {
	s.mu.Lock()
	c := s.producers.Capture()
	s.mu.Unlock()
	out := make(map[int64]lastRecord, c.Len())
	for _, p := range c.States() {
		out[p.ProducerID] = lastRecord{offset: p.LastOffset, epoch: p.ProducerEpoch}
	}
	return out
}

// replaceSegments implements cleanSource. Readers see the old segments up to one moment and the new one after it, and wait
// for the disk at no time: the new segment's file is open and its indexes are in memory while the names change. Syncs and
// appends go on meanwhile.
func (s *logSource) replaceSegments(w *cleanWriter, old []cleanSegment, nowMs int64) error {
	s.reshape.Lock()
	defer s.reshape.Unlock()
	if err := s.holds(old); err != nil {
		return errors.Join(err, w.abandon())
	}
	s.swap = newSwapWork(s.Log, w, old, nowMs)
	return s.finishSwap()
}

// holds checks that the log is the one that the run began with and that old is still a run of its sealed segments. Segments
// go only under reshape, which is held.
func (s *logSource) holds(old []cleanSegment) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.staleLocked(); err != nil {
		return err
	}
	at := slices.Index(s.segments, old[0].seg)
	if at < 0 || at+len(old) >= len(s.segments) {
		return ErrCleanAborted
	}
	for i, o := range old {
		if s.segments[at+i] != o.seg || o.seg.size.Load() != o.size {
			return ErrCleanAborted
		}
	}
	return nil
}
