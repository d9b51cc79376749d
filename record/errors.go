package record

import (
	"errors"
	"strings"
)

// Every error of this package wraps exactly one of these. The text before it describes the fault.
// In parentheses: the error code that a Kafka broker sends.
var (
	// ErrShort: the bytes end before the batch. This is normal at the end of a fetch answer,
	// which Kafka may cut anywhere.
	ErrShort = errors.New("record: incomplete batch")
	// ErrCorrupt: the bytes cannot be a batch, or do not match its checksum (CORRUPT_MESSAGE).
	ErrCorrupt = errors.New("record: corrupt batch")
	// ErrLegacy: a well-formed entry of format 0 or 1 where only format 2 is read.
	// [NextMessage] and [MessageSetReader] read it.
	ErrLegacy = errors.New("record: batch of message format 0 or 1")
	// ErrInvalid: the checksum is correct, but the payload does not match the header or breaks
	// a rule for producers (INVALID_RECORD). It is not ErrCorrupt, because a producer must not
	// send it again.
	ErrInvalid = errors.New("record: invalid record")
	// ErrInvalidTimestamp: a timestamp outside the topic's bounds (INVALID_TIMESTAMP).
	ErrInvalidTimestamp = errors.New("record: invalid timestamp")
	// ErrUnsupportedCodec: a compression type that does not exist, or not in this format
	// (UNSUPPORTED_COMPRESSION_TYPE).
	ErrUnsupportedCodec = errors.New("record: unsupported compression type")
	// ErrTooLarge: the output would exceed [Limits.MaxDecompressed], or a new batch exceeds 2
	// GiB (RECORD_TOO_LARGE).
	ErrTooLarge = errors.New("record: too large")
)

// Text returns the text of an error of this package without the name of its kind.
func Text(err error) string {
	text := err.Error()
	for _, kind := range []error{ErrShort, ErrCorrupt, ErrLegacy, ErrInvalid, ErrInvalidTimestamp, ErrUnsupportedCodec, ErrTooLarge} {
		text = strings.TrimSuffix(text, ": "+kind.Error())
	}
	return text
}
