package logmanager

import (
	"maps"
	"path/filepath"
	"sync"

	"github.com/gregorhq/gregor/storage"
)

// CheckpointRecoveryPoints writes recovery-point-offset-checkpoint of every directory whose recovery points moved.
func (m *Manager) CheckpointRecoveryPoints() {
	m.checkpoint(storage.RecoveryPointCheckpoint, func(d *Dir) *map[storage.TopicPartition]int64 { return &d.recoveryPoints },
		func(l *Log) (int64, bool) { return l.RecoveryPoint(), true })
}

// CheckpointStartOffsets writes log-start-offset-checkpoint: an entry for each log that does not begin at 0. (Kafka
// leaves those out that begin where their first segment does; reading either gives the same.)
func (m *Manager) CheckpointStartOffsets() {
	m.checkpoint(storage.LogStartOffsetCheckpoint, func(d *Dir) *map[storage.TopicPartition]int64 { return &d.startOffsets },
		func(l *Log) (int64, bool) {
			start := l.LogStartOffset()
			return start, start > 0
		})
}

// CheckpointHighWatermarks writes replication-offset-checkpoint.
func (m *Manager) CheckpointHighWatermarks() {
	m.checkpoint(storage.ReplicationOffsetCheckpoint, func(d *Dir) *map[storage.TopicPartition]int64 { return &d.highWatermarks },
		func(l *Log) (int64, bool) { return l.HighWatermark(), true })
}

// kind is one kind of checkpoint file.
type kind struct {
	// mu is held until the files are written: whoever finds nothing to do knows that it is done.
	mu sync.Mutex
	// digest is that of the offsets with which the files were last compared, if compared.
	digest   uint64
	compared bool
}

// checkpoint writes one kind of checkpoint file in each directory where it has changed.
func (m *Manager) checkpoint(name string, last func(*Dir) *map[storage.TopicPartition]int64, offset func(*Log) (int64, bool)) {
	if !m.loaded.Load() {
		return
	}
	v, _ := m.kinds.LoadOrStore(name, new(kind))
	failed := make(map[*Dir]error)
	v.(*kind).write(m, name, last, offset, failed)
	for d, err := range failed {
		m.failDir(d, err) // without the lock: it calls back
	}
}

func (k *kind) write(m *Manager, name string, last func(*Dir) *map[storage.TopicPartition]int64, offset func(*Log) (int64, bool), failed map[*Dir]error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	sum := m.digest(offset)
	if k.compared && k.digest == sum {
		return
	}
	k.digest, k.compared = sum, true
	byDir := make(map[*Dir][]*Log, len(m.dirs))
	for _, l := range m.Logs() {
		byDir[l.dir] = append(byDir[l.dir], l)
	}
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		if err := m.checkpointDir(d, name, byDir[d], last(d), offset); err != nil {
			failed[d] = err
		}
	}
}

func (m *Manager) checkpointDir(d *Dir, name string, logs []*Log, last *map[storage.TopicPartition]int64, offset func(*Log) (int64, bool)) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	next := make(map[storage.TopicPartition]int64, len(logs))
	for _, l := range logs {
		if at, ok := offset(l); ok && !l.gone.Load() {
			next[l.TP] = at
		}
	}
	if maps.Equal(next, *last) {
		return nil
	}
	if err := storage.WriteOffsetCheckpoint(m.opts.FS, filepath.Join(d.path, name), next); err != nil {
		return err
	}
	*last = next
	return nil
}

// cleanerOffset is the log's entry of cleaner-offset-checkpoint, -1 without one.
func (m *Manager) cleanerOffset(l *Log) int64 {
	l.dir.checkpoints.Lock()
	defer l.dir.checkpoints.Unlock()
	if at, ok := l.dir.cleanerOffsets[l.TP]; ok {
		return at
	}
	return -1
}

func (m *Manager) setCleanerOffset(l *Log, at int64) error {
	d := l.dir
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	if l.gone.Load() {
		return nil
	}
	// A log may have been cut short while it was cleaned.
	d.cleanerOffsets[l.TP] = min(at, l.LogEndOffset())
	return storage.WriteOffsetCheckpoint(m.opts.FS, filepath.Join(d.path, storage.CleanerOffsetCheckpoint), d.cleanerOffsets)
}
