package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// DeleteOldSegments removes segments from the front of the log: those below the log start offset,
// and with cleanup.policy=delete those whose newest record is older than retention.ms and those
// beyond retention.bytes. A segment that reaches to or above the high watermark stays. The log
// start offset follows. Files are renamed; DeleteFiles unlinks them later.
//
// reason tells of the segments that went, "" when none did. Errors: *StorageError, ErrClosed.
func (l *Log) DeleteOldSegments(nowMs int64) (n int, reason string, err error) {
	l.maint.Lock()
	defer l.maint.Unlock()
	c := l.Config()
	rules := []struct {
		name string
		due  func() (int, error)
	}{
		{"log start offset", func() (int, error) { return l.belowStart(), nil }},
	}
	if c.CleanupPolicy&CleanupDelete != 0 {
		rules = append(rules,
			struct {
				name string
				due  func() (int, error)
			}{fmt.Sprintf("retention time %d ms", c.RetentionMs), func() (int, error) { return l.tooOld(c, nowMs) }},
			struct {
				name string
				due  func() (int, error)
			}{fmt.Sprintf("retention size %d bytes", c.RetentionBytes), func() (int, error) { return l.tooMuch(c), nil }})
	}
	for _, r := range rules {
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

// deletable is how many segments from the front satisfy due and lie below the high watermark. It
// may count the active one if that is not empty. The caller holds mu.
func (l *Log) deletable(due func(i int, s *segment) bool) int {
	hw := l.hw.Load()
	for i, s := range l.segments {
		next := l.end.Load()
		if i+1 < len(l.segments) {
			next = l.segments[i+1].base
		} else if s.size.Load() == 0 {
			return i
		}
		if hw < next || !due(i, s) {
			return i
		}
	}
	return len(l.segments)
}

func (l *Log) belowStart() int {
	start := l.logStart.Load()
	return l.deletable(func(i int, _ *segment) bool {
		return i+1 < len(l.segments) && l.segments[i+1].base <= start
	})
}

func (l *Log) tooOld(c *Config, nowMs int64) (int, error) {
	if c.RetentionMs < 0 {
		return 0, nil
	}
	var failed error
	n := l.deletable(func(_ int, s *segment) bool {
		ts, _, err := s.maxTimestamp()
		if errors.Is(err, ErrCorruptLog) {
			// What cannot be read has an end, too: without it, damage would stay on the disk for ever.
			ts, err = -1, nil
		}
		if err == nil && ts < 0 {
			// No record has a timestamp: the file's own, as in Kafka.
			info, serr := l.fs.Stat(s.path(logSuffix))
			if err = serr; err == nil {
				ts = info.ModTime().UnixMilli()
			}
		}
		if err != nil {
			failed = err
			return false
		}
		return nowMs-ts > c.RetentionMs
	})
	return n, failed
}

func (l *Log) tooMuch(c *Config) int {
	if c.RetentionBytes < 0 {
		return 0
	}
	var size int64
	for _, s := range l.segments {
		size += s.size.Load()
	}
	over := size - c.RetentionBytes
	return l.deletable(func(_ int, s *segment) bool {
		over -= s.size.Load()
		return over >= 0
	})
}

// deleteFirst takes the first segments out of the log, then renames their files without holding
// up appends and reads. The caller holds maint.
func (l *Log) deleteFirst(due func() (int, error), nowMs int64) (int, error) {
	l.mu.Lock()
	victims, err := l.detachFirst(due, nowMs)
	dir, names := l.dir, l.namesDirty || l.prepared.names
	l.mu.Unlock()
	if names && len(victims) > 0 {
		// The name of the segment that stays must be there first. A folder that a power cut left
		// without any would begin anew at an old log start, and give offsets out a second time.
		if err := l.fs.SyncDir(dir); err != nil {
			return 0, l.failNow("sync", err)
		}
	}
	for i, s := range victims {
		if err := l.renameAway(dir, s, nowMs); err != nil {
			return i, l.failNow("deletion of a segment", err)
		}
	}
	return len(victims), err
}

func (l *Log) detachFirst(due func() (int, error), nowMs int64) ([]*segment, error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	n, err := due()
	if err != nil {
		return nil, l.readError(err)
	}
	if n == 0 {
		return nil, nil
	}
	if n == len(l.segments) {
		if err := l.roll(l.end.Load(), nowMs); err != nil {
			return nil, err
		}
	}
	victims := l.segments[:n]
	l.segments = slices.Clone(l.segments[n:])
	for _, s := range victims {
		l.forget(s)
	}
	return victims, l.raiseStart(l.segments[0].base)
}

// renameAway marks the files of one segment as deleted and syncs the folder, so that segments
// leave the disk in their order. The caller holds maint.
func (l *Log) renameAway(dir string, s *segment, nowMs int64) error {
	l.mu.Lock()
	err := l.markDeleted(s, nowMs)
	if err == nil {
		err = l.producers.DeleteSnapshot(s.base)
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.fs.SyncDir(dir)
}

// markDeleted renames the files of s to .deleted and notes when they may be unlinked. The .log
// goes last: without it the indexes are orphans, with it they can be rebuilt. The caller holds mu.
func (l *Log) markDeleted(s *segment, nowMs int64) error {
	due := nowMs + l.Config().FileDeleteDelayMs
	if nowMs == 0 {
		due = 0 // cut off: nothing reads it any more but slices, which hold the file itself
	}
	for _, suffix := range [...]string{indexSuffix, timeIndexSuffix, txnIndexSuffix, logSuffix} {
		if suffix == txnIndexSuffix && !s.hasTxn {
			continue
		}
		name := offsetName(s.base) + suffix
		err := l.fs.Rename(filepath.Join(l.dir, name), filepath.Join(l.dir, name+deletedSuffix))
		if notExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		l.deleted = append(l.deleted, deletedFile{name: name + deletedSuffix, dueMs: due})
	}
	return nil
}

// PendingDeletes reports whether DeleteFiles will have something to do.
func (l *Log) PendingDeletes() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.deleted) > 0
}

// DeleteFiles unlinks files that were renamed file.delete.delay.ms ago, and returns how many. A
// file that is gone already counts. After an IO error the file is tried again next time.
func (l *Log) DeleteFiles(nowMs int64) (n int, err error) {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.Lock()
	due := []deletedFile{}
	kept := l.deleted[:0:0]
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
		if err := l.fs.Remove(filepath.Join(dir, d.name)); err != nil && !notExist(err) {
			l.mu.Lock()
			l.deleted = append(l.deleted, due[i:]...)
			l.mu.Unlock()
			return n, wrap("unlink", dir, err)
		}
		n++
	}
	return n, nil
}
