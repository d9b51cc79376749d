package logmanager

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage"
)

// identify finds out which partition the folder f belongs to. A damaged partition.metadata does not
// make the folder a stray one: an empty log would take the place of its records. The file is
// written again, because the cluster's metadata has the topic id, too.
func (m *Manager) identify(f *found, o LoadOptions) (Spec, error) {
	id, ok, err := storage.ReadPartitionMetadata(m.opts.FS, f.path)
	var unreadable *storage.CheckpointError
	damaged := errors.As(err, &unreadable)
	if err != nil && !damaged {
		return Spec{}, err
	}
	spec := o.Describe(f.tp.Topic, f.tp.Partition, id)
	if spec.Stray && differInOne(id, spec.TopicID) {
		damaged, spec.Stray = true, false
	}
	f.stray = spec.Stray
	if f.stray {
		return spec, nil
	}
	if f.topicID = id; id == ([16]byte{}) || damaged {
		f.topicID = spec.TopicID
	}
	if !ok && !damaged {
		if err := m.emptied(f); err != nil {
			return spec, err
		}
	}
	if !damaged {
		return spec, nil
	}
	m.damagedIDs.Add(1)
	m.log.Error("partition.metadata is damaged and is written again with the topic id of the cluster's metadata", "folder", f.path,
		"topic_id", uuid.Format(f.topicID), "found", uuid.Format(id), "error", err)
	if f.topicID == ([16]byte{}) {
		return spec, m.opts.FS.Remove(filepath.Join(f.path, storage.PartitionMetadataFile))
	}
	return spec, storage.WritePartitionMetadata(m.opts.FS, f.path, f.topicID)
}

// emptied returns an error for a folder that has nothing in it although a checkpoint proves that
// its log existed: the folder had files before it had the entry, also after a power cut.
func (m *Manager) emptied(f *found) error {
	entries, err := m.opts.FS.ReadDir(f.path)
	if err != nil || len(entries) > 0 || !m.knows(f.dir, f.tp) {
		return err
	}
	return fmt.Errorf("%w: the folder is empty: put its files back and start again, or delete the topic", storage.ErrMissingFile)
}

// differInOne reports whether two topic ids differ in one character of their texts, as after damage
// to one byte of partition.metadata. The random ids of two topics never do.
func differInOne(a, b [16]byte) bool {
	if a == ([16]byte{}) || b == ([16]byte{}) {
		return false
	}
	x, y, n := uuid.Format(a), uuid.Format(b), 0
	for i := range x {
		if x[i] != y[i] {
			n++
		}
	}
	return n == 1
}
