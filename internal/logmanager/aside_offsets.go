package logmanager

import (
	"errors"
	"math"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// asideFile is the name of a file in a folder that was set aside: the entries that its log had in
// the checkpoint files of the directory. They leave those files, because a partition of the same
// name may be created. The file has the format of a checkpoint file, with the name of a checkpoint
// in the place of the topic. A checkpoint file that was damaged has no line: its offset is unknown.
//
// The folder of a partition that has come back has the file until the log has a recovery point on
// disk again. A recovery point on disk comes last, so it proves that the other offsets are there.
const asideFile = "offsets-when-set-aside"

// logOffsets are the offsets of one log in the checkpoint files.
type logOffsets [checkpointKinds]int64

// unknownOffset is the offset of a checkpoint file that is damaged, or that nothing has kept.
const unknownOffset = -1

// offsetsOf returns the entries of a partition in the files of d, 0 for a missing one, and
// unknownOffset for those of damaged files.
func (d *Dir) offsetsOf(tp storage.TopicPartition) (at logOffsets, any bool) {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range checkpointKinds {
		f := &c.files[k]
		var ok bool
		at[k], ok = f.entries[tp]
		any = any || ok
		if f.damaged {
			at[k] = unknownOffset
		}
	}
	return at, any
}

// startingPoint returns the offsets with which the log in f is opened. f.back is set when they are
// those of a folder that was set aside.
func (m *Manager) startingPoint(f *found) (logOffsets, error) {
	at, _ := f.dir.offsetsOf(f.tp)
	_, recorded := f.dir.checkpoints.entry(recoveryPoints, f.tp)
	if recorded && f.dir.clean {
		return at, nil // only a crash leaves the file beside the entry
	}
	path := filepath.Join(f.path, asideFile)
	if !vfs.Exists(m.opts.FS, path) {
		return at, nil
	}
	if recorded {
		return at, f.dir.fs.Remove(path)
	}
	f.back = true
	return readAside(m.opts.FS, f)
}

// readAside reads the asideFile of f.
func readAside(fsys vfs.FS, f *found) (at logOffsets, err error) {
	kept, err := storage.ReadOffsetCheckpoint(fsys, filepath.Join(f.path, asideFile))
	var damaged *storage.CheckpointError
	if err != nil && !errors.As(err, &damaged) {
		return at, err
	}
	for k := range checkpointKinds {
		at[k] = unknownOffset
		if offset, ok := kept[storage.TopicPartition{Topic: k.name(), Partition: f.tp.Partition}]; ok {
			at[k] = max(offset, 0)
		}
	}
	return at, nil
}

// writeAside writes the asideFile of f, durably.
func writeAside(f *found, at logOffsets) error {
	kept := offsets{}
	for k := range checkpointKinds {
		if at[k] != unknownOffset {
			kept[storage.TopicPartition{Topic: k.name(), Partition: f.tp.Partition}] = at[k]
		}
	}
	return storage.WriteOffsetCheckpoint(f.dir.fs, filepath.Join(f.path, asideFile), kept)
}

// keepAside writes the asideFile of a folder that is set aside, if its log has entries. A folder
// that has come back, and whose log has no recovery point on disk yet, keeps the file it has.
func (m *Manager) keepAside(f *found) error {
	at, any := f.dir.offsetsOf(f.tp)
	_, recorded := f.dir.checkpoints.entry(recoveryPoints, f.tp)
	if !any || !recorded && vfs.Exists(m.opts.FS, filepath.Join(f.path, asideFile)) {
		return nil
	}
	return writeAside(f, at)
}

// open sets the offsets in the options of a log.
func (at *logOffsets) open(o *storage.Options) {
	o.RecoveryPoint = at[recoveryPoints]
	o.LogStartOffset = max(at[startOffsets], 0)
	o.HighWatermark = max(at[highWatermarks], 0)
	o.CompactedBelow = at[cleanerOffsets]
	if o.CompactedBelow == unknownOffset {
		o.CompactedBelow = math.MaxInt64 // compaction may have left any gap
	}
}

// recordReturned gives the logs of takeBack their entries in the checkpoint files, durably. A crash
// before leaves the asideFile, and the next start recovers them in the same way.
func (m *Manager) recordReturned(all []*found) error {
	for _, d := range m.dirs {
		var done []*found
		for _, f := range all {
			if f.dir != d || !f.back || f.log == nil || d.Err() != nil {
				continue
			}
			err := f.log.Sync(f.log.LogEndOffset())
			if storage.Classify(err) == storage.ClassRetry {
				return tooManyFiles(f.path, err)
			}
			if err != nil {
				m.logError(f.log, "sync", err)
				continue
			}
			done = append(done, f)
		}
		if len(done) == 0 || d.Err() != nil {
			continue
		}
		if err := m.startError(d, m.recordOffsets(d, done)); err != nil {
			return err
		}
	}
	return nil
}

// recordOffsets adds the offsets of logs to the checkpoint files: the entries of lost partitions
// are needed until Create has seen them.
func (m *Manager) recordOffsets(d *Dir, logs []*found) error {
	c := &d.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range [...]checkpointKind{startOffsets, highWatermarks, cleanerOffsets, recoveryPoints} {
		add := offsets{}
		for _, f := range logs {
			at, ok := int64(0), false
			if k == cleanerOffsets {
				at = min(f.at[k], f.log.LogEndOffset())
				ok = at > 0
			} else {
				at, ok = k.of(f.log)
			}
			if ok {
				add[f.tp] = at
			}
		}
		if err := c.replace(k, c.with(k, add)); err != nil {
			return err
		}
	}
	for _, f := range logs {
		if err := d.fs.Remove(filepath.Join(f.path, asideFile)); err != nil {
			return err
		}
	}
	return nil
}
