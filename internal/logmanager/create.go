package logmanager

import (
	"fmt"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
)

// CreateOptions describes a partition that this broker is to hold.
type CreateOptions struct {
	Topic     string
	Partition int32
	TopicID   [16]byte
	// DirID names the directory; zero, or one that this broker does not have, leaves the choice to the Manager.
	DirID  [16]byte
	Config *storage.Config
	NowMs  int64
	// MayExist says that the partition is not new: its log may be in a directory that is offline. An empty one must not be made in
	// its place then, or what was acknowledged would be missing without anybody noticing.
	MayExist bool
}

// Create opens the partition's log, making it if need be. A new log goes to the directory with the fewest logs. The error is
// ErrOffline for a log that may be in a directory that is offline.
func (m *Manager) Create(o CreateOptions) (*Log, error) {
	tp := storage.TopicPartition{Topic: o.Topic, Partition: o.Partition}
	if l := m.Log(o.Topic, o.Partition); l != nil {
		return l, nil
	}
	if o.MayExist {
		if d := m.offlineDir(); d != nil {
			return nil, fmt.Errorf("the log of %s-%d may be in %s: %w", o.Topic, o.Partition, d.path, d.Err())
		}
	}
	d, err := m.choose(o.DirID)
	if err != nil {
		return nil, err
	}
	if err := m.forget(d, tp); err != nil {
		m.failDir(d, err)
		return nil, d.Err()
	}
	log, err := storage.Open(storage.Options{
		FS: m.opts.FS, Dir: filepath.Join(d.path, storage.PartitionDirName(o.Topic, o.Partition)),
		Topic: o.Topic, Partition: o.Partition, TopicID: o.TopicID, Config: o.Config, Pool: m.pool,
		NowMs: o.NowMs, ProducerExpirationMs: m.config.Load().ProducerExpirationMs, Logger: m.log,
	})
	if err != nil {
		m.failDir(d, err)
		return nil, d.Err()
	}
	l := &Log{Log: log, m: m, TP: tp, TopicID: o.TopicID, dir: d}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := d.Err(); err != nil {
		return nil, err
	}
	if other := m.logs[tp]; other != nil {
		return nil, fmt.Errorf("logmanager: %s-%d was created twice at once", o.Topic, o.Partition)
	}
	m.enter(l)
	return l, nil
}

func (m *Manager) offlineDir() *Dir {
	for _, d := range m.dirs {
		if d.Err() != nil {
			return d
		}
	}
	return nil
}

// choose finds the directory of a new log, and counts the log there.
func (m *Manager) choose(id [16]byte) (*Dir, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var best *Dir
	for _, d := range m.dirs {
		if d.id == id && id != ([16]byte{}) {
			if err := d.Err(); err != nil {
				return nil, err
			}
			best = d
			break
		}
		if d.Err() == nil && (best == nil || d.logs < best.logs) {
			best = d
		}
	}
	if best == nil {
		return nil, ErrNoDirs
	}
	best.logs++
	return best, nil
}

// forget takes a partition out of d's checkpoint files: an earlier topic of the same name may have left offsets there, and a
// crash must not open the new log with them.
func (m *Manager) forget(d *Dir, tp storage.TopicPartition) error {
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	for _, c := range []struct {
		name    string
		offsets map[storage.TopicPartition]int64
	}{
		{storage.RecoveryPointCheckpoint, d.recoveryPoints},
		{storage.LogStartOffsetCheckpoint, d.startOffsets},
		{storage.ReplicationOffsetCheckpoint, d.highWatermarks},
		{storage.CleanerOffsetCheckpoint, d.cleanerOffsets},
	} {
		if _, ok := c.offsets[tp]; !ok {
			continue
		}
		delete(c.offsets, tp)
		if err := storage.WriteOffsetCheckpoint(m.opts.FS, filepath.Join(d.path, c.name), c.offsets); err != nil {
			return err
		}
	}
	return nil
}
