package segfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/vfs"
)

// TxnIndex is one segment's list of aborted transactions, N.txnindex (Kafka's TransactionIndex).
// Most segments have none. Append keeps an entry in memory. Flush writes such entries to the file,
// which is opened only while it is used. Append and SetPath are safe beside every other method. The
// caller serializes the others, which use the file.
//
// Durability: Sync makes all entries durable. It is called when the segment is synced. Recovery of
// a segment that was not synced resets the index and appends the entries that the log has.
type TxnIndex struct {
	fs   vfs.FS
	base int64
	// size is the bytes of whole entries in the file; loaded says that it is known. written says
	// that the file has writes that no Sync covers.
	size            int64
	loaded, written bool
	Flushes         int // how often Flush has written

	path atomic.Pointer[string]

	mu      sync.Mutex   // guards what follows, and is never held during IO
	pending []AbortedTxn // not in the file
	last    int64        // last offset of the newest known entry, -1 when none is known
}

// CorruptTxnIndexError is a transaction index that contradicts itself or its segment.
type CorruptTxnIndexError struct{ Path, Text string }

func (e *CorruptTxnIndexError) Error() string { return e.Text }

// OpenTxnIndex names the index of the segment that begins at base. It touches no file.
func OpenTxnIndex(fs vfs.FS, path string, base int64) *TxnIndex {
	x := &TxnIndex{fs: fs, base: base, last: -1}
	x.SetPath(path)
	return x
}

// Path is the file's name.
func (x *TxnIndex) Path() string { return *x.path.Load() }

// SetPath changes the file's name after the file or its folder was renamed.
func (x *TxnIndex) SetPath(path string) { x.path.Store(&path) }

// Append adds t in memory. Last offsets must ascend.
func (x *TxnIndex) Append(t AbortedTxn) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.last >= t.LastOffset {
		return x.corrupt("The last offset of appended transactions must increase sequentially, but %d is not greater than current last offset %d of index %s",
			t.LastOffset, x.last, x.Path())
	}
	x.pending = append(x.pending, t)
	x.last = t.LastOffset
	return nil
}

// Pending is the number of entries that the file lacks.
func (x *TxnIndex) Pending() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.pending)
}

func (x *TxnIndex) InMemory() []AbortedTxn {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.pending[:len(x.pending):len(x.pending)] // entries are never changed in place
}

// Flush writes the entries that the file lacks. It syncs nothing.
func (x *TxnIndex) Flush() error {
	pending := x.InMemory()
	if len(pending) == 0 {
		return nil
	}
	if err := x.load(); err != nil {
		return err
	}
	b := make([]byte, 0, len(pending)*AbortedTxnSize)
	for _, t := range pending {
		b = t.AppendTo(b)
	}
	flag := 0
	if x.size == 0 {
		flag = os.O_CREATE
	}
	if err := x.edit(flag, func(f vfs.File) error {
		// A file that is shorter than its entries would get a hole.
		if size, err := f.Size(); err != nil || size < x.size {
			return cmp.Or(err, x.shortRead(nil))
		}
		_, err := f.WriteAt(b, x.size)
		return err
	}); err != nil {
		return x.gone(err)
	}
	x.size += int64(len(b))
	x.Flushes++
	x.mu.Lock()
	x.pending = x.pending[len(pending):]
	x.mu.Unlock()
	return nil
}

// gone makes damage of the error for a file that has entries and does not exist: the log has them,
// too.
func (x *TxnIndex) gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return x.corrupt("Transaction index %s is missing", x.Path())
	}
	return err
}

// edit opens the file, changes it and closes it.
func (x *TxnIndex) edit(flag int, change func(vfs.File) error) error {
	f, err := x.fs.OpenFile(x.Path(), os.O_RDWR|flag, vfs.FilePerm)
	if err != nil {
		return err
	}
	x.written = true
	err = change(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// load finds the size of the file. A torn last entry does not count: the next write covers it.
func (x *TxnIndex) load() error {
	if x.loaded {
		return nil
	}
	f, err := vfs.Open(x.fs, x.Path())
	if errors.Is(err, fs.ErrNotExist) {
		x.size, x.loaded = 0, true
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	x.size, x.loaded = size/AbortedTxnSize*AbortedTxnSize, true
	if x.size == 0 {
		return nil
	}
	t, err := x.entry(f, x.size/AbortedTxnSize-1)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.pending) == 0 {
		x.last = t.LastOffset
	} else if x.pending[0].LastOffset <= t.LastOffset {
		x.loaded = false
		return x.corrupt("Last offset %d of the last entry in transaction index %s is not less than that of the next aborted transaction, %d",
			t.LastOffset, x.Path(), x.pending[0].LastOffset)
	}
	return nil
}

// entry reads one entry of the file.
func (x *TxnIndex) entry(f vfs.File, at int64) (AbortedTxn, error) {
	var b [AbortedTxnSize]byte
	if n, err := f.ReadAt(b[:], at*AbortedTxnSize); n < len(b) {
		return AbortedTxn{}, x.shortRead(err)
	}
	t, version, _ := ParseAbortedTxn(b[:])
	if version != 0 {
		return t, x.corrupt("Unexpected aborted transaction version %d in transaction index %s, current version is 0", version, x.Path())
	}
	return t, nil
}

// shortRead is the error for a read that brought too few bytes: the file is damaged, unless the
// disk is.
func (x *TxnIndex) shortRead(err error) error {
	if err == nil || err == io.EOF {
		return x.corrupt("Transaction index %s is shorter than it was", x.Path())
	}
	return err
}

// Fits reports whether the file has the size that the index takes for known.
func (x *TxnIndex) Fits(size int) bool { return !x.loaded || x.size == int64(size) }

// ChunkEntries is how many entries one read brings.
const ChunkEntries = 128

// each calls yield with the entries from the first one that ends at or above offset, until it
// returns false. A search finds that entry, so the cost does not depend on the entries before it.
func (x *TxnIndex) each(offset int64, yield func(pos int64, t AbortedTxn) bool) error {
	pending := x.InMemory()
	if err := x.load(); err != nil {
		return err
	}
	if x.size > 0 {
		f, err := vfs.Open(x.fs, x.Path())
		if err != nil {
			return x.gone(err)
		}
		defer f.Close()
		more, err := x.eachOnFile(f, offset, yield)
		if err != nil || !more {
			return err
		}
	}
	for i, t := range pending {
		if t.LastOffset >= offset && !yield(x.size+int64(i)*AbortedTxnSize, t) {
			return nil
		}
	}
	return nil
}

func (x *TxnIndex) eachOnFile(f vfs.File, offset int64, yield func(pos int64, t AbortedTxn) bool) (more bool, err error) {
	n := x.size / AbortedTxnSize
	lo, hi := int64(0), n
	for lo < hi && offset > 0 {
		mid := (lo + hi) / 2
		t, err := x.entry(f, mid)
		if err != nil {
			return false, err
		}
		if t.LastOffset < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	buf := make([]byte, min(ChunkEntries, n-lo)*AbortedTxnSize)
	for at := lo; at < n; {
		b := buf[:min(int64(len(buf)), (n-at)*AbortedTxnSize)]
		if got, err := f.ReadAt(b, at*AbortedTxnSize); got < len(b) {
			return false, x.shortRead(err)
		}
		for ; len(b) > 0; b, at = b[AbortedTxnSize:], at+1 {
			t, version, _ := ParseAbortedTxn(b)
			if version != 0 {
				return false, x.corrupt("Unexpected aborted transaction version %d in transaction index %s, current version is 0", version, x.Path())
			}
			if !yield(at*AbortedTxnSize, t) {
				return false, nil
			}
		}
	}
	return true, nil
}

// Collect appends to dst the transactions that overlap [fetchOffset, upperBound). complete is true
// when no later segment's index can have more of them.
func (x *TxnIndex) Collect(dst []AbortedTxn, fetchOffset, upperBound int64) (txns []AbortedTxn, complete bool, err error) {
	err = x.each(fetchOffset, func(_ int64, t AbortedTxn) bool {
		if t.LastOffset >= fetchOffset && t.FirstOffset < upperBound {
			dst = append(dst, t)
		}
		complete = t.LastStableOffset >= upperBound
		return !complete
	})
	return dst, complete, err
}

// TruncateTo drops transactions whose last offset is at or above offset.
func (x *TxnIndex) TruncateTo(offset int64) error {
	cut := int64(-1)
	err := x.each(offset, func(pos int64, t AbortedTxn) bool {
		cut = pos
		return false
	})
	if err != nil || cut < 0 {
		return err
	}
	return x.truncate(min(cut, x.size), offset)
}

// Reset empties the index.
func (x *TxnIndex) Reset() error { return x.truncate(0, math.MinInt64) }

// truncate cuts the file to size, and drops pending entries that end at or above offset.
func (x *TxnIndex) truncate(size, offset int64) error {
	err := x.edit(0, func(f vfs.File) error { return f.Truncate(size) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.size, x.loaded = size, false
	x.mu.Lock()
	n, _ := slices.BinarySearchFunc(x.pending, offset, func(t AbortedTxn, o int64) int { return cmp.Compare(t.LastOffset, o) })
	x.pending = x.pending[:n:n]
	x.last = -1
	if n > 0 {
		x.last = x.pending[n-1].LastOffset
	}
	x.mu.Unlock()
	return x.load()
}

// Replace makes entries the contents of the file. Pending entries stay.
func (x *TxnIndex) Replace(entries []AbortedTxn) error {
	b := make([]byte, 0, len(entries)*AbortedTxnSize)
	for _, t := range entries {
		b = t.AppendTo(b)
	}
	err := x.edit(os.O_CREATE|os.O_TRUNC, func(f vfs.File) error {
		_, err := f.WriteAt(b, 0)
		return err
	})
	if err != nil {
		return err
	}
	x.size, x.loaded = int64(len(b)), true
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.pending) == 0 {
		x.last = -1
		if n := len(entries); n > 0 {
			x.last = entries[n-1].LastOffset
		}
	}
	return nil
}

func (x *TxnIndex) corrupt(format string, args ...any) error {
	return &CorruptTxnIndexError{Path: x.Path(), Text: fmt.Sprintf(format, args...)}
}

// Sync writes the entries that the file lacks and makes the contents durable.
func (x *TxnIndex) Sync() error {
	if err := x.Flush(); err != nil || !x.written {
		return err
	}
	if err := SyncFile(x.fs, x.Path()); err != nil {
		return x.gone(err)
	}
	x.written = false
	return nil
}

// Size is the size of all entries in bytes, those in memory included. It is 0 when the file cannot
// be read.
func (x *TxnIndex) Size() int64 {
	if err := x.load(); err != nil {
		return 0
	}
	return x.size + int64(x.Pending())*AbortedTxnSize
}
