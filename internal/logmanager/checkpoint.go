package logmanager

import (
	"maps"
	"path/filepath"
	"sync"

	"github.com/gregorhq/gregor/storage"
)

// offsetFiles are the checkpoint files that are written of all logs at once.
type offsetFiles struct{ recoveryPoints, startOffsets, highWatermarks offsetFile }

func newOffsetFiles() offsetFiles {
	return offsetFiles{
		recoveryPoints: offsetFile{
			name:   storage.RecoveryPointCheckpoint,
			last:   func(d *Dir) *map[storage.TopicPartition]int64 { return &d.recoveryPoints },
			offset: func(l *Log) (int64, bool) { return l.RecoveryPoint(), true },
		},
		// Kafka leaves those out that begin where their first segment does; reading either gives the same.
		startOffsets: offsetFile{
			name: storage.LogStartOffsetCheckpoint,
			last: func(d *Dir) *map[storage.TopicPartition]int64 { return &d.startOffsets },
			offset: func(l *Log) (int64, bool) {
				start := l.LogStartOffset()
				return start, start > 0
			},
		},
		highWatermarks: offsetFile{
			name:   storage.ReplicationOffsetCheckpoint,
			last:   func(d *Dir) *map[storage.TopicPartition]int64 { return &d.highWatermarks },
			offset: func(l *Log) (int64, bool) { return l.HighWatermark(), true },
		},
	}
}

// CheckpointRecoveryPoints writes recovery-point-offset-checkpoint of every directory whose recovery points moved.
func (m *Manager) CheckpointRecoveryPoints() { m.checkpoint(&m.files.recoveryPoints) }

// CheckpointStartOffsets writes log-start-offset-checkpoint: an entry for each log that does not begin at 0.
func (m *Manager) CheckpointStartOffsets() { m.checkpoint(&m.files.startOffsets) }

// CheckpointHighWatermarks writes replication-offset-checkpoint.
func (m *Manager) CheckpointHighWatermarks() { m.checkpoint(&m.files.highWatermarks) }

// offsetFile is one kind of checkpoint file, which each directory has.
type offsetFile struct {
	name string
	// last is what a directory's file says; offset is a log's entry, if it has one.
	last   func(*Dir) *map[storage.TopicPartition]int64
	offset func(*Log) (int64, bool)
	// mu is held until the files are written: whoever finds nothing to do knows that it is done.
	mu sync.Mutex
	// digest is that of the offsets with which the files were last compared, if compared.
	digest   uint64
	compared bool
}

// checkpoint writes one kind of checkpoint file in each directory where it has changed.
func (m *Manager) checkpoint(f *offsetFile) {
	if !m.loaded.Load() {
		return
	}
	for d, err := range m.writeOffsets(f) {
		m.failDir(d, err) // without the lock: it calls back
	}
}

func (m *Manager) writeOffsets(f *offsetFile) (failed map[*Dir]error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := m.digest(f.offset)
	if f.compared && f.digest == sum {
		return nil
	}
	f.digest, f.compared = sum, true
	byDir := make(map[*Dir][]*Log, len(m.dirs))
	for _, l := range m.Logs() {
		byDir[l.dir] = append(byDir[l.dir], l)
	}
	failed = make(map[*Dir]error)
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		if err := m.checkpointDir(d, f, byDir[d]); err != nil {
			failed[d] = err
		}
	}
	return failed
}

func (m *Manager) checkpointDir(d *Dir, f *offsetFile, logs []*Log) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	next := make(map[storage.TopicPartition]int64, len(logs))
	for _, l := range logs {
		if at, ok := f.offset(l); ok && !l.gone.Load() {
			next[l.TP] = at
		}
	}
	return m.rewrite(d, f.name, f.last(d), next)
}

// rewrite brings a checkpoint file to next, and then what it is known to say. Dir.checkpoints is held.
func (m *Manager) rewrite(d *Dir, name string, last *map[storage.TopicPartition]int64, next map[storage.TopicPartition]int64) error {
	if maps.Equal(next, *last) {
		return nil
	}
	if err := storage.WriteOffsetCheckpoint(m.opts.FS, filepath.Join(d.path, name), next); err != nil {
		return err
	}
	*last = next
	return nil
}

// withEntry is a copy of a checkpoint's offsets in which the log's is at.
func (l *Log) withEntry(offsets map[storage.TopicPartition]int64, at int64) map[storage.TopicPartition]int64 {
	next := maps.Clone(offsets)
	if next == nil {
		next = make(map[storage.TopicPartition]int64)
	}
	next[l.TP] = at
	return next
}

// cleanerOffset is the log's entry of cleaner-offset-checkpoint, -1 without one, and how often the log had been cut short when it
// was right.
func (m *Manager) cleanerOffset(l *Log) (at int64, cuts uint64) {
	l.dir.checkpoints.Lock()
	defer l.dir.checkpoints.Unlock()
	if at, ok := l.dir.cleanerOffsets[l.TP]; ok {
		return at, l.cuts
	}
	return -1, l.cuts
}

// setCleanerOffset notes that what is below at is clean, unless the log was cut short since cuts was read: other records may
// have taken the place of those that were cleaned.
func (m *Manager) setCleanerOffset(l *Log, at int64, cuts uint64) error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	if l.gone.Load() || l.cuts != cuts {
		return nil
	}
	return m.rewrite(d, storage.CleanerOffsetCheckpoint, &d.cleanerOffsets, l.withEntry(d.cleanerOffsets, min(at, l.LogEndOffset())))
}
