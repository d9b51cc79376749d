package storage

import "github.com/gregorhq/gregor/vfs"

// AbortedTxn is one aborted transaction, as the transaction index stores it (34 bytes: version int16 0, then these).
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64
	// LastOffset is the offset of the abort marker.
	LastOffset int64
	// LastStableOffset is the last stable offset after this transaction ended.
	LastStableOffset int64
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
	// last is the last offset of the newest entry, -1 when empty or not known yet (see loaded).
	last   int64
	size   int64
	loaded bool
	dirty  bool
}

// OpenTxnIndex names the index of the segment that begins at base; it touches no file.
func OpenTxnIndex(fs vfs.FS, path string, base int64) *TxnIndex {
	return &TxnIndex{fs: fs, path: path, base: base, last: -1}
}

// Append adds t. Last offsets must ascend; an error is that, or an IO error.
func (x *TxnIndex) Append(t AbortedTxn) error { panic("filled in next") }

// Collect appends to dst the transactions that overlap [fetchOffset, upperBound). complete is true when no later
// segment's index can have more of them.
func (x *TxnIndex) Collect(dst []AbortedTxn, fetchOffset, upperBound int64) (txns []AbortedTxn, complete bool, err error) {
	panic("filled in next")
}

// TruncateTo drops transactions whose last offset is at or above offset.
func (x *TxnIndex) TruncateTo(offset int64) error { panic("filled in next") }

// Reset empties the index (at recovery, before replay).
func (x *TxnIndex) Reset() error { panic("filled in next") }

// SanityCheck reads the whole file; an error is a *CorruptTxnIndexError or an IO error.
func (x *TxnIndex) SanityCheck() error { panic("filled in next") }

// Sync fsyncs the file if it was written to.
func (x *TxnIndex) Sync() error { panic("filled in next") }

// Delete removes the file, which need not exist.
func (x *TxnIndex) Delete() error { panic("filled in next") }

// Rename moves the file, if there is one, and names the index anew.
func (x *TxnIndex) Rename(path string) error { panic("filled in next") }

// Size is the size of the file in bytes, 0 without one.
func (x *TxnIndex) Size() int64 { panic("filled in next") }

// Path is the file's name.
func (x *TxnIndex) Path() string { return x.path }

// CorruptTxnIndexError is a transaction index that contradicts itself or its segment.
type CorruptTxnIndexError struct{ Path, Text string }

func (e *CorruptTxnIndexError) Error() string { return e.Text }
