package checkpoint

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gregorhq/gregor/vfs"
)

// UndefinedEpoch and UndefinedEpochOffset answer a look-up of an epoch that is not known.
const (
	UndefinedEpoch       int32 = -1
	UndefinedEpochOffset int64 = -1
)

// EpochEntry says that the leader of Epoch wrote its first record at StartOffset.
type EpochEntry struct {
	Epoch       int32
	StartOffset int64
}

// Epochs is the leader-epoch-checkpoint of one log, in memory and on disk (Kafka's
// LeaderEpochFileCache). It is safe for concurrent use. Epochs and start offsets both ascend
// strictly.
//
// Durability: all changes are in memory, and Flush writes the file. A sync of the log calls Flush
// before it makes records of a new epoch durable. After a power cut, recovery finds the epochs of
// later records in the batches, and cuts entries off that are beyond the log.
type Epochs struct {
	fs   vfs.FS
	path string

	flushing sync.Mutex // held while the file is written; taken before mu

	mu sync.RWMutex // never held during IO: look-ups do not wait for the disk
	// entries ascend in both fields.
	entries []EpochEntry
	// changes counts changes, saved is what it was when the file was written last: the file lacks
	// something while they differ. It changes after the write, so that no write under way counts as
	// a finished one.
	changes, saved uint64
	// savedEpoch is the newest epoch on file, savedStart the lowest start offset, both -1 for an
	// empty file.
	savedEpoch int32
	savedStart int64
	// unknown is set after a write with an error: the file has its old content or the new one.
	unknown bool
	// stage is the file under its temporary name, nil without one. flushing guards it.
	stage *stage
}

// OpenEpochs reads dir/leader-epoch-checkpoint. No file means no epochs. A file that cannot be
// parsed gives a *Error together with an empty usable cache: rebuild it from the batches
// of the log.
func OpenEpochs(fs vfs.FS, dir string) (*Epochs, error) {
	c := &Epochs{fs: fs, path: filepath.Join(dir, LeaderEpochFile), savedEpoch: UndefinedEpoch, savedStart: UndefinedEpochOffset}
	entries, err := ReadEpochs(fs, c.path)
	if err != nil {
		var bad *Error
		if !errors.As(err, &bad) {
			return nil, err
		}
		c.changes++
		return c, err
	}
	for _, e := range entries {
		c.assign(e)
	}
	c.written(c.changes, c.entries)
	return c, nil
}

// Assign notes that epoch begins at startOffset, and drops entries that contradict it. In the
// common case the epoch is the latest one, and nothing changes. Negative arguments are ignored.
func (c *Epochs) Assign(epoch int32, startOffset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.assign(EpochEntry{epoch, startOffset})
}

// needed: a new epoch, or the latest one begins earlier than known.
func (c *Epochs) needed(e EpochEntry) bool {
	if e.Epoch < 0 || e.StartOffset < 0 {
		return false
	}
	if len(c.entries) == 0 {
		return true
	}
	last := c.entries[len(c.entries)-1]
	return e.Epoch != last.Epoch || e.StartOffset < last.StartOffset
}

func (c *Epochs) assign(e EpochEntry) {
	if !c.needed(e) {
		return
	}
	n := len(c.entries)
	for n > 0 && (c.entries[n-1].Epoch >= e.Epoch || c.entries[n-1].StartOffset >= e.StartOffset) {
		n--
	}
	c.entries = append(c.entries[:n], e)
	c.changes++
}

// LatestEpoch is the newest epoch.
func (c *Epochs) LatestEpoch() (epoch int32, ok bool) {
	e, ok := c.LatestEntry()
	if !ok {
		return UndefinedEpoch, false
	}
	return e.Epoch, true
}

// LatestEntry is the newest entry.
func (c *Epochs) LatestEntry() (e EpochEntry, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if n := len(c.entries); n > 0 {
		return c.entries[n-1], true
	}
	return EpochEntry{UndefinedEpoch, UndefinedEpochOffset}, false
}

// EarliestEntry is the oldest entry.
func (c *Epochs) EarliestEntry() (e EpochEntry, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if len(c.entries) > 0 {
		return c.entries[0], true
	}
	return EpochEntry{UndefinedEpoch, UndefinedEpochOffset}, false
}

// EpochForOffset is the epoch that wrote offset.
func (c *Epochs) EpochForOffset(offset int64) (epoch int32, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i := len(c.entries) - 1; i >= 0; i-- {
		if c.entries[i].StartOffset <= offset {
			return c.entries[i].Epoch, true
		}
	}
	return UndefinedEpoch, false
}

// EndOffsetFor is Kafka's LeaderEpochFileCache.endOffsetFor: the largest known epoch at or below
// the requested one and the first offset after it; (UndefinedEpoch, UndefinedEpochOffset) when the
// request is newer than anything known or negative; the requested epoch with the first start offset
// when it is older than anything known.
func (c *Epochs) EndOffsetFor(requested int32, logEnd int64) (epoch int32, endOffset int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := len(c.entries)
	if requested < 0 || n == 0 || requested > c.entries[n-1].Epoch {
		return UndefinedEpoch, UndefinedEpochOffset
	}
	if requested == c.entries[n-1].Epoch {
		return requested, logEnd
	}
	higher := 0
	for c.entries[higher].Epoch <= requested {
		higher++
	}
	if higher == 0 {
		return requested, c.entries[0].StartOffset
	}
	return c.entries[higher-1].Epoch, c.entries[higher].StartOffset
}

// TruncateFromEnd drops entries that start at or above endOffset; in memory only, see Flush.
func (c *Epochs) TruncateFromEnd(endOffset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.entries)
	for n > 0 && c.entries[n-1].StartOffset >= endOffset && endOffset >= 0 {
		n--
	}
	if n < len(c.entries) {
		c.entries = c.entries[:n]
		c.changes++
	}
}

// TruncateFromStart drops entries that start at or below startOffset, except that the last of them
// stays, moved to startOffset; in memory only, see Flush.
func (c *Epochs) TruncateFromStart(startOffset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(c.entries) && c.entries[n].StartOffset <= startOffset {
		n++
	}
	if n == 0 || n == 1 && c.entries[0].StartOffset == startOffset {
		return
	}
	c.entries = slices.Delete(c.entries, 0, n-1)
	c.entries[0].StartOffset = startOffset
	c.changes++
}

// Clear drops everything; in memory only, see Flush.
func (c *Epochs) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) > 0 {
		c.entries = nil
		c.changes++
	}
}

// Dirty says whether Flush has something to write.
func (c *Epochs) Dirty() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes != c.saved
}

// Lacks says whether the file must be written before records below end may count as durable. It
// need not be when all that it lacks is an epoch without records, and its last write had no error.
// The lowest start offset on file follows the log start: after a clean stop it proves that
// log-start-offset-checkpoint is right.
func (c *Epochs) Lacks(end int64) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.changes == c.saved {
		return false
	}
	n := len(c.entries)
	if c.unknown || n == 0 || c.entries[n-1].StartOffset < end || c.entries[0].StartOffset != c.savedStart && c.savedStart >= 0 {
		return true
	}
	for n > 0 && c.entries[n-1].StartOffset >= end {
		n--
	}
	return n > 0 && c.entries[n-1].Epoch > c.savedEpoch
}

// Flush writes the file (temporary name, fsync, rename) if the cache is dirty.
func (c *Epochs) Flush() error {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	return c.flush()
}

// flush is Flush for callers that hold flushing.
func (c *Epochs) flush() error {
	changes, dirty, entries := c.snapshot()
	if !dirty {
		return nil
	}
	c.stage = nil // its name is used
	err := writeEpochs(c.fs, c.path, entries)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.unknown = true
		return err
	}
	c.written(changes, entries)
	return nil
}

// snapshot returns what the file should hold. dirty is false when it holds that.
func (c *Epochs) snapshot() (changes uint64, dirty bool, entries []EpochEntry) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes, c.changes != c.saved, slices.Clone(c.entries)
}

// written notes what the file holds; the caller holds mu.
func (c *Epochs) written(changes uint64, entries []EpochEntry) {
	c.saved, c.savedEpoch, c.savedStart, c.unknown = changes, UndefinedEpoch, UndefinedEpochOffset, false
	if n := len(entries); n > 0 {
		c.savedEpoch, c.savedStart = entries[n-1].Epoch, entries[0].StartOffset
	}
}

// Entries is a copy, ascending.
func (c *Epochs) Entries() []EpochEntry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.entries)
}

// SetDir notes that the partition's folder was renamed.
func (c *Epochs) SetDir(dir string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path = filepath.Join(dir, LeaderEpochFile)
}
