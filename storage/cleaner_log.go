package storage

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/compact"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Clean compacts the log once: of every key in the cleanable part only the last record stays
// (Kafka's Cleaner). It reads sealed segments only and holds no lock while it reads and writes, so
// appends and fetches go on. Its caller starts one run at a time per log. Errors:
//   - ErrCleanAborted: the log changed under the run, or CleanOptions.Check returned an error.
//     Segments that the run had not replaced are as they were.
//   - ErrUncleanable: bytes cannot be read. Leave the log alone (Kafka marks the partition
//     uncleanable).
//   - a lack of file descriptors, see OutOfDescriptors: try again later.
//   - *StorageError: the disk failed. If it failed during a replacement the log is broken.
func (l *Log) Clean(o CleanOptions) (CleanStats, error) {
	if err := l.completeChanges(); err != nil {
		return CleanStats{EndOffset: o.DirtyOffset}, err
	}
	p, v, segs, err := l.cleanPlan(o.DirtyOffset, o.NowMs)
	if err != nil || len(segs) == 0 || p.FirstUncleanableOffset <= p.FirstDirtyOffset {
		return CleanStats{EndOffset: p.FirstDirtyOffset}, err
	}
	if err := v.lostBelow(p.FirstUncleanableOffset); err != nil {
		return CleanStats{EndOffset: o.DirtyOffset}, wrap("compaction", v.dir, err)
	}
	src := &logSource{Log: l, gen: v.gen, last: l.lastRecords()}
	if err := l.syncForRemoval(); err != nil {
		return CleanStats{EndOffset: p.FirstDirtyOffset}, src.classify(v.dir, err)
	}
	c := l.Config()
	run := &compact.Run{
		FS: l.fs, Dir: v.dir, Src: src, Opts: compact.Options(o), Segs: segs,
		MaxSegmentBytes: c.SegmentBytes, IndexInterval: c.IndexIntervalBytes, DeleteRetentionMs: c.DeleteRetentionMs,
		FirstDirty: p.FirstDirtyOffset, UpperBound: p.FirstUncleanableOffset,
	}
	stats, err := run.Do()
	return CleanStats(stats), src.classify(v.dir, err)
}

// logSource is a log as one cleaning run sees it.
type logSource struct {
	*Log
	gen  uint64 // of the log when the run began
	last map[int64]compact.LastRecord
	// compared says that the transaction indexes were compared with the log in this run.
	compared bool
}

// classify gives the error of a run the form that Clean promises.
func (s *logSource) classify(dir string, err error) error {
	var disk *StorageError
	if err == nil || errors.Is(err, ErrCleanAborted) || errors.As(err, &disk) {
		return err
	}
	if stale := s.Stale(); stale != nil {
		// A truncation cuts and reuses files that the run reads, so whatever the run found there
		// says nothing about the log.
		return fmt.Errorf("%w: %v", stale, err)
	}
	return wrap("compaction", dir, err)
}

// Stale implements compact.Source.
func (s *logSource) Stale() error {
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

// AbortedTxns implements compact.Source. Compaction removes records because of the list. So the
// first call of a run compares the transaction indexes with the log: also where there is no
// .txnindex, because the file may be missing, and again where there is one, because an entry has no
// checksum.
func (s *logSource) AbortedTxns(from, below int64) ([]segfile.AbortedTxn, error) {
	if !s.compared {
		err := s.look(func(v *view) error {
			for i, seg := range v.segments {
				if seg.hasTxns() {
					seg.doubtTxns()
				}
				if err := s.checkTxns(v.segments, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.compared = true
	}
	return s.Log.AbortedTxns(from, below)
}

// LastRecords implements compact.Source. The producer state comes from the log on every replica, so
// followers keep the same batches as the leader.
func (s *logSource) LastRecords() map[int64]compact.LastRecord { return s.last }

// lastRecords returns the last record of each producer.
func (l *Log) lastRecords() map[int64]compact.LastRecord {
	l.mu.Lock()
	c := l.producers.Capture()
	l.mu.Unlock()
	out := make(map[int64]compact.LastRecord, c.Len())
	for _, p := range c.States() {
		out[p.ProducerID] = compact.LastRecord{Offset: p.LastOffset, Epoch: p.ProducerEpoch}
	}
	return out
}

// syncForRemoval makes the log durable before compaction or retention removes records because of
// newer ones: the newer value of a key, the commit of a transaction, a later record of a producer,
// or bytes above retention.bytes. A power cut may lose records that no sync covers, and must not
// find the older ones gone. It costs next to nothing when all is on disk. The caller has decided
// before the call, and holds no lock, or reshape alone.
func (l *Log) syncForRemoval() error {
	l.maint.Lock()
	defer l.maint.Unlock()
	return l.syncAll()
}

// Replace implements compact.Source. Readers see the old segments up to one moment and the new one
// after it, and wait for the disk at no time: the new segment's file is open and its indexes are in
// memory while the names change. Syncs and appends go on meanwhile.
func (s *logSource) Replace(w *compact.Writer, old []compact.Segment, nowMs int64) error {
	s.reshape.Lock()
	defer s.reshape.Unlock()
	var segments []*segment
	err := s.finishChanges()
	if err == nil {
		segments, err = s.holds(old)
	}
	if err != nil {
		return errors.Join(err, w.Abandon())
	}
	if err := s.noteGaps(); err != nil {
		return errors.Join(s.failNow("compaction", err), w.Abandon())
	}
	s.swap = newSwapWork(s.Log, w, segments, nowMs)
	return s.finishSwap()
}

// holds returns the segments of old. It checks that the log is the one that the run began with and
// that they are still a run of its sealed segments. Segments go only under reshape, which is held.
func (s *logSource) holds(old []compact.Segment) ([]*segment, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.staleLocked(); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(s.segments, func(seg *segment) bool { return seg.base == old[0].Base })
	if at < 0 || at+len(old) >= len(s.segments) {
		return nil, ErrCleanAborted
	}
	segments := s.segments[at : at+len(old)]
	for i, o := range old {
		if segments[i].base != o.Base || segments[i].size.Load() != o.Size {
			return nil, ErrCleanAborted
		}
	}
	return segments, nil
}
