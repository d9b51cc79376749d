package logmanager

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
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
	for {
		d, err := m.choose(tp, o.DirID)
		if err != nil {
			return nil, err
		}
		l, err := m.createIn(d, tp, &o)
		if err == nil {
			return l, nil
		}
		// As in Apache Kafka, the next directory gets a new partition whose folder could not be
		// made. When the folder was made, the disk may come back with it.
		if d.Err() == nil || !errors.Is(err, errNoFolder) || o.MayExist {
			return nil, err
		}
	}
}

// createIn creates the log in d, which choose has chosen.
func (m *Manager) createIn(d *Dir, tp storage.TopicPartition, o *CreateOptions) (*Log, error) {
	l, err := m.create(d, tp, o)
	if err == nil {
		err = m.add(l)
	} else {
		m.createFailed(d, tp, o, err)
	}
	if err == nil {
		return l, nil
	}
	m.mu.Lock()
	d.logs--
	m.mu.Unlock()
	offline := d.Err()
	if offline == nil {
		return nil, err
	}
	if errors.Is(err, errNoFolder) {
		offline = fmt.Errorf("%w: %w", errNoFolder, offline)
	}
	return nil, &DirError{ID: m.DirID(d), Err: offline}
}

// DirError is the error about a log that is, or may be, in an offline directory.
type DirError struct {
	// ID is the directory that must be back before it is clear where the log is. It is zero when
	// that is not one directory with a known id.
	ID  [16]byte
	Err error
}

func (e *DirError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DirError) Unwrap() error { return e.Err }

// errNoFolder is in the chain of errors after which the directory has no folder of the partition.
var errNoFolder = errors.New("the folder of the partition could not be made")

// create opens the log in d, after the offsets of an earlier log of the same name are gone.
func (m *Manager) create(d *Dir, tp storage.TopicPartition, o *CreateOptions) (*Log, error) {
	for _, other := range m.dirs {
		if err := m.nameFolderOf(other, tp); err != nil && other.Err() == nil {
			return nil, err
		}
	}
	if err := d.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoFolder, err)
	}
	if err := m.forget(d, tp); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoFolder, err)
	}
	path := filepath.Join(d.path, storage.PartitionDirName(o.Topic, o.Partition))
	opts := storage.Options{Dir: path, Topic: o.Topic, Partition: o.Partition, TopicID: o.TopicID, Config: o.Config, NowMs: o.NowMs}
	// Not with its parents: a log directory that is missing now is never made again.
	if err := d.fs.Mkdir(path, vfs.DirPerm); err == nil {
		m.begin(tp, d)
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: %w", errNoFolder, err)
	}
	d.newFolders.Store(true) // a checkpoint may have cleared it just before the name was made
	l, err := m.openLog(d, opts)
	if errors.Is(err, storage.ErrWrongTopic) {
		// The folder of an earlier topic of this name, which could not be deleted.
		if err = m.setAside(&found{dir: d, path: path, tp: tp}); err == nil {
			l, err = m.openLog(d, opts)
		}
	}
	if err != nil {
		return nil, err
	}
	// All of its names were made in a directory that was there before and is there now.
	if err := m.guard(d); err != nil {
		_ = l.Log.Close(false)
		return nil, err
	}
	return l, nil
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

// begin notes that d has the folder of a log that is being made.
func (m *Manager) begin(tp storage.TopicPartition, d *Dir) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[tp] = d
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
	delete(m.begun, l.TP)
	l.dir.unrecorded.Store(true)
	return nil
}

// choose returns the directory of a new log, and counts the log there.
func (m *Manager) choose(tp storage.TopicPartition, id [16]byte) (*Dir, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var best *Dir
	begun := m.begun[tp]
	for _, d := range m.dirs {
		if d == begun || begun == nil && d.id == id && id != ([16]byte{}) {
			if err := d.Err(); err != nil {
				return nil, &DirError{d.id, err}
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
