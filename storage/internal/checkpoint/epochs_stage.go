package checkpoint

import "github.com/gregorhq/gregor/vfs"

// stage is a leader-epoch-checkpoint under its temporary name.
type stage struct {
	changes uint64
	entries []EpochEntry
	// onDisk is true after StageDone.
	onDisk bool
}

// tmpSuffix ends the temporary name. It is that of vfs.WriteFileAtomic.
const tmpSuffix = ".tmp"

// Stage is the first half of a Flush for many logs at once: it writes the file under its temporary
// name and syncs nothing. A vfs.Mount.SyncFS that begins later covers it; then call StageDone, and
// FlushStaged for the second half.
func (c *Epochs) Stage() error {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	changes, dirty, entries := c.snapshot()
	if !dirty {
		return nil
	}
	c.stage = nil
	if err := vfs.WriteFile(c.fs, c.path+tmpSuffix, encodeEpochs(entries)); err != nil {
		return err
	}
	c.stage = &stage{changes: changes, entries: entries}
	return nil
}

// StageDone notes that the file of Stage is on disk.
func (c *Epochs) StageDone() {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	if c.stage != nil {
		c.stage.onDisk = true
	}
}

// FlushStaged is Flush. When Stage has written the present epochs and they are on disk, it only
// gives the file its name, and renamed is true: the caller syncs the folder.
func (c *Epochs) FlushStaged() (renamed bool, err error) {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	s := c.stage
	if changes, dirty, _ := c.snapshot(); s == nil || !s.onDisk || !dirty || s.changes != changes {
		return false, c.flush()
	}
	c.stage = nil
	if err := c.fs.Rename(c.path+tmpSuffix, c.path); err != nil {
		return false, err
	}
	c.mu.Lock()
	c.written(s.changes, s.entries)
	c.mu.Unlock()
	return true, nil
}
