package storage

import (
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// AbortedTxn is one aborted transaction, as a transaction index stores it: ProducerID, FirstOffset,
// LastOffset (of the abort marker) and LastStableOffset after the transaction ended.
type AbortedTxn = segfile.AbortedTxn

// AbortedTxnSize is the length of one entry of a transaction index, a .txnindex file, in bytes.
const AbortedTxnSize = segfile.AbortedTxnSize

// ParseAbortedTxn reads the entry of a transaction index at the front of b; ok is false when b is
// too short. The caller refuses versions above 0.
func ParseAbortedTxn(b []byte) (t AbortedTxn, version int16, ok bool) {
	return segfile.ParseAbortedTxn(b)
}

// CheckpointError is a checkpoint file that cannot be parsed. Its text names the file and the line.
type CheckpointError = checkpoint.Error

// EpochEntry says that the leader of Epoch wrote its first record at StartOffset.
type EpochEntry = checkpoint.EpochEntry
