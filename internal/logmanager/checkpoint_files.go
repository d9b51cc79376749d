package logmanager

import (
	"errors"
	"maps"
	"path/filepath"
	"sync"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// offsets are the entries of one checkpoint file.
type offsets = map[storage.TopicPartition]int64

// checkpointKind is one of the four files of a directory that hold an offset for each log.
type checkpointKind int

const (
	recoveryPoints checkpointKind = iota
	startOffsets
	highWatermarks
	cleanerOffsets
	checkpointKinds
)

var checkpointTexts = [checkpointKinds]struct {
	name string
	// without names what happens when the file cannot be read.
	without string
}{
	recoveryPoints: {storage.RecoveryPointCheckpoint, "every log is recovered from its beginning"},
	startOffsets:   {storage.LogStartOffsetCheckpoint, "records that DeleteRecords removed may be back"},
	highWatermarks: {storage.ReplicationOffsetCheckpoint, "high watermarks begin at the log start"},
	cleanerOffsets: {storage.CleanerOffsetCheckpoint, "compaction begins at the log start"},
}

func (k checkpointKind) name() string { return checkpointTexts[k].name }

// of returns the entry of an open log in a file that is written from all logs of its directory.
func (k checkpointKind) of(l *Log) (at int64, ok bool) {
	switch k {
	case recoveryPoints:
		return l.RecoveryPoint(), true
	case startOffsets:
		// Kafka leaves out logs that begin where their first segment does. Either way the reader
		// gets the same.
		start := l.LogStartOffset()
		return start, start > 0
	}
	return l.HighWatermark(), true
}

// checkpoints owns the checkpoint files of a directory: nothing else reads or writes them.
type checkpoints struct {
	dir *Dir
	// mu is held until a file is written: a caller that finds no change afterwards knows that the
	// file is on disk. It guards the fields below. It is taken before Manager.mu. A damaged log
	// leaves service while mu is held, so that no file is written between that and its entry in
	// keep.
	mu    sync.Mutex
	files [checkpointKinds]checkpointFile
	// keep are partitions without an open log whose entries stay: their logs are damaged or lost.
	keep map[storage.TopicPartition]bool
}

// checkpointFile is the knowledge about one checkpoint file.
type checkpointFile struct {
	// entries are the content of the file, as the last read or the last write without an error has
	// left it.
	entries offsets
	// unknown is set after a write with an error: the file has its old content or the new one.
	// Whatever relies on the content writes the file first.
	unknown bool
	// damaged is true when the start found the file damaged: nothing is known of logs without an
	// entry.
	damaged bool
	// blank is true for a file without a byte, as Apache Kafka creates it.
	blank bool
	// saved is the digest of the offsets that the file was written from, nil for a file that was
	// changed in another way since.
	saved *uint64
}

// read reads the four files. damaged gets the error of a damaged one, which counts as an empty one.
func (c *checkpoints) read(fsys vfs.FS, damaged func(checkpointKind, error)) error {
	for k := range checkpointKinds {
		path := filepath.Join(c.dir.path, k.name())
		entries, err := storage.ReadOffsetCheckpoint(fsys, path)
		var bad *storage.CheckpointError
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		if entries == nil {
			entries = offsets{}
		}
		st, err := fsys.Stat(path)
		c.files[k] = checkpointFile{entries: entries, blank: err == nil && st.Size() == 0}
		if bad != nil {
			damaged(k, bad)
		}
	}
	return nil
}

// entry returns the entry of a partition in one of the files.
func (c *checkpoints) entry(k checkpointKind, tp storage.TopicPartition) (at int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok = c.files[k].entries[tp]
	return at, ok
}

// onDisk reports whether the entry of a partition is at least at, and durable.
func (c *checkpoints) onDisk(k checkpointKind, tp storage.TopicPartition, at int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.files[k].unknown && c.files[k].entries[tp] >= at
}

// replace gives a file new content, if that is a change. mu is held.
//
// A file of a directory that is offline does not change any more. The caller has computed next from
// the logs in service, and those of a directory that fails have left, or leave at any time. The
// next start needs their entries.
//
// The folders of all logs are on disk before their entries are: an entry without a folder proves
// that the folder was lost (see Create).
func (c *checkpoints) replace(k checkpointKind, next offsets) error {
	f, d := &c.files[k], c.dir
	if maps.Equal(next, f.entries) && !f.blank && !f.unknown {
		return nil
	}
	if err := d.Err(); err != nil {
		return err
	}
	f.saved = nil
	if d.newFolders.Swap(false) {
		if err := d.fs.SyncDir(d.path); err != nil {
			d.newFolders.Store(true)
			return err
		}
	}
	f.unknown = true
	if err := storage.WriteOffsetCheckpoint(d.fs, filepath.Join(d.path, k.name()), next); err != nil {
		return err
	}
	f.entries, f.unknown, f.blank = next, false, false
	return nil
}

// update applies change to each file. change gets the entries and returns the new ones, nil for no
// change. A file whose content is unknown is written in any case. mu is held.
func (c *checkpoints) update(change func(entries offsets) offsets) error {
	for k := range checkpointKinds {
		f := &c.files[k]
		next := change(f.entries)
		if next == nil {
			if !f.unknown {
				continue
			}
			next = f.entries
		}
		if err := c.replace(k, next); err != nil {
			return err
		}
	}
	return nil
}

// forget removes the entries of partitions. mu is held.
func (c *checkpoints) forget(tps []storage.TopicPartition) error {
	return c.update(func(entries offsets) (next offsets) {
		for _, tp := range tps {
			if _, ok := entries[tp]; !ok {
				continue
			}
			if next == nil {
				next = maps.Clone(entries)
			}
			delete(next, tp)
		}
		return next
	})
}

// lower brings entries down to ends. mu is held.
func (c *checkpoints) lower(ends offsets) error {
	return c.update(func(entries offsets) (next offsets) {
		for tp, end := range ends { // any order: each changes its own entry
			if entries[tp] <= end {
				continue
			}
			if next == nil {
				next = maps.Clone(entries)
			}
			next[tp] = end
		}
		return next
	})
}

// with returns a copy of a file's entries that has those of add, too. mu is held.
func (c *checkpoints) with(k checkpointKind, add offsets) offsets {
	next := maps.Clone(c.files[k].entries)
	maps.Copy(next, add)
	return next
}
