package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gregorhq/gregor/vfs"
)

// AbortedTxnSize is the length of one entry of a transaction index in bytes: version int16 0, then four int64.
const AbortedTxnSize = 34

// AbortedTxn is one aborted transaction, as the transaction index stores it.
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64
	// LastOffset is the offset of the abort marker.
	LastOffset int64
	// LastStableOffset is the last stable offset after this transaction ended.
	LastStableOffset int64
}

// AppendTo appends the entry's bytes to b.
func (t AbortedTxn) AppendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(t.ProducerID))
	b = binary.BigEndian.AppendUint64(b, uint64(t.FirstOffset))
	b = binary.BigEndian.AppendUint64(b, uint64(t.LastOffset))
	return binary.BigEndian.AppendUint64(b, uint64(t.LastStableOffset))
}

// ParseAbortedTxn reads the entry at the front of b; ok is false when b is too short. A newer version than 0 is for
// the caller to refuse.
func ParseAbortedTxn(b []byte) (t AbortedTxn, version int16, ok bool) {
	if len(b) < AbortedTxnSize {
		return AbortedTxn{}, 0, false
	}
	i64 := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
	return AbortedTxn{ProducerID: i64(2), FirstOffset: i64(10), LastOffset: i64(18), LastStableOffset: i64(26)},
		int16(binary.BigEndian.Uint16(b)), true
}

// TxnIndex is one segment's list of aborted transactions, N.txnindex (Kafka's TransactionIndex). The file is made at
// the first append and opened only while it is used: most segments have none. Not safe for concurrent use.
//
// Durability: appended without sync; Sync is called when its segment is flushed. Recovery of an unflushed segment
// resets and rebuilds it.
type TxnIndex struct {
	fs   vfs.FS
	path string
	base int64
	// last is the last offset of the newest entry, -1 when there is none; like size it means something once loaded.
	last   int64
	size   int64
	loaded bool
	dirty  bool
}

// CorruptTxnIndexError is a transaction index that contradicts itself or its segment.
type CorruptTxnIndexError struct{ Path, Text string }

func (e *CorruptTxnIndexError) Error() string { return e.Text }

// OpenTxnIndex names the index of the segment that begins at base; it touches no file.
func OpenTxnIndex(fs vfs.FS, path string, base int64) *TxnIndex {
	return &TxnIndex{fs: fs, path: path, base: base, last: -1}
}

// Path is the file's name.
func (x *TxnIndex) Path() string { return x.path }

// Append adds t. Last offsets must ascend; an error is that, or an IO error.
func (x *TxnIndex) Append(t AbortedTxn) error {
	if _, err := x.entries(); err != nil {
		return err
	}
	if x.last >= t.LastOffset {
		return x.corrupt("The last offset of appended transactions must increase sequentially, but %d is not greater than current last offset %d of index %s",
			t.LastOffset, x.last, x.path)
	}
	f, err := x.fs.OpenFile(x.path, os.O_RDWR|os.O_CREATE, vfs.FilePerm)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(t.AppendTo(make([]byte, 0, AbortedTxnSize)), x.size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	x.size += AbortedTxnSize
	x.last, x.dirty = t.LastOffset, true
	return nil
}

// entries reads the file unless it is known to be empty. A torn last entry is ignored: the next append overwrites it.
func (x *TxnIndex) entries() ([]byte, error) {
	if x.loaded && x.size == 0 {
		return nil, nil
	}
	data, err := readIfThere(x.fs, x.path)
	if err != nil {
		return nil, err
	}
	data = data[:len(data)/AbortedTxnSize*AbortedTxnSize]
	x.loaded, x.size, x.last = true, int64(len(data)), -1
	if n := len(data); n > 0 {
		t, _, _ := ParseAbortedTxn(data[n-AbortedTxnSize:])
		x.last = t.LastOffset
	}
	return data, nil
}

// each calls yield with every entry and its position until it returns false.
func (x *TxnIndex) each(yield func(pos int64, t AbortedTxn) bool) error {
	data, err := x.entries()
	if err != nil {
		return err
	}
	for pos := 0; pos < len(data); pos += AbortedTxnSize {
		t, version, _ := ParseAbortedTxn(data[pos:])
		if version != 0 {
			return x.corrupt("Unexpected aborted transaction version %d in transaction index %s, current version is 0", version, x.path)
		}
		if !yield(int64(pos), t) {
			return nil
		}
	}
	return nil
}

// Collect appends to dst the transactions that overlap [fetchOffset, upperBound). complete is true when no later
// segment's index can have more of them.
func (x *TxnIndex) Collect(dst []AbortedTxn, fetchOffset, upperBound int64) (txns []AbortedTxn, complete bool, err error) {
	err = x.each(func(_ int64, t AbortedTxn) bool {
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
	cut, last := int64(-1), int64(-1)
	err := x.each(func(pos int64, t AbortedTxn) bool {
		if t.LastOffset >= offset {
			cut = pos
			return false
		}
		last = t.LastOffset
		return true
	})
	if err != nil || cut < 0 {
		return err
	}
	return x.truncate(cut, last)
}

// Reset empties the index (at recovery, before replay).
func (x *TxnIndex) Reset() error {
	x.loaded, x.size, x.last = true, 0, -1
	return x.truncate(0, -1)
}

func (x *TxnIndex) truncate(size, last int64) error {
	f, err := x.fs.OpenFile(x.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Truncate(size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		x.size, x.last, x.dirty = size, last, true
	}
	return err
}

// SanityCheck reads the whole file; an error is a *CorruptTxnIndexError or an IO error.
func (x *TxnIndex) SanityCheck() error {
	var bad error
	err := x.each(func(_ int64, t AbortedTxn) bool {
		if t.LastOffset < x.base {
			bad = x.corrupt("Last offset of aborted transaction %+v in index %s is less than start offset %d", t, x.path, x.base)
		}
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return err
}

func (x *TxnIndex) corrupt(format string, args ...any) error {
	return &CorruptTxnIndexError{Path: x.path, Text: fmt.Sprintf(format, args...)}
}

// Sync fsyncs the file if it was written to.
func (x *TxnIndex) Sync() error {
	if !x.dirty {
		return nil
	}
	f, err := x.fs.OpenFile(x.path, os.O_RDWR, 0)
	if err == nil {
		err = f.Sync()
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.dirty = false
	return nil
}

// Delete removes the file, which need not exist.
func (x *TxnIndex) Delete() error {
	x.loaded, x.size, x.last, x.dirty = true, 0, -1, false
	if err := x.fs.Remove(x.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Rename moves the file, if there is one, and names the index anew.
func (x *TxnIndex) Rename(path string) error {
	err := x.fs.Rename(x.path, path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	x.path = path
	return nil
}

// SetPath names the index anew after its folder was renamed.
func (x *TxnIndex) SetPath(path string) { x.path = path }

// Size is the size of the file in bytes, 0 without one.
func (x *TxnIndex) Size() int64 {
	if !x.loaded {
		if _, err := x.entries(); err != nil {
			return 0
		}
	}
	return x.size
}
