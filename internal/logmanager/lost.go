package logmanager

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage"
)

// lost returns an error when the log of a partition that is not new may not be created. dir is its
// directory in the metadata.
func (m *Manager) lost(tp storage.TopicPartition, dir [16]byte) error {
	if err := m.elsewhere(tp, dir); err != nil {
		return err
	}
	if folders := m.asideOf(tp); folders != "" {
		return fmt.Errorf("%w: %s-%d has no folder, and it is not clear which of the folders that were set aside is its own: %s: "+
			"give the right one the name %s, move the others away and start again, or delete the topic",
			ErrLost, tp.Topic, tp.Partition, folders, storage.PartitionDirName(tp.Topic, tp.Partition))
	}
	if dir == dirLost {
		return fmt.Errorf("%w: %s-%d was reported as lost before: put its folder back and start again, or delete the topic", ErrLost, tp.Topic, tp.Partition)
	}
	return nil
}

// elsewhere returns an error when the log of a partition may be in a directory that is not in
// service, or was in one that is.
func (m *Manager) elsewhere(tp storage.TopicPartition, dir [16]byte) error {
	if !isReserved(dir) {
		d := m.dirOf(dir)
		switch {
		case d == nil:
			if err := m.mayBeOffline(tp); err != nil {
				return err
			}
			return fmt.Errorf("%w: %s-%d was in the directory with id %s, which is none of log.dirs%s: mount that directory and start again, or delete the topic",
				ErrLost, tp.Topic, tp.Partition, uuid.Format(dir), m.asideText(tp))
		case d.Err() != nil:
			return &DirError{dir, fmt.Errorf("the log of %s-%d is in %s: %w", tp.Topic, tp.Partition, d.path, d.Err())}
		}
	} else if err := m.mayBeOffline(tp); err != nil {
		return err
	}
	for _, d := range m.dirs {
		if m.knows(d, tp) {
			return fmt.Errorf("%w: the folder of %s-%d is missing in %s%s: put it back and start again, or delete the topic", ErrLost, tp.Topic, tp.Partition, d.path, m.asideText(tp))
		}
	}
	return nil
}

func (m *Manager) asideOf(tp storage.TopicPartition) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.aside[tp]
}

// asideText names the stray folders of a partition whose log may be another one.
func (m *Manager) asideText(tp storage.TopicPartition) string {
	if folders := m.asideOf(tp); folders != "" {
		return " (folders of the partition that were set aside and may hold an earlier log: " + folders + ")"
	}
	return ""
}

// dirLost is Kafka's id for a directory that is not known and offline (DirectoryId.LOST).
var dirLost = [16]byte{15: 1}

// isReserved is true for the directory ids that name no directory
// (org.apache.kafka.common.DirectoryId).
func isReserved(id [16]byte) bool { return [15]byte(id[:15]) == [15]byte{} && id[15] < 100 }

func (m *Manager) dirOf(id [16]byte) *Dir {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, d := range m.dirs {
		if d.id == id {
			return d
		}
	}
	return nil
}

// knows is true when a checkpoint of d proves that the partition's folder was in d: entries follow
// the folders to the disk, and leave it before them. If so, the entries stay.
func (m *Manager) knows(d *Dir, tp storage.TopicPartition) bool {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for k := range checkpointKinds {
		_, has := c.files[k].entries[tp]
		found = found || has
	}
	if !found {
		return false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, x := range d.deleting {
		if x.tp == tp {
			return false // the entries are those of a deleted topic of the same name
		}
	}
	c.keep[tp] = true
	return true
}

// mayBeOffline returns an error when a log that is in no other directory may be in an offline one.
func (m *Manager) mayBeOffline(tp storage.TopicPartition) error {
	var off []*Dir
	for _, d := range m.dirs {
		if d.Err() != nil {
			off = append(off, d)
		}
	}
	if len(off) == 0 {
		return nil
	}
	err := &DirError{Err: fmt.Errorf("the log of %s-%d may be in %s: %w", tp.Topic, tp.Partition, off[0].path, off[0].Err())}
	if len(off) == 1 {
		err.ID = m.DirID(off[0])
	}
	return err
}

// RecordNew makes the entries durable that prove the existence of the logs that Create has made in
// d since the last call: the checkpoint file is written once. Call it before anything is appended
// to the logs. If a folder disappears later, Create returns ErrLost and makes no empty log in its
// place, however soon the broker stops.
func (m *Manager) RecordNew(d *Dir) {
	if !m.loaded.Load() || d.Err() != nil || !d.unrecorded.Swap(false) {
		return
	}
	if err := m.writeOffsets(d, recoveryPoints); err != nil {
		d.unrecorded.Store(true)
		m.dirError(d, "write of "+recoveryPoints.name(), err)
	}
}
