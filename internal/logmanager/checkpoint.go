package logmanager

import (
	"maps"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
)

// offsets are the entries of one checkpoint file.
type offsets = map[storage.TopicPartition]int64

// checkpointFile is one of the four files of a directory that hold an offset for each log.
// Dir.checkpoints guards them.
type checkpointFile struct {
	name string
	// said is the content of the file.
	said *offsets
	// without names what happens when the file cannot be read.
	without string
}

func (d *Dir) checkpointFiles() [4]checkpointFile {
	return [4]checkpointFile{
		{storage.RecoveryPointCheckpoint, &d.recoveryPoints, "every log is recovered from its beginning"},
		{storage.LogStartOffsetCheckpoint, &d.startOffsets, "records that DeleteRecords removed may be back"},
		{storage.ReplicationOffsetCheckpoint, &d.highWatermarks, "high watermarks begin at the log start"},
		{storage.CleanerOffsetCheckpoint, &d.cleanerOffsets, "compaction begins at the log start"},
	}
}

// offsetFile is one kind of checkpoint file that is written periodically, from all logs of a
// directory.
type offsetFile struct {
	name string
	// said returns the content of a directory's file. offset returns the entry of a log, if it has
	// one.
	said   func(*Dir) *offsets
	offset func(*Log) (int64, bool)
}

var (
	recoveryPointFile = offsetFile{
		name:   storage.RecoveryPointCheckpoint,
		said:   func(d *Dir) *offsets { return &d.recoveryPoints },
		offset: func(l *Log) (int64, bool) { return l.RecoveryPoint(), true },
	}
	// Kafka leaves out logs that begin where their first segment does. Either way the reader gets
	// the same.
	startOffsetFile = offsetFile{
		name: storage.LogStartOffsetCheckpoint,
		said: func(d *Dir) *offsets { return &d.startOffsets },
		offset: func(l *Log) (int64, bool) {
			start := l.LogStartOffset()
			return start, start > 0
		},
	}
	highWatermarkFile = offsetFile{
		name:   storage.ReplicationOffsetCheckpoint,
		said:   func(d *Dir) *offsets { return &d.highWatermarks },
		offset: func(l *Log) (int64, bool) { return l.HighWatermark(), true },
	}
)

// CheckpointRecoveryPoints writes recovery-point-offset-checkpoint of every directory whose
// recovery points moved.
func (m *Manager) CheckpointRecoveryPoints() { m.checkpoint(&recoveryPointFile, m.dirs...) }

// CheckpointStartOffsets writes log-start-offset-checkpoint in the given directories, with an entry
// for each log that does not begin at 0.
func (m *Manager) CheckpointStartOffsets(dirs ...*Dir) { m.checkpoint(&startOffsetFile, dirs...) }

// StartOffsetSaved reports whether a log's start offset is at least offset on disk.
func (m *Manager) StartOffsetSaved(l *Log, offset int64) bool {
	if l.dir.Err() != nil {
		return false
	}
	l.dir.checkpoints.Lock()
	defer l.dir.checkpoints.Unlock()
	return l.dir.startOffsets[l.TP] >= offset
}

// CheckpointHighWatermarks writes replication-offset-checkpoint.
func (m *Manager) CheckpointHighWatermarks() { m.checkpoint(&highWatermarkFile, m.dirs...) }

// checkpoint writes one kind of checkpoint file in each of dirs where it has changed.
func (m *Manager) checkpoint(f *offsetFile, dirs ...*Dir) {
	if !m.loaded.Load() {
		return
	}
	for _, d := range dirs {
		if d.Err() == nil {
			m.dirError(d, "write of "+f.name, m.writeOffsets(d, f)) // without the lock: it calls back
		}
	}
}

func (m *Manager) writeOffsets(d *Dir, f *offsetFile) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	sum := m.digest(d, f.offset)
	if saved, ok := d.saved[f.name]; ok && saved == sum {
		return nil
	}
	next := make(offsets, len(*f.said(d)))
	for l := range m.logsIn(d) {
		if at, ok := f.offset(l); ok && !l.gone.Load() {
			next[l.TP] = at
		}
	}
	for tp := range d.keep { // any order
		if at, ok := (*f.said(d))[tp]; ok {
			next[tp] = at
		}
	}
	if err := m.rewrite(d, f.name, f.said(d), next); err != nil {
		return err
	}
	d.saved[f.name] = sum
	return nil
}

// rewrite replaces the content of a checkpoint file, if it changes. Dir.checkpoints is held.
//
// The folders of all logs are on disk before their entries are: an entry without a folder proves
// that the folder was lost (see Create).
func (m *Manager) rewrite(d *Dir, name string, said *offsets, next offsets) error {
	if maps.Equal(next, *said) && !d.blank[name] {
		return nil
	}
	delete(d.saved, name)
	if d.newFolders.Swap(false) {
		if err := d.fs.SyncDir(d.path); err != nil {
			d.newFolders.Store(true)
			return err
		}
	}
	if err := storage.WriteOffsetCheckpoint(d.fs, filepath.Join(d.path, name), next); err != nil {
		return err
	}
	*said = next
	delete(d.blank, name)
	return nil
}

// update applies change to each checkpoint file of d. change gets the file's entries and returns
// the new ones, nil for no change. Dir.checkpoints is held.
func (m *Manager) update(d *Dir, change func(said offsets) offsets) error {
	for _, c := range d.checkpointFiles() {
		if next := change(*c.said); next != nil {
			if err := m.rewrite(d, c.name, c.said, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget removes partitions without an open log from d's checkpoint files. A new log of the same
// name must not be opened with the offsets of an earlier one.
func (m *Manager) forget(d *Dir, tps ...storage.TopicPartition) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	for _, tp := range tps {
		delete(d.keep, tp)
	}
	return m.update(d, func(said offsets) (next offsets) {
		for _, tp := range tps {
			if _, ok := said[tp]; !ok || m.Log(tp.Topic, tp.Partition) != nil {
				continue
			}
			if next == nil {
				next = maps.Clone(said)
			}
			delete(next, tp)
		}
		return next
	})
}

// with returns a copy of the entries in which the entry of l is at.
func (l *Log) with(said offsets, at int64) offsets {
	next := maps.Clone(said)
	if next == nil {
		next = make(offsets)
	}
	next[l.TP] = at
	return next
}

// lowerCheckpoints is storage.Options.LowerCheckpoints of l: it brings the entries of l in the
// checkpoint files down to end. No checkpoint on disk may be above its log. Otherwise a recovery
// trusts bytes that it did not check, records below a log start offset disappear, and a cleaning
// takes records for clean that it never read.
//
// The log calls it with its locks held, so it calls nothing back.
func (l *Log) lowerCheckpoints(end int64) error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	l.cuts++
	if l.gone.Load() {
		return nil // the entries go with the log
	}
	if !l.m.loaded.Load() {
		return nil // Load lowers all entries of a directory at once, and a crash before repeats the recovery
	}
	return l.m.lower(d, offsets{l.TP: end})
}

// lower brings the entries of d's checkpoint files down to ends. Dir.checkpoints is held.
func (m *Manager) lower(d *Dir, ends offsets) error {
	return m.update(d, func(said offsets) (next offsets) {
		for tp, end := range ends { // any order: each changes its own entry
			if said[tp] <= end {
				continue
			}
			if next == nil {
				next = maps.Clone(said)
			}
			next[tp] = end
		}
		return next
	})
}

// lowerAll brings the entries of d's checkpoint files down to the ends of its logs, after Load
// opened them and before anything is appended. A crash may have interrupted a truncation, and a
// recovery may have cut a log. It also corrects log start offsets that proved damaged: after a
// crash the next start has no proof.
func (m *Manager) lowerAll(d *Dir, logs []*Log) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	ends := make(offsets, len(logs))
	for _, l := range logs {
		if l.dir == d {
			ends[l.TP] = l.LogEndOffset()
		}
	}
	if err := m.lower(d, ends); err != nil {
		return err
	}
	starts := maps.Clone(d.startOffsets)
	for _, l := range logs {
		if l.dir != d {
			continue
		}
		for _, name := range l.DamagedFiles() {
			m.addDamaged(d, name)
			if name == storage.LogStartOffsetCheckpoint {
				starts[l.TP] = l.LogStartOffset()
			}
		}
	}
	return m.rewrite(d, storage.LogStartOffsetCheckpoint, &d.startOffsets, starts)
}

// cleanerOffset returns the log's entry of cleaner-offset-checkpoint, -1 without one, and the
// number of truncations at that time.
func (m *Manager) cleanerOffset(l *Log) (at int64, cuts uint64) {
	l.dir.checkpoints.Lock()
	defer l.dir.checkpoints.Unlock()
	if at, ok := l.dir.cleanerOffsets[l.TP]; ok {
		return at, l.cuts
	}
	return -1, l.cuts
}

// setCleanerOffset records that the log is clean below at. It does nothing when the log was
// truncated since cuts was read, because other records may have replaced the cleaned ones.
func (m *Manager) setCleanerOffset(l *Log, at int64, cuts uint64) error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	if l.gone.Load() || l.cuts != cuts {
		return nil
	}
	return m.rewrite(d, storage.CleanerOffsetCheckpoint, &d.cleanerOffsets, l.with(d.cleanerOffsets, min(at, l.LogEndOffset())))
}
