package storage

import (
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

// EpochCache is the leader-epoch-checkpoint of one log, in memory and on disk (Kafka's LeaderEpochFileCache). It is
// safe for concurrent use. Epochs and start offsets both ascend strictly.
//
// Durability: Assign writes the file, synced, before it returns, for a follower must never hold records of an epoch it
// has forgotten; it does so only when the epoch changes. Truncations only set Dirty: the log calls Flush off the hot
// path, and an older file is harmless because opening the log cuts it to the log's range.
type EpochCache struct {
	fs   vfs.FS
	path string

	mu sync.RWMutex
	// entries ascend in both fields.
	entries []EpochEntry
	dirty   bool
}

// OpenEpochCache reads dir/leader-epoch-checkpoint. No file means no epochs. A file that cannot be parsed gives a
// *CheckpointError together with an empty usable cache: rebuild it from the batches of the log.
func OpenEpochCache(fs vfs.FS, dir string) (*EpochCache, error) { panic("filled in next") }

// Assign notes that epoch begins at startOffset, dropping entries that contradict it, and writes the file if anything
// changed. The common case, the epoch is the latest one, takes no write and no allocation. Negative arguments are
// ignored.
func (c *EpochCache) Assign(epoch int32, startOffset int64) error { panic("filled in next") }

// AssignNoFlush is Assign for replay at recovery: call Flush at its end.
func (c *EpochCache) AssignNoFlush(epoch int32, startOffset int64) { panic("filled in next") }

// LatestEpoch is the newest epoch.
func (c *EpochCache) LatestEpoch() (epoch int32, ok bool) { panic("filled in next") }

// LatestEntry and EarliestEntry are the ends of the cache.
func (c *EpochCache) LatestEntry() (e EpochEntry, ok bool) { panic("filled in next") }

// EarliestEntry is the oldest entry.
func (c *EpochCache) EarliestEntry() (e EpochEntry, ok bool) { panic("filled in next") }

// EpochForOffset is the epoch that wrote offset.
func (c *EpochCache) EpochForOffset(offset int64) (epoch int32, ok bool) { panic("filled in next") }

// EndOffsetFor is Kafka's LeaderEpochFileCache.endOffsetFor: the largest known epoch at or below the requested one and
// the first offset after it; (UndefinedEpoch, UndefinedEpochOffset) when the request is newer than anything known or
// negative; the requested epoch with the first start offset when it is older than anything known.
func (c *EpochCache) EndOffsetFor(requested int32, logEnd int64) (epoch int32, endOffset int64) {
	panic("filled in next")
}

// TruncateFromEnd drops entries that start at or above endOffset; in memory only, see Flush.
func (c *EpochCache) TruncateFromEnd(endOffset int64) { panic("filled in next") }

// TruncateFromStart drops entries that start at or below startOffset, except that the last of them stays, moved to
// startOffset; in memory only, see Flush.
func (c *EpochCache) TruncateFromStart(startOffset int64) { panic("filled in next") }

// Clear drops everything; in memory only, see Flush.
func (c *EpochCache) Clear() { panic("filled in next") }

// Dirty says whether Flush has something to write.
func (c *EpochCache) Dirty() bool { panic("filled in next") }

// Flush writes the file (temporary name, fsync, rename) if the cache is dirty.
func (c *EpochCache) Flush() error { panic("filled in next") }

// Entries is a copy, ascending.
func (c *EpochCache) Entries() []EpochEntry { panic("filled in next") }
