package storage

import (
	"errors"
	"fmt"
	"syscall"
)

// Errors of reads and of the log's life. IO errors are wrapped in *StorageError.
var (
	// ErrOffsetOutOfRange: the offset is below the log start offset or above the log end offset.
	ErrOffsetOutOfRange = errors.New("storage: offset out of range")
	// ErrClosed: the log is closed or deleted.
	ErrClosed = errors.New("storage: log is closed")
)

// StorageError is a failed disk operation. After one from an append, a Sync or a truncation the
// log takes no more writes: every later one returns the same error, and nothing is retried. The
// owner takes the log directory offline (Kafka's KAFKA_STORAGE_ERROR).
type StorageError struct {
	Op  string // what was tried
	Dir string // the partition's folder
	Err error
}

func (e *StorageError) Error() string {
	return fmt.Sprintf("storage: %s in %s: %v", e.Op, e.Dir, e.Err)
}

// Unwrap returns the cause.
func (e *StorageError) Unwrap() error { return e.Err }

// OutOfDescriptors tells that a file could not be opened since the process, or the system, has too many open. The disk is well, and
// the operation may be tried again.
func OutOfDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// AppendErrorKind says why records were refused; the names follow Kafka's error codes.
type AppendErrorKind uint8

// The kinds of append errors.
const (
	// CorruptMessage: a length, magic or checksum is wrong (CORRUPT_MESSAGE).
	CorruptMessage AppendErrorKind = iota + 1
	// RecordTooLarge: a batch is above max.message.bytes (MESSAGE_TOO_LARGE).
	RecordTooLarge
	// RecordListTooLarge: one append is above segment.bytes (RECORD_LIST_TOO_LARGE).
	RecordListTooLarge
	// InvalidRecord: INVALID_RECORD, RecordErrors may say which ones.
	InvalidRecord
	// InvalidTimestamp: INVALID_TIMESTAMP.
	InvalidTimestamp
	// UnsupportedCompression: UNSUPPORTED_COMPRESSION_TYPE.
	UnsupportedCompression
	// UnsupportedFormat: UNSUPPORTED_FOR_MESSAGE_FORMAT, a magic below 2 from a producer.
	UnsupportedFormat
	// ProducerRefused: the producer state refuses the batch; Err is a *ProducerError.
	ProducerRefused
	// OffsetsOutOfOrder: a follower got batches that do not continue its log (UNKNOWN_SERVER_ERROR).
	OffsetsOutOfOrder
)

// RecordError names one bad record of a batch (KIP-467).
type RecordError struct {
	BatchIndex int32 // position of the record in the batch
	Message    string
}

// AppendError refuses records; nothing was written.
type AppendError struct {
	Kind         AppendErrorKind
	Text         string
	RecordErrors []RecordError
	// NoKey is how many records had no key on a compacted topic.
	NoKey int
	Err   error
}

func (e *AppendError) Error() string { return e.Text }

// Unwrap returns the cause, a *ProducerError for ProducerRefused.
func (e *AppendError) Unwrap() error { return e.Err }

// ErrCorruptLog: bytes in the middle of the log are no batch although nothing is missing (bit rot). Reads that meet them
// fail; the log is not cut, for what follows may be whole.
var ErrCorruptLog = errors.New("storage: corrupt log")
