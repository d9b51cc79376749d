package logmanager

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/storage"
)

// checkTwice refuses a partition that is in two directories. A folder of an earlier topic of the
// same name does not count: it stays on a disk that fails while the topic is deleted. A leftover of
// a creation does not count either, and is removed. It returns the folders that remain.
func (m *Manager) checkTwice(all []*found, o LoadOptions) ([]*found, error) {
	at := make(map[storage.TopicPartition]*found, len(all))
	removed := map[*found]bool{}
	for _, f := range all {
		other := at[f.tp]
		if other == nil {
			at[f.tp] = f
			continue
		}
		kept, err := m.oneOf(other, f, o)
		if err != nil {
			return nil, err
		}
		at[f.tp] = kept.folder
		if kept.leftover != nil {
			removed[kept.leftover] = true
		}
	}
	if len(removed) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(f *found) bool { return removed[f] }), nil
}

// choice is the folder that counts as the partition's, and the other one if it was removed.
type choice struct{ folder, leftover *found }

// oneOf decides between two folders of one name in two directories.
func (m *Manager) oneOf(a, b *found, o LoadOptions) (choice, error) {
	for _, x := range [...]choice{{b, a}, {a, b}} {
		owner, err := m.ownerOf(x.leftover, o)
		if err != nil {
			return choice{}, err
		}
		if owner == foreignTopic {
			return choice{folder: x.folder}, nil
		}
	}
	if a.dir.Err() != nil {
		return choice{folder: b}, nil
	}
	if b.dir.Err() != nil {
		return choice{folder: a}, nil
	}
	for _, x := range [...]choice{{b, a}, {a, b}} {
		leftover, err := m.leftover(x.leftover)
		if err != nil {
			return choice{}, err
		}
		if leftover {
			return x, m.removeLeftover(x.leftover, o.NowMs)
		}
	}
	return choice{}, fmt.Errorf("partition %s-%d is in two log directories: %s and %s: move one of them away", a.tp.Topic, a.tp.Partition, a.path, b.path)
}

// owner is what the topic id of a folder says.
type owner int

const (
	// unknownOwner means that the folder has no topic id, or a damaged one.
	unknownOwner owner = iota
	ownPartition
	// foreignTopic means that the folder belongs to no partition of this broker.
	foreignTopic
)

// ownerOf returns the owner of f. A disk that does not give the topic id takes the directory
// offline, and the start is refused for want of a file descriptor.
func (m *Manager) ownerOf(f *found, o LoadOptions) (owner, error) {
	id, ok, err := storage.ReadPartitionMetadata(m.opts.FS, f.path)
	var damaged *storage.CheckpointError
	if err != nil && !errors.As(err, &damaged) {
		return unknownOwner, m.startError(f.dir, err)
	}
	if !ok {
		return unknownOwner, nil
	}
	if spec := o.Describe(f.tp.Topic, f.tp.Partition, id); spec.Stray && !differInOne(id, spec.TopicID) {
		return foreignTopic, nil
	}
	return ownPartition, nil
}

// leftover reports whether f is what a creation of a log has left that did not end: it never held a
// record. The directory would have an entry of the log before the first one (RecordNew).
func (m *Manager) leftover(f *found) (bool, error) {
	c := &f.dir.checkpoints
	if _, any := f.dir.offsetsOf(f.tp); any || f.dir.Err() != nil || c.files[recoveryPoints].damaged {
		return false, nil
	}
	never, err := storage.NeverFilled(f.dir.fs, f.path)
	if err != nil {
		return false, m.startError(f.dir, err)
	}
	return never, nil
}

// removeLeftover gives a leftover a name that no partition has, and notes it for its removal.
func (m *Manager) removeLeftover(f *found, nowMs int64) error {
	m.log.Warn("the creation of a log in this folder did not end; the folder holds no records, and the partition has another folder: it is deleted", "folder", f.path)
	x := deletion{tp: f.tp, path: m.deletedPath(f.dir, f.tp), from: f.path, dueMs: nowMs}
	f.dir.naming.Lock()
	defer f.dir.naming.Unlock()
	if err := m.name(f.dir, &x); err != nil {
		return m.startError(f.dir, err)
	}
	m.deleteLater(f.dir, x)
	return nil
}
