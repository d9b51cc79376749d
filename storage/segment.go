package storage

import (
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// segment is one base-offset.log file with its indexes. Only the last segment of a log, the active
// one, is appended to.
//
// Durability: an append and a roll sync nothing. Log.Sync does, off the hot path. Index files are
// written when a sync covers the sealed segment and when the pool takes the memory of the indexes
// back. They are synced before the recovery point moves past the segment's end, because recovery
// rebuilds them for every segment above it.
//
// Locks: log.appends, then log.mu, then io, then mu. A read of an old segment waits for the disk
// with io alone, which no append, roll or sync of another segment needs. A read that overlaps a
// truncation or a swap begins again, see Log.Read.
type segment struct {
	log  *Log
	base int64 // offset that the file is named after: no record in it is below

	// size is the end of the last whole batch in bytes. It grows only under log.mu, after the bytes
	// are written; readers never look beyond it.
	size atomic.Int64
	file filepool.File // the .log file
	// gone says that the segment left the log. Its names may belong to another segment then, so
	// nothing opens them.
	gone atomic.Bool
	// active is set while the segment is the last one.
	active atomic.Bool
	// next is the base offset of the segment behind it, segfile.NoNext for the active one.
	next atomic.Int64
	// sealed is where the segment ends, as a read has found it. See segment.end.
	sealed atomic.Pointer[sealedEnd]
	// firstTs is the maximum timestamp of the first batch in ms, -1 without one, tsUnknown until it
	// is read.
	firstTs atomic.Int64
	// idxDirty says that the index files have writes that no sync covers, or are not complete.
	idxDirty atomic.Bool

	// Guarded by log.mu.
	created int64 // wall clock in ms when the segment was made or opened
	dirty   bool  // the .log file has writes that no sync covers
	sparse  bool  // recovery saw gaps: the segment was compacted

	io sync.Mutex // serializes reads and writes of the index files, and is held during them
	// txnChecked says that the transaction index was compared with the log, or made from it.
	// Guarded by io.
	txnChecked bool

	mu sync.Mutex // guards what follows, and is never held during IO
	// idx is the indexes in memory, nil when they are only on file. It is set under io and mu.
	idx *segfile.Index
	// tail is the last batches appended, so that reads at the log end need no look at the file.
	tail *segfile.Tail
	// maxTs is the largest timestamp in ms (-1 none), maxTsOffset the last offset of the batch that
	// has it; tsUnknown until it is read from the time index.
	maxTs       int64
	maxTsOffset int64
	maxTsProven bool  // maxTs was taken from the batches in this process, not from an index file
	noted       int64 // end of the last batch that noteBatch saw
	sinceIndex  int64 // bytes appended since the last index entry
	listed      bool  // the pool knows that something of this segment is in memory
	used        bool  // since the pool's last Sweep
	hasTxn      bool  // the segment has aborted transactions, or a .txnindex file exists
	txn         *segfile.TxnIndex
}

// tsUnknown marks a timestamp that has not been looked up.
const tsUnknown = math.MinInt64

func (s *segment) path(suffix string) string {
	return filepath.Join(*s.log.folder.Load(), segfile.OffsetName(s.base)+suffix)
}

func newSegment(l *Log, base int64) *segment {
	s := &segment{log: l, base: base, maxTs: tsUnknown}
	s.firstTs.Store(tsUnknown)
	s.next.Store(segfile.NoNext)
	s.file.Bind(l.pool, s)
	return s
}

// createSegment makes the files of an empty segment, emptying what a crash may have left under
// these names. The names are durable after the next Sync.
func createSegment(l *Log, base, nowMs int64) (*segment, error) {
	s := newEmptySegment(l, base, nowMs)
	if err := s.create(); err != nil {
		return nil, err
	}
	return s, nil
}

// newEmptySegment is an active segment whose files create makes.
func newEmptySegment(l *Log, base, nowMs int64) *segment {
	s := newSegment(l, base)
	s.maxTs, s.maxTsProven, s.created, s.txnChecked = -1, true, nowMs, true
	s.active.Store(true)
	s.firstTs.Store(-1)
	return s
}

// create makes the files of an empty segment. It can run again.
func (s *segment) create() error {
	for _, suffix := range [...]string{segfile.IndexSuffix, segfile.TimeIndexSuffix} {
		f, err := vfs.Create(s.log.fs, s.path(suffix))
		if err != nil {
			return err
		}
		if err = f.Close(); err != nil {
			return err
		}
	}
	return s.file.Open(os.O_RDWR | os.O_CREATE | os.O_TRUNC)
}

// files returns the suffixes of the files that the segment has, the log last.
func (s *segment) files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hasTxn {
		return segfile.SegmentSuffixes[:]
	}
	return []string{segfile.IndexSuffix, segfile.TimeIndexSuffix, segfile.LogSuffix}
}

// aborts reports whether the segment has aborted transactions.
func (s *segment) aborts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasTxn
}

// txnIndex returns the transaction index.
func (s *segment) txnIndex() *segfile.TxnIndex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.txn == nil {
		s.txn = segfile.OpenTxnIndex(s.log.fs, s.path(segfile.TxnIndexSuffix), s.base)
	}
	return s.txn
}

// overflows reports whether offset cannot be stored relative to the base offset.
func (s *segment) overflows(offset int64) bool {
	return segfile.Overflows(s.base, offset)
}

// offsets are the offsets that the segment can hold.
func (s *segment) offsets() segfile.Range { return segfile.Range{Base: s.base, Next: s.next.Load()} }

// seal notes that the segment behind s begins at next.
func (s *segment) seal(next int64) { s.next.Store(next) }

// touch says that what the segment has in memory is in use; the caller holds mu.
func (s *segment) touch() {
	s.used = true
	if !s.listed {
		s.listed = true
		s.file.NoteMemory()
	}
}

// prepareIndex loads what noteBatch needs, so that noteBatch reads no file: the largest timestamp,
// which is not known after the segment became active again, and the indexes if an append of n bytes
// adds an entry to them. The caller holds log.mu.
func (s *segment) prepareIndex(n int, interval int64) error {
	s.mu.Lock()
	entry := s.sinceIndex+int64(n) > interval
	ready := s.maxTs != tsUnknown && (!entry || s.idx != nil)
	if s.idx != nil {
		s.touch()
	}
	s.mu.Unlock()
	if ready {
		return nil
	}
	if _, _, err := s.maxTimestamp(); err != nil || !entry {
		return err
	}
	return s.loadIndex()
}

// noteBatch updates indexes and timestamps after a batch was written at pos. The caller holds
// log.mu for writing and has called prepareIndex. noteBatch follows Kafka's LogSegment.append: an
// entry precedes the first batch that begins more than index.interval.bytes after the last entry.
func (s *segment) noteBatch(base, last, pos, size, maxTs, interval int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if maxTs > s.maxTs {
		s.maxTs, s.maxTsOffset = maxTs, last
	}
	s.idxDirty.Store(true)
	s.noted = pos + size
	if s.tail == nil {
		s.tail = new(segfile.Tail)
	}
	s.touch()
	s.tail.Push(segfile.TailEntry{Base: base, Last: last, Pos: pos, Size: size})
	// Two sweeps between prepareIndex and here may have dropped the indexes. The entry is then left
	// out: an index is sparse.
	if s.sinceIndex > interval && s.idx != nil {
		s.idx.Add(int32(last-s.base), int32(pos), s.maxTs, int32(s.maxTsOffset-s.base))
		s.sinceIndex = 0
	}
	s.sinceIndex += size
}

// indexFull reports whether an index has reached segment.index.bytes; the caller holds log.mu.
func (s *segment) indexFull(indexBytes int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idx == nil {
		return false // written out and not touched since: it was not full at the last append
	}
	// One time entry stays free for the last timestamp at the roll, as in Kafka.
	return int64(len(s.idx.Offsets)) >= indexBytes/segfile.OffsetEntrySize || int64(len(s.idx.Times)) >= indexBytes/segfile.TimeEntrySize-1
}

// finishIndex loads the indexes and adds the last entry of the time index, which holds the largest
// timestamp. The caller holds log.appends.
func (s *segment) finishIndex() error {
	s.mu.Lock()
	empty := s.maxTs < 0
	s.mu.Unlock()
	if empty {
		return nil
	}
	return s.withIndex(func(x *segfile.Index) {
		if x.AddTime(s.maxTs, int32(s.maxTsOffset-s.base)) {
			s.idxDirty.Store(true)
		}
	})
}

// deactivate ends appending. The caller holds log.mu and has called finishIndex.
func (s *segment) deactivate() {
	s.active.Store(false)
	s.mu.Lock()
	s.tail = nil
	s.mu.Unlock()
}
