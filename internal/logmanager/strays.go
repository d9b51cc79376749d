package logmanager

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// aside is the stray folders of one partition of this broker.
type aside struct {
	tp    storage.TopicPartition
	dirID [16]byte
	in    []*found
	// unsure is true when partition.metadata of one of the folders is damaged.
	unsure bool
}

func (a *aside) paths() string {
	var paths []string
	for _, f := range a.in {
		paths = append(paths, f.path)
	}
	return strings.Join(paths, ", ")
}

// takeBack gives stray folders their old names when the metadata has their partitions again: it was
// the wrong metadata that made strays of them. strays are the stray folders, all the others. It
// returns the folders to open. A partition with several stray folders, or whose log may be
// elsewhere, gets none of them back: Create reports it as lost.
func (m *Manager) takeBack(all, strays []*found, o LoadOptions) ([]*found, error) {
	groups, err := m.ofThisBroker(strays, o)
	if err != nil {
		return nil, err
	}
	named := make(map[storage.TopicPartition]bool, len(all))
	for _, f := range all {
		named[f.tp] = true
	}
	var back []*found
	for _, a := range groups {
		free := true
		if named[a.tp] {
			if all, free, err = m.freeName(all, a, o); err != nil {
				return nil, err
			}
		}
		switch {
		case !free: // the partition has its log, unless that cannot be opened
			m.leaveAlone(a.in...)
			m.aside[a.tp] = a.paths()
		case len(a.in) > 1 || a.unsure || m.nameTaken(a.tp) || m.elsewhere(a.tp, a.dirID) != nil:
			m.leaveAlone(a.in...)
			m.aside[a.tp] = a.paths()
		default:
			back = append(back, a.in[0])
		}
	}
	for _, d := range m.dirs {
		mine := slices.DeleteFunc(slices.Clone(back), func(f *found) bool { return f.dir != d || d.Err() != nil })
		if err := m.rename(d, mine); err != nil {
			return nil, err
		}
		if d.Err() == nil {
			all = append(all, mine...)
		}
	}
	return all, nil
}

func (m *Manager) leaveAlone(strays ...*found) {
	for _, f := range strays {
		m.log.Warn("partition folder is left alone", "folder", f.path)
	}
}

// ofThisBroker returns the stray folders whose topic id and partition the metadata has on this
// broker, by partition.
func (m *Manager) ofThisBroker(strays []*found, o LoadOptions) (groups []*aside, err error) {
	at := map[storage.TopicPartition]*aside{}
	for _, f := range strays {
		tp, spec, damaged, err := m.identifyStray(f, o)
		if storage.Classify(err) == storage.ClassRetry {
			return nil, tooManyFiles(f.path, err)
		}
		if err != nil {
			m.failDir(f.dir, err)
			continue
		}
		if spec.Stray {
			m.leaveAlone(f)
			continue
		}
		a := at[tp]
		if a == nil {
			a = &aside{tp: tp, dirID: spec.DirID}
			at[tp] = a
			groups = append(groups, a)
		}
		f.tp, a.in, a.unsure = tp, append(a.in, f), a.unsure || damaged
	}
	return groups, nil
}

// identifyStray returns the partition of a stray folder, and its Spec. Spec.Stray is false when the
// folder is the partition's, or when its partition.metadata is damaged and it may be.
func (m *Manager) identifyStray(f *found, o LoadOptions) (tp storage.TopicPartition, s Spec, damaged bool, err error) {
	tp = f.tp
	cut := storage.IsCutName(filepath.Base(f.path)) && o.TopicName != nil
	// The strays of deleted topics are not read at each start.
	if !cut && o.Describe(tp.Topic, tp.Partition, [16]byte{}).Stray {
		return tp, Spec{Stray: true}, false, nil
	}
	id, ok, err := storage.ReadPartitionMetadata(m.opts.FS, f.path)
	var unreadable *storage.CheckpointError
	if damaged = errors.As(err, &unreadable); damaged {
		err = nil
	}
	if err != nil || !ok && !damaged {
		return tp, Spec{Stray: true}, false, err
	}
	if name := ""; cut {
		if name = o.TopicName(id); strings.HasPrefix(name, tp.Topic) {
			tp.Topic = name
		}
	}
	s = o.Describe(tp.Topic, tp.Partition, id)
	if !damaged {
		s.Stray = id == ([16]byte{}) || id != s.TopicID && !differInOne(id, s.TopicID)
	}
	return tp, s, damaged, nil
}

// freeName sets the folders with the name of a's partition aside when they belong to another topic,
// and removes leftovers of creations. free is false when one is, or may be, the partition's.
func (m *Manager) freeName(all []*found, a *aside, o LoadOptions) (rest []*found, free bool, err error) {
	named := func(f *found) bool { return f.tp == a.tp }
	var leftovers []*found
	for _, f := range all {
		if !named(f) {
			continue
		}
		owner, err := m.ownerOf(f, o)
		if err != nil {
			return nil, false, err
		}
		if owner == foreignTopic {
			continue
		}
		leftover, err := m.leftover(f)
		if err != nil || !leftover || owner == ownPartition {
			return all, false, err
		}
		leftovers = append(leftovers, f)
	}
	for _, f := range leftovers {
		if err := m.removeLeftover(f, o.NowMs); err != nil {
			return nil, false, err
		}
	}
	for i, f := range all {
		if !named(f) || slices.Contains(leftovers, f) {
			continue
		}
		f.stray = true
		if err := m.setStraysAside(f.dir, all[i:i+1]); err != nil {
			if storage.Classify(err) == storage.ClassRetry {
				return nil, false, tooManyFiles(f.path, err)
			}
			m.failDir(f.dir, err)
		}
	}
	return slices.DeleteFunc(all, named), true, nil
}

// nameTaken is true when a folder that belongs to no partition has the name of one.
func (m *Manager) nameTaken(tp storage.TopicPartition) bool {
	return slices.ContainsFunc(m.dirs, func(d *Dir) bool {
		return d.Err() == nil && vfs.Exists(m.opts.FS, filepath.Join(d.path, storage.PartitionDirName(tp.Topic, tp.Partition)))
	})
}

// rename gives stray folders of d the names of their partitions, durably. Entries that a deleted
// topic of such a name has left in the checkpoint files go first.
func (m *Manager) rename(d *Dir, strays []*found) error {
	if len(strays) == 0 {
		return nil
	}
	var names []string
	unsure := 0
	err := func() error {
		var tps []storage.TopicPartition
		for _, f := range strays {
			tps = append(tps, f.tp)
			at := logOffsets{unknownOffset, unknownOffset, unknownOffset, unknownOffset}
			if !vfs.Exists(m.opts.FS, filepath.Join(f.path, asideFile)) {
				if err := writeAside(f, at); err != nil {
					return err
				}
			} else if kept, err := readAside(m.opts.FS, f); err != nil {
				return err
			} else {
				at = kept
			}
			if at[startOffsets] == unknownOffset {
				unsure++
			}
		}
		if err := m.forget(d, tps...); err != nil {
			return err
		}
		for _, f := range strays {
			to := filepath.Join(d.path, storage.PartitionDirName(f.tp.Topic, f.tp.Partition))
			if err := d.fs.Rename(f.path, to); err != nil {
				return err
			}
			names = append(names, filepath.Base(f.path))
			f.path = to
		}
		return d.fs.SyncDir(d.path)
	}()
	switch {
	case storage.Classify(err) == storage.ClassRetry:
		return tooManyFiles(d.path, err)
	case err != nil:
		m.failDir(d, err)
	default:
		m.log.Warn("the metadata has partitions again that were set aside: their folders have their names back, and their logs are recovered",
			"dir", d.path, "folders", len(names), "names", strings.Join(names[:min(len(names), maxNamed)], ", "))
	}
	if unsure > 0 && err == nil {
		m.log.Warn("the log start offsets of folders that have their names back are not known: records that DeleteRecords removed may be back",
			"dir", d.path, "folders", unsure)
	}
	return nil
}

func tooManyFiles(path string, err error) error {
	return fmt.Errorf("cannot open the log in %s, raise the limit of open files (ulimit -n): %w", path, err)
}

// setStraysAside renames the stray folders of d, after their entries have left the checkpoint files
// for the folders: a partition of the same name may be created in their place.
func (m *Manager) setStraysAside(d *Dir, all []*found) error {
	var strays []*found
	var tps []storage.TopicPartition
	var foreign []string
	for _, f := range all {
		if f.dir != d || !f.stray {
			continue
		}
		holds, err := storage.HoldsPartition(d.fs, f.path)
		if err != nil {
			return err
		}
		if !holds {
			foreign = append(foreign, filepath.Base(f.path))
			continue
		}
		strays, tps = append(strays, f), append(tps, f.tp)
	}
	if n := len(foreign); n > 0 {
		m.log.Warn("folders with the names of partitions hold no files of one and are left alone", "dir", d.path,
			"folders", n, "names", strings.Join(foreign[:min(n, maxNamed)], ", "))
	}
	for _, f := range strays {
		if err := m.keepAside(f); err != nil {
			return err
		}
	}
	if err := m.forget(d, tps...); err != nil {
		return err
	}
	for _, f := range strays {
		if err := m.setAside(f); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) setAside(f *found) error {
	to := filepath.Join(f.dir.path, storage.MarkedDirName(f.tp.Topic, f.tp.Partition, host.UUID(m.host), storage.DirStray))
	m.log.Warn("partition belongs to no topic of the cluster and is set aside", "folder", f.path, "to", to)
	if err := f.dir.fs.Rename(f.path, to); err != nil {
		return err
	}
	return f.dir.fs.SyncDir(f.dir.path)
}
