package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Errors of reads and of the log's life. IO errors are wrapped in *StorageError.
var (
	// ErrOffsetOutOfRange means that the offset is below the log start offset or above the log end
	// offset.
	ErrOffsetOutOfRange = errors.New("storage: offset out of range")
	// ErrClosed means that the log is closed or deleted.
	ErrClosed = errors.New("storage: log is closed")
	// ErrCorruptLog means that bytes in the middle of the log are no batch although no bytes are
	// missing (bit rot). Reads of these bytes fail. The log is not cut, because the batches behind
	// them may be whole.
	ErrCorruptLog = errors.New("storage: corrupt log")
	// ErrMissingFile means that a segment's .log file or the partition's folder does not exist
	// although the log has it.
	ErrMissingFile = errors.New("storage: file of the log is missing")
	// ErrWrongTopic means that partition.metadata in the folder names another topic id.
	ErrWrongTopic = errors.New("storage: folder belongs to another topic")
)

// StorageError is a failed disk operation: an error of [ClassDisk]. After one from an append, a
// Sync or a truncation the log takes no more writes. Every later write returns the same error, and
// the log retries nothing. The owner takes the log directory offline (Kafka's KAFKA_STORAGE_ERROR).
type StorageError struct {
	Op  string // the operation that failed
	Dir string // the partition's folder
	Err error
}

func (e *StorageError) Error() string {
	return fmt.Sprintf("storage: %s in %s: %v", e.Op, e.Dir, e.Err)
}

// Unwrap returns the cause.
func (e *StorageError) Unwrap() error { return e.Err }

// OutOfDescriptors reports whether the process, or the system, had no file descriptor left to open
// a file (EMFILE, ENFILE).
func OutOfDescriptors(err error) bool {
	return filepool.OutOfDescriptors(err)
}

// Class says what an error of this package, or of a file operation in a log directory, concerns.
// The class decides what the caller does. No caller looks at error numbers itself.
type Class uint8

// The classes.
const (
	// ClassNone is the class of nil.
	ClassNone Class = iota
	// ClassRefused: the request does not fit the log (offset out of range, refused records, closed
	// log, cleaning aborted). The disk and the log are well. Answer the client.
	ClassRefused
	// ClassRetry: no file descriptor was left. The operation changed nothing, or a second try
	// completes it. The log completes a change of its segments before it does anything that the
	// disk must not meet in between. Try it again later. The log and the directory stay in service.
	ClassRetry
	// ClassIndex: a file whose contents can be made again from the log or the metadata is damaged:
	// an index, a producer snapshot, a checkpoint. Rebuild it. A Log does so itself and never
	// returns this class.
	ClassIndex
	// ClassPartition: the log's own bytes are damaged or missing. Only this partition fails. The
	// directory stays in service.
	ClassPartition
	// ClassDisk: the disk failed (EIO, ENOSPC, EROFS and every error that is not known to be
	// something else). Take the log directory offline.
	ClassDisk
)

// String returns the name of the class for log lines.
func (c Class) String() string {
	return [...]string{"none", "refused", "retry", "index", "partition", "disk"}[c]
}

// Classify returns the class of err. An error that contains several ones has the class of the first
// rule that matches:
//
//   - refusals, also when they wrap the reason why the log is closed;
//   - errors of the disk with an error number that no other class has;
//   - a lack of file descriptors;
//   - damage to the log's own bytes;
//   - damage to a file that can be made again;
//   - everything else is the disk's.
func Classify(err error) Class {
	if err == nil {
		return ClassNone
	}
	var refused *AppendError
	var checkpoint *checkpoint.Error
	var txnIndex *segfile.CorruptTxnIndexError
	switch {
	case errors.As(err, &refused), errors.Is(err, ErrOffsetOutOfRange), errors.Is(err, ErrClosed), errors.Is(err, ErrCleanAborted):
		return ClassRefused
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EROFS):
		return ClassDisk
	case OutOfDescriptors(err):
		return ClassRetry
	case errors.Is(err, ErrCorruptLog), errors.Is(err, ErrMissingFile), errors.Is(err, ErrWrongTopic), errors.Is(err, ErrUncleanable):
		return ClassPartition
	case errors.As(err, &checkpoint), errors.As(err, &txnIndex), errors.Is(err, ErrCorruptSnapshot):
		return ClassIndex
	}
	return ClassDisk
}

// wrap gives err, of an operation on the folder dir, the form in which the package returns it: an
// error of ClassDisk becomes a *StorageError, and no other one does. A file that does not exist
// becomes ErrMissingFile, because callers have handled the files that need not exist.
func wrap(op, dir string, err error) error {
	if err == nil {
		return nil
	}
	var se *StorageError
	if errors.As(err, &se) {
		return err
	}
	if notExist(err) {
		err = fmt.Errorf("%w: %w", ErrMissingFile, err)
	}
	switch Classify(err) {
	case ClassRefused:
		return err
	case ClassDisk:
		return &StorageError{Op: op, Dir: dir, Err: err}
	}
	return &logError{op: op, dir: dir, err: err}
}

// logError is an error of a log with the operation. Its text names the folder once.
type logError struct {
	op, dir string
	err     error
}

func (e *logError) Error() string {
	cause := strings.TrimPrefix(e.err.Error(), "storage: ")
	return fmt.Sprintf("storage: %s in %s: %s", e.op, e.dir, strings.ReplaceAll(cause, e.dir+string(filepath.Separator), ""))
}

func (e *logError) Unwrap() error { return e.err }

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
	// OffsetsOutOfOrder: a follower got batches that do not continue its log
	// (UNKNOWN_SERVER_ERROR).
	OffsetsOutOfOrder
)

// RecordError names one bad record of a batch (KIP-467).
type RecordError struct {
	BatchIndex int32 // position of the record in the batch
	Message    string
}

// AppendError refuses records. Nothing was written.
type AppendError struct {
	Kind         AppendErrorKind
	Text         string
	RecordErrors []RecordError
	// NoKey is the number of records that had no key on a compacted topic.
	NoKey int
	Err   error
}

func (e *AppendError) Error() string { return e.Text }

// Unwrap returns the cause, a *ProducerError for ProducerRefused.
func (e *AppendError) Unwrap() error { return e.Err }
