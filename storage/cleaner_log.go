package storage

import (
	"errors"
	"os"
	"slices"

	"github.com/gregorhq/gregor/vfs"
)

// Clean compacts the log once: of every key in the cleanable part only the last record stays (Kafka's Cleaner). It
// reads sealed segments only and holds no lock while it reads and writes; appends and fetches go on. One run at a time
// per log: the scheduler sees to that. Errors:
//   - ErrCleanAborted, or the error of CleanOptions.Check: what was not replaced yet is as it was.
//   - ErrUncleanable: bytes cannot be read; leave the log alone (Kafka marks the partition uncleanable).
//   - *StorageError: the disk failed. If it did during a replacement the log is broken.
func (l *Log) Clean(o CleanOptions) (CleanStats, error) {
	p, segs, err := l.cleanPlan(o.DirtyOffset, o.NowMs)
	if err != nil || len(segs) == 0 || p.FirstUncleanableOffset <= p.FirstDirtyOffset {
		return CleanStats{EndOffset: p.FirstDirtyOffset}, err
	}
	run := &cleanRun{
		fs: l.fs, dir: l.Dir(), src: l, opts: o, cfg: l.Config(), segs: segs,
		firstDirty: p.FirstDirtyOffset, upperBound: p.FirstUncleanableOffset,
	}
	stats, err := run.run()
	if errors.Is(err, ErrClosed) {
		err = errors.Join(ErrCleanAborted, err)
	}
	return stats, wrap("compaction", run.dir, err)
}

// lastRecords implements cleanSource.
func (l *Log) lastRecords() map[int64]lastRecord {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make(map[int64]lastRecord, l.producers.Len())
	for _, p := range l.producers.Producers() {
		out[p.ProducerID] = lastRecord{offset: p.LastOffset, epoch: p.ProducerEpoch}
	}
	return out
}

// replaceSegments implements cleanSource. Readers see the old segments up to one moment and the new one after it, and
// wait for the disk at none: the new segment's file is open and its indexes are in memory while the names change.
func (l *Log) replaceSegments(clean cleanSegment, old []cleanSegment, nowMs int64) error {
	l.maint.Lock()
	defer l.maint.Unlock()
	if err := l.holds(old); err != nil {
		return err
	}
	if err := commitCleaned(l.fs, l.dir, clean.base); err != nil {
		return l.brokenBy(err)
	}
	s, h, err := l.openSwapped(clean, nowMs)
	if err != nil {
		return l.brokenBy(err)
	}
	l.exchange(s, old)
	err = l.renameSwapped(s, old, nowMs)
	s.mu.Lock()
	s.listed = false // from here on the pool may take file and indexes away
	s.touch()
	s.mu.Unlock()
	l.pool.adopt(h)
	if err != nil {
		return l.brokenBy(err)
	}
	return nil
}

func (l *Log) brokenBy(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fail("compaction", err)
}

// holds checks that old is still a run of the log's sealed segments. They can go only under maint, which is held.
func (l *Log) holds(old []cleanSegment) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if err := l.usable(); err != nil {
		return errors.Join(ErrCleanAborted, err)
	}
	at := slices.Index(l.segments, old[0].seg)
	if at < 0 || at+len(old) >= len(l.segments) {
		return ErrCleanAborted
	}
	for i, o := range old {
		if l.segments[at+i] != o.seg || o.seg.size.Load() != o.size {
			return ErrCleanAborted
		}
	}
	return nil
}

// openSwapped makes the new segment out of its .swap files. Its handle is not the pool's yet, nor are its indexes, so
// nothing has to be opened by name while the names change.
func (l *Log) openSwapped(clean cleanSegment, nowMs int64) (*segment, *handle, error) {
	s := newSegment(l, clean.base)
	s.size.Store(clean.size)
	s.created, s.sparse = nowMs, true
	f, err := l.fs.OpenFile(s.path(logSuffix)+swapSuffix, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	h := &handle{file: f, seg: s}
	h.refs.Store(1)
	h.used.Store(true)
	s.handle.Store(h)
	s.listed = true
	s.txn = OpenTxnIndex(l.fs, s.path(txnIndexSuffix)+swapSuffix, s.base)
	s.hasTxn = vfs.Exists(l.fs, s.txn.Path())
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.rebuildIndex(); err != nil {
		h.release()
		return nil, nil, err
	}
	s.idxDirty = false // the files are written and synced already
	s.idx.rewrite = false
	s.idx.offsetsOnFile, s.idx.timesOnFile = len(s.idx.offsets), len(s.idx.times)
	return s, h, nil
}

// exchange puts s in the place of old, for everyone at once.
func (l *Log) exchange(s *segment, old []cleanSegment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.segments, old[0].seg)
	l.segments = slices.Concat(l.segments[:at], []*segment{s}, l.segments[at+len(old):])
	for _, o := range old {
		l.forget(o.seg)
	}
}

// renameSwapped gives the files their names, see swapSuffix.
func (l *Log) renameSwapped(s *segment, old []cleanSegment, nowMs int64) error {
	var gone []string
	for _, o := range old {
		names, err := renameSuffix(l.fs, l.dir, o.base, "", deletedSuffix)
		if err != nil {
			return err
		}
		gone = append(gone, names...)
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	s.mu.Lock()
	_, err := renameSuffix(l.fs, l.dir, s.base, swapSuffix, "")
	s.txn.SetPath(s.path(txnIndexSuffix))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range gone {
		l.deleted = append(l.deleted, deletedFile{name: name, dueMs: nowMs + l.Config().FileDeleteDelayMs})
	}
	for _, o := range old {
		if o.base != s.base {
			if err := l.producers.DeleteSnapshot(o.base); err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt takes over the caller's reference to an open file that the pool did not open.
func (p *FilePool) adopt(h *handle) {
	p.mu.Lock()
	p.handles = append(p.handles, h)
	victims := p.evict(h)
	p.mu.Unlock()
	for _, v := range victims {
		v.release()
	}
}
