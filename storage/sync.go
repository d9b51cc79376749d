package storage

import (
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// syncWork is what one Sync has to make durable.
type syncWork struct {
	upTo      int64 // log end offset when the work was gathered
	gen       uint64
	dir       string
	segments  []*segment           // ascending; with new bytes, or rolled since their indexes were synced
	next      []int64              // base offset of the segment after each, -1 for the active one
	snapshots []*producer.Snapshot // to be written
	names     bool                 // the folder needs SyncDir
	dirNew    bool                 // so does its parent
}

// writesSnapshot reports whether the producer snapshot of offset is to be written.
func (w *syncWork) writesSnapshot(offset int64) bool {
	return slices.ContainsFunc(w.snapshots, func(s *producer.Snapshot) bool { return s.Offset == offset })
}

// writesTxns reports whether the transaction index of a sealed segment is written. The file may be
// new, although the folder was synced after the append of the transaction.
func (w *syncWork) writesTxns() bool {
	for i, s := range w.segments {
		if w.next[i] >= 0 && s.aborts() {
			return true
		}
	}
	return false
}

// nameSealed makes the names in the folder durable before the indexes of a sealed segment get
// entries: a filled index without its .log file shows that the segment was lost, see lostSegment.
// The caller holds maint.
func (l *Log) nameSealed(w *syncWork) error {
	if !w.names || !slices.ContainsFunc(w.next, func(next int64) bool { return next >= 0 }) {
		return nil
	}
	return l.fs.SyncDir(w.dir)
}

// Dirty reports whether anything appended is not known to be on disk.
func (l *Log) Dirty() bool { return l.recovery.Load() < l.end.Load() }

// UnsyncedMessages is the number of offsets above the recovery point (flush.messages).
func (l *Log) UnsyncedMessages() int64 { return l.end.Load() - l.recovery.Load() }

// Sync makes everything below upTo durable, and with it whatever was appended before the call. It
// does not block appends or reads while the disk works. When another Sync has covered upTo
// meanwhile, it returns at once. A failed sync is never tried again: the log is broken, see
// StorageError.
func (l *Log) Sync(upTo int64) error {
	if l.recovery.Load() >= upTo {
		return nil
	}
	if err := l.completeTruncation(); err != nil {
		return err
	}
	l.maint.Lock()
	defer l.maint.Unlock()
	if l.recovery.Load() >= upTo {
		return nil
	}
	return l.syncAll()
}

// syncAll is Sync for callers that hold maint.
func (l *Log) syncAll() error {
	w, err := l.gatherSync()
	if err != nil {
		return err
	}
	if err := l.doSync(w); err != nil {
		return l.syncFailed(w, "sync", err)
	}
	l.SyncDone(w.upTo, w.gen)
	return nil
}

// gatherSync takes over the marks of the unsynced files. From here on the caller completes the work
// or fails the log. The caller holds maint.
func (l *Log) gatherSync() (syncWork, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return syncWork{}, err
	}
	l.retake()
	w := syncWork{upTo: l.end.Load(), gen: l.gen, dir: l.dir, names: l.namesDirty, dirNew: l.dirNew,
		snapshots: l.producers.TakePending()}
	l.namesDirty, l.dirNew = false, false
	recovery := l.recovery.Load()
	first := len(l.segments)
	for i := len(l.segments) - 1; i >= 0; i-- {
		s := l.segments[i]
		if !s.dirty && s.base < recovery && !s.idxDirty.Load() {
			break
		}
		first = i
	}
	for i := first; i < len(l.segments); i++ {
		s := l.segments[i]
		next := int64(-1)
		if i+1 < len(l.segments) {
			next = l.segments[i+1].base
		}
		if s.dirty || next >= 0 && s.idxDirty.Load() {
			w.segments = append(w.segments, s)
			w.next = append(w.next, next)
		}
		s.dirty = false
	}
	return w, nil
}

// syncFailed handles the error of a sync that has taken w over. After a lack of file descriptors
// the work is due again.
func (l *Log) syncFailed(w syncWork, op string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prepared = w
	l.retake()
	return l.fail(op, err)
}

// retake makes the work that PrepareSync took over due again. Its SyncFS is not done, and may fail:
// a sync in between, or a change that relies on a name, must not count on it. The caller holds
// maint and mu.
func (l *Log) retake() {
	w := l.prepared
	l.prepared = syncWork{}
	l.namesDirty, l.dirNew = l.namesDirty || w.names, l.dirNew || w.dirNew
	if w.gen == l.gen { // a truncation has dropped them otherwise
		l.producers.PutPending(w.snapshots)
	}
	for i, s := range w.segments {
		s.dirty = true
		if w.next[i] < 0 {
			continue
		}
		s.idxDirty.Store(true)
	}
}

func (l *Log) doSync(w syncWork) error {
	if err := l.nameFirst(); err != nil {
		return err
	}
	if err := l.syncEpochs(); err != nil {
		return err
	}
	for _, s := range w.snapshots {
		if err := s.Write(l.fs, w.dir, true); err != nil {
			return err
		}
	}
	if err := l.nameSealed(&w); err != nil {
		return err
	}
	for i, s := range w.segments {
		h, err := s.file.Acquire()
		if s.gone.Load() {
			// Retention has removed the segment, compaction has replaced it by one that is synced,
			// or a roll by an empty one.
			if err == nil {
				h.Release()
			}
			continue
		}
		if err != nil {
			return err
		}
		h.Unsynced.Store(false)
		err = h.File.Sync()
		h.Release()
		if err != nil {
			return err
		}
		if w.next[i] < 0 {
			continue // a recovery makes the active segment's indexes from the log
		}
		if err := s.saveIndex(true); err != nil {
			return err
		}
		if w.writesSnapshot(w.next[i]) {
			continue // synced above
		}
		if err := segfile.SyncFile(l.fs, filepath.Join(w.dir, producer.SnapshotName(w.next[i]))); err != nil {
			return err
		}
	}
	if w.names || w.writesTxns() {
		if err := l.fs.SyncDir(w.dir); err != nil {
			return err
		}
	}
	if w.dirNew {
		return l.fs.SyncDir(filepath.Dir(w.dir))
	}
	return nil
}

// syncIdle syncs a file that was not used for long, before the pool closes it, see filepool.Pool.
// It shares maint with Sync, so that none takes writes for synced whose loss was reported to this
// one. When maint is taken the next sweep syncs the file.
func (l *Log) syncIdle(h *filepool.Handle) {
	if !l.maint.TryLock() {
		return
	}
	defer l.maint.Unlock()
	l.mu.RLock()
	err := l.usable()
	l.mu.RUnlock()
	if Classify(err) == ClassRetry {
		return
	}
	h.Unsynced.Store(false)
	if err != nil {
		return // nothing is promised any more, and the disk may be dying
	}
	if err := h.File.Sync(); err != nil {
		_ = l.failNow("sync", err)
	}
}

// syncEpochs writes the leader epochs if they changed: no record is durable before the epoch it was
// written in. An epoch without records may be forgotten: a new leader begins another one. It comes
// after gatherSync, so that it sees the epoch of every record that the sync covers.
func (l *Log) syncEpochs() error {
	if !l.epochs.Lacks(l.end.Load()) {
		return nil
	}
	return l.epochs.Flush()
}

// PrepareSync is the first half of Sync for a group commit over many logs: it writes the buffered
// entries of indexes. A vfs.FS.SyncFS of this log's directory that begins later covers everything
// below upTo; then call SyncDone with the same numbers. If SyncFS fails call Fail. A Sync that
// comes in between does the work itself. Where SyncFS may not be supported, find out before.
func (l *Log) PrepareSync() (upTo int64, gen uint64, err error) {
	if err := l.completeTruncation(); err != nil {
		return 0, 0, err
	}
	l.maint.Lock()
	defer l.maint.Unlock()
	return l.prepareSync()
}

func (l *Log) prepareSync() (upTo int64, gen uint64, err error) {
	w, err := l.gatherSync()
	if err != nil {
		return 0, 0, err
	}
	if err := l.nameFirst(); err != nil {
		return 0, 0, l.syncFailed(w, "sync", err)
	}
	if l.epochs.Lacks(l.end.Load()) {
		renamed, err := l.epochs.FlushStaged()
		if err != nil {
			return 0, 0, l.syncFailed(w, "write of leader-epoch-checkpoint", err)
		}
		w.names = w.names || renamed
	}
	for _, s := range w.snapshots {
		if err := s.Write(l.fs, w.dir, false); err != nil {
			return 0, 0, l.syncFailed(w, "write of the producer snapshot", err)
		}
	}
	if err := l.nameSealed(&w); err != nil {
		return 0, 0, l.syncFailed(w, "sync", err)
	}
	for i, s := range w.segments {
		if h := s.file.Handle(); h != nil {
			h.Unsynced.Store(false)
		}
		if w.next[i] < 0 {
			continue
		}
		if err := s.saveIndex(false); err != nil {
			return 0, 0, l.syncFailed(w, "write of an index", err)
		}
	}
	l.mu.Lock()
	l.prepared = w
	l.mu.Unlock()
	return w.upTo, w.gen, nil
}

// SyncDone is the second half: everything below upTo is on disk. It does nothing when the log was
// truncated in between.
func (l *Log) SyncDone(upTo int64, gen uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.prepared.upTo == upTo && l.prepared.gen == gen {
		l.prepared = syncWork{}
	}
	if l.failed == nil && gen == l.gen && upTo > l.recovery.Load() {
		l.recovery.Store(upTo)
	}
}
