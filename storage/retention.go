package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// DeleteOldSegments removes segments from the front of the log: those below the log start offset,
// and with cleanup.policy=delete those whose newest record is older than retention.ms and those
// beyond retention.bytes. A segment that reaches to or above the high watermark stays. The log
// start offset follows. Files are renamed; DeleteFiles unlinks them later.
//
// n counts the segments that left the log, and reason names the last rule that removed some; it is
// empty when none did. After a lack of file descriptors the next change of the log renames the
// files that are left. Errors: *StorageError, ErrClosed, and those of ClassRetry.
func (l *Log) DeleteOldSegments(nowMs int64) (n int, reason string, err error) {
	l.reshape.Lock()
	defer l.reshape.Unlock()
	if err := l.finishChanges(); err != nil {
		return 0, "", err
	}
	for _, r := range l.retentionRules(nowMs) {
		gone, err := l.deleteFirst(r.due, nowMs)
		if gone > 0 {
			l.logger.Info("segments deleted", "dir", l.dir, "count", gone, "reason", r.name, "log_start", l.logStart.Load())
			n, reason = n+gone, r.name
		}
		if err != nil {
			return n, reason, err
		}
	}
	return n, reason, nil
}

// retentionRule counts the segments at the front of a view that one rule removes.
type retentionRule struct {
	name string
	due  func(v *view) (int, error)
}

func (l *Log) retentionRules(nowMs int64) []retentionRule {
	c := l.Config()
	rules := []retentionRule{{"log start offset", func(v *view) (int, error) {
		return v.leading(func(i int) bool {
			return v.segments[i] != v.active() && v.endOf(i) <= v.start && !l.startDisputed(v.start)
		}), nil
	}}}
	if c.CleanupPolicy&CleanupDelete == 0 {
		return rules
	}
	if c.RetentionMs >= 0 {
		rules = append(rules, retentionRule{fmt.Sprintf("retention time %d ms", c.RetentionMs), func(v *view) (int, error) {
			return l.tooOld(v, nowMs, nowMs-c.RetentionMs)
		}})
	}
	if c.RetentionBytes >= 0 {
		rules = append(rules, retentionRule{fmt.Sprintf("retention size %d bytes", c.RetentionBytes), func(v *view) (int, error) {
			return v.tooMuch(c.RetentionBytes), nil
		}})
	}
	return rules
}

// leading counts the segments from the front that are due and lie below the high watermark. The
// active segment counts only when it is not empty.
func (v *view) leading(due func(i int) bool) int {
	for i, s := range v.segments {
		if v.hw < v.endOf(i) || v.sizeOf(i) == 0 && s == v.active() || !due(i) {
			return i
		}
	}
	return len(v.segments)
}

// tooOld counts the segments whose records are all older than limit (ms). It is not enough that an
// index says so: bytes of an index can be damaged, and a deleted segment does not come back. Nor is
// an index enough for a timestamp in the future, which would keep the segment for ever.
func (l *Log) tooOld(v *view, nowMs, limit int64) (n int, failed error) {
	older := func(s *segment) bool {
		ts, _, err := s.maxTimestamp()
		if err == nil && (ts < limit || ts > nowMs) {
			ts, _, err = s.provenMaxTimestamp()
		}
		if errors.Is(err, ErrCorruptLog) {
			ts, err = -1, nil // a damaged segment ages too, or it would stay on the disk for ever
		}
		if err == nil && ts < 0 {
			// No record has a timestamp. The file's own timestamp counts, as in Kafka.
			info, serr := l.fs.Stat(s.path(segfile.LogSuffix))
			if err = serr; err == nil {
				ts = info.ModTime().UnixMilli()
			}
		}
		if err != nil && failed == nil {
			failed = l.readError(err)
		}
		return err == nil && ts < limit
	}
	n = v.leading(func(i int) bool { return older(v.segments[i]) })
	return n, failed
}

// tooMuch counts the segments that the log can lose and still have bytes.
func (v *view) tooMuch(bytes int64) int {
	over := -bytes
	for i := range v.segments {
		over += v.sizeOf(i)
	}
	return v.leading(func(i int) bool {
		over -= v.sizeOf(i)
		return over >= 0
	})
}

// deletion is the first segments of a log, from the moment when memory shows the log without them
// until their files are renamed. Each step can run again after it failed for lack of a file
// descriptor.
type deletion struct {
	victims []*segment // the first one is renamed first
	dueMs   int64      // when the files are unlinked
	synced  bool       // the name of the segment that stays is on disk
}

// deleteFirst takes the first segments out of the log, then renames their files. Appends, reads and
// syncs go on. The caller holds reshape, and no change is unfinished.
func (l *Log) deleteFirst(due func(*view) (int, error), nowMs int64) (int, error) {
	v, err := l.view()
	if err != nil {
		return 0, err
	}
	n, failed := due(&v)
	if n == 0 {
		return 0, failed
	}
	// Also the segments that go: a power cut between two renames must not leave a hole.
	if err := l.syncForRemoval(); err != nil {
		return 0, err
	}
	victims, err := l.detachFirst(&v, n, nowMs)
	if err != nil || len(victims) == 0 {
		return 0, err
	}
	l.deletion = &deletion{victims: victims, dueMs: nowMs + l.Config().FileDeleteDelayMs}
	if err := l.finishDeletion(); err != nil {
		return len(victims), err
	}
	return len(victims), failed
}

// finishDeletion renames the files of segments that retention has taken out of the log. The caller
// holds reshape.
func (l *Log) finishDeletion() error {
	w := l.deletion
	if w == nil {
		return nil
	}
	// The name of the segment that stays must be on disk first. A folder that a power cut left
	// without any segment would begin again at an old log start, and give offsets out a second
	// time.
	if !w.synced {
		if err := l.fs.SyncDir(l.dir); err != nil {
			return l.failNow("sync", err)
		}
		w.synced = true
	}
	for len(w.victims) > 0 {
		if err := l.renameAway(w.victims[0], w.dueMs); err != nil {
			return l.failNow("deletion of a segment", err)
		}
		w.victims = w.victims[1:]
	}
	l.deletion = nil
	return nil
}

// detachFirst takes the first n segments of v out of the log. All of them are in it still, because
// reshape is held, but the active one stays when records were appended to it meanwhile.
func (l *Log) detachFirst(v *view, n int, nowMs int64) (victims []*segment, err error) {
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	if n == len(v.segments) && v.active().size.Load() != v.size {
		n--
	}
	if n == len(l.segments) {
		if err := l.roll(l.end.Load(), nowMs); err != nil {
			return nil, err
		}
	}
	victims = v.segments[:n]
	l.segments = slices.Clone(l.segments[n:])
	for _, s := range victims {
		l.forget(s)
	}
	return victims, l.raiseStart(l.segments[0].base)
}

// renameAway marks the files of one segment as deleted and syncs the folder, so that segments
// leave the disk in their order. The caller holds reshape.
func (l *Log) renameAway(s *segment, dueMs int64) error {
	if err := l.markDeleted(s); err != nil {
		return err
	}
	if err := l.deleteSnapshot(s.base); err != nil {
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	l.noteDeleted(s, dueMs)
	return nil
}

// markDeleted renames the files of s to .deleted. The .log goes after the indexes that an open
// makes again from it: without it they are orphans. The transaction index goes when the new name of
// the .log is durable: with the .log and without it, readers would get aborted records. It can run
// again: a file that is renamed already stays so. The caller holds reshape.
func (l *Log) markDeleted(s *segment) error {
	s.waitIO()
	txns := false
	for _, suffix := range s.files() {
		if suffix == segfile.TxnIndexSuffix {
			txns = true
			continue
		}
		if err := l.markFileDeleted(s, suffix); err != nil {
			return err
		}
	}
	if !txns {
		return nil
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	return l.markFileDeleted(s, segfile.TxnIndexSuffix)
}

func (l *Log) markFileDeleted(s *segment, suffix string) error {
	name := filepath.Join(l.dir, segfile.OffsetName(s.base)+suffix)
	if err := l.fs.Rename(name, name+segfile.DeletedSuffix); err != nil && !notExist(err) {
		return err
	}
	return nil
}

// noteDeleted has DeleteFiles unlink the files of s, which markDeleted has renamed, at dueMs.
func (l *Log) noteDeleted(s *segment, dueMs int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noteDeletedLocked(s, dueMs)
}

func (l *Log) noteDeletedLocked(s *segment, dueMs int64) {
	for _, suffix := range s.files() {
		l.deleted = append(l.deleted, deletedFile{name: segfile.OffsetName(s.base) + suffix + segfile.DeletedSuffix, dueMs: dueMs})
	}
}

// deleteSnapshot removes the producer snapshot of a segment that is gone.
func (l *Log) deleteSnapshot(offset int64) error {
	l.mu.Lock()
	path, ok := l.producers.ForgetSnapshot(offset)
	l.mu.Unlock()
	if !ok {
		return nil
	}
	return segfile.RemoveIfThere(l.fs, path)
}

// PendingDeletes reports whether DeleteFiles will have something to do.
func (l *Log) PendingDeletes() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.deleted) > 0
}

// DeleteFiles unlinks files that were renamed file.delete.delay.ms ago, and returns their number. A
// file that is gone already does not count. After an IO error the next call tries the file again.
// Appends, reads and syncs go on meanwhile.
func (l *Log) DeleteFiles(nowMs int64) (n int, err error) {
	l.unlinks.Lock()
	defer l.unlinks.Unlock()
	l.mu.Lock()
	if l.truncation != nil {
		l.mu.Unlock()
		return 0, nil // the files show that the removal is intended, see checkNew
	}
	var due, kept []deletedFile
	for _, d := range l.deleted {
		if d.dueMs <= nowMs {
			due = append(due, d)
		} else {
			kept = append(kept, d)
		}
	}
	l.deleted = kept
	dir := l.dir
	l.mu.Unlock()
	for i, d := range due {
		err := l.fs.Remove(filepath.Join(dir, d.name))
		if notExist(err) {
			continue
		}
		if err != nil {
			l.mu.Lock()
			l.deleted = append(l.deleted, due[i:]...)
			l.mu.Unlock()
			return n, wrap("unlink", dir, err)
		}
		n++
	}
	return n, nil
}
