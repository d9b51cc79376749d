package logmanager

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage"
)

// CreateOptions describes a partition that this broker is to hold.
type CreateOptions struct {
	Topic     string
	Partition int32
	TopicID   [16]byte
	// DirID is the directory of the partition in the metadata. For a new partition, zero or an
	// unknown id leaves the choice to the Manager.
	DirID  [16]byte
	Config *storage.Config
	NowMs  int64
	// MayExist is true when the partition is not new. Its log is then created only when nothing
	// shows that it existed: an empty log in the place of a lost one would hide the loss of
	// acknowledged records.
	MayExist bool
}

// ErrLost is in the chain of errors about logs that existed and are not found.
var ErrLost = errors.New("the log is lost")

// Create returns the partition's log, and creates it when there is none. A new log goes to the
// directory with the fewest logs. For a log that may be in a directory that is offline the error is
// ErrOffline; for one that is damaged it is a *LogError; for one whose folder is gone it is
// ErrLost.
func (m *Manager) Create(o CreateOptions) (*Log, error) {
	tp := storage.TopicPartition{Topic: o.Topic, Partition: o.Partition}
	if l := m.Log(o.Topic, o.Partition); l != nil {
		return l, nil
	}
	if err := m.Damaged(tp, o.TopicID); err != nil {
		return nil, err
	}
	if o.MayExist {
		if err := m.lost(tp, o.DirID); err != nil {
			return nil, err
		}
	}
	d, err := m.choose(o.DirID)
	if err != nil {
		return nil, err
	}
	l, err := m.create(d, tp, &o)
	if err == nil {
		err = m.add(l)
	} else {
		m.createFailed(d, tp, &o, err)
	}
	if err != nil {
		m.mu.Lock()
		d.logs--
		m.mu.Unlock()
		if d.Err() != nil {
			err = d.Err()
		}
		return nil, err
	}
	return l, nil
}

// create opens the log in d, after the offsets of an earlier log of the same name are gone.
func (m *Manager) create(d *Dir, tp storage.TopicPartition, o *CreateOptions) (*Log, error) {
	for _, other := range m.dirs {
		if err := m.nameDeleted(other); err != nil {
			return nil, err
		}
	}
	if err := m.forget(d, tp); err != nil {
		return nil, err
	}
	path := filepath.Join(d.path, storage.PartitionDirName(o.Topic, o.Partition))
	opts := storage.Options{Dir: path, Topic: o.Topic, Partition: o.Partition, TopicID: o.TopicID, Config: o.Config, NowMs: o.NowMs}
	d.newFolders.Store(true)
	l, err := m.openLog(d, opts)
	if errors.Is(err, storage.ErrWrongTopic) {
		// The folder of an earlier topic of this name, which could not be deleted.
		if err = m.setAside(&found{dir: d, path: path, tp: tp}); err == nil {
			l, err = m.openLog(d, opts)
		}
	}
	return l, err
}

func (m *Manager) createFailed(d *Dir, tp storage.TopicPartition, o *CreateOptions, err error) {
	if storage.Classify(err) != storage.ClassPartition {
		m.dirError(d, "creation of a log", err)
		return
	}
	if gone := m.unmounted(d); gone != nil {
		m.failDir(d, fmt.Errorf("%w: %w", gone, err))
		return
	}
	m.log.Error("log is damaged, and its partition is offline", "topic", tp.Topic, "partition", tp.Partition, "dir", d.path, "error", err)
	m.setDamaged(tp, broken{dir: d, path: filepath.Join(d.path, storage.PartitionDirName(o.Topic, o.Partition)), topicID: o.TopicID, err: &LogError{tp, err}})
}

// add puts a new log in service.
func (m *Manager) add(l *Log) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := l.dir.Err(); err != nil {
		return err
	}
	if other := m.logs[l.TP]; other != nil {
		return fmt.Errorf("logmanager: %s-%d was created twice at once", l.TP.Topic, l.TP.Partition)
	}
	m.enter(l)
	return nil
}

// lost returns an error when the log of a partition that is not new may not be created. dir is its
// directory in the metadata.
func (m *Manager) lost(tp storage.TopicPartition, dir [16]byte) error {
	if !isReserved(dir) {
		d := m.dirOf(dir)
		switch {
		case d == nil:
			if off := m.offlineDir(); off != nil {
				return fmt.Errorf("the log of %s-%d may be in %s: %w", tp.Topic, tp.Partition, off.path, off.Err())
			}
			return fmt.Errorf("%w: %s-%d was in the directory with id %s, which is none of log.dirs: mount that directory and start again, or delete the topic",
				ErrLost, tp.Topic, tp.Partition, uuid.Format(dir))
		case d.Err() != nil:
			return fmt.Errorf("the log of %s-%d is in %s: %w", tp.Topic, tp.Partition, d.path, d.Err())
		}
	} else if off := m.offlineDir(); off != nil {
		return fmt.Errorf("the log of %s-%d may be in %s: %w", tp.Topic, tp.Partition, off.path, off.Err())
	}
	for _, d := range m.dirs {
		if m.knows(d, tp) {
			return fmt.Errorf("%w: the folder of %s-%d is missing in %s: put it back and start again, or delete the topic", ErrLost, tp.Topic, tp.Partition, d.path)
		}
	}
	if dir == dirLost {
		return fmt.Errorf("%w: %s-%d was reported as lost before: put its folder back and start again, or delete the topic", ErrLost, tp.Topic, tp.Partition)
	}
	return nil
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
	d.checkpoints.Lock()
	defer d.checkpoints.Unlock()
	found := false
	for _, c := range d.checkpointFiles() {
		_, has := (*c.said)[tp]
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
	d.keep[tp] = true
	return true
}

func (m *Manager) offlineDir() *Dir {
	for _, d := range m.dirs {
		if d.Err() != nil {
			return d
		}
	}
	return nil
}

// choose returns the directory of a new log, and counts the log there.
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
