package record

import (
	"errors"
	"strings"
)

// Every error of this package wraps exactly one of these; the text before it says what was wrong. Which Kafka error code a broker
// answers with is stated beside each.
var (
	// ErrShort: the bytes end before the batch does. Normal at the end of a fetch answer, which Kafka may cut anywhere.
	ErrShort = errors.New("record: incomplete batch")
	// ErrCorrupt: the bytes cannot be a batch, or are not what its checksum says (CORRUPT_MESSAGE).
	ErrCorrupt = errors.New("record: corrupt batch")
	// ErrLegacy: a well-formed entry of format 0 or 1 where only format 2 is read; use [NextMessage] or [MessageSetReader].
	ErrLegacy = errors.New("record: batch of message format 0 or 1")
	// ErrInvalid: intact as far as checksums tell, but the payload is not what the header says, or it breaks a rule for what producers may
	// send (INVALID_RECORD). Sending it again would not help, which is why it is not ErrCorrupt.
	ErrInvalid = errors.New("record: invalid record")
	// ErrInvalidTimestamp: a timestamp outside what the topic allows (INVALID_TIMESTAMP).
	ErrInvalidTimestamp = errors.New("record: invalid timestamp")
	// ErrUnsupportedCodec: a compression type that does not exist or that the format does not know (UNSUPPORTED_COMPRESSION_TYPE).
	ErrUnsupportedCodec = errors.New("record: unsupported compression type")
	// ErrTooLarge: decompressing would exceed [Limits.MaxDecompressed], or a batch under construction exceeds 2 GiB (RECORD_TOO_LARGE).
	ErrTooLarge = errors.New("record: too large")
)

// Text is what an error of this package says, without the name of its kind.
func Text(err error) string {
	text := err.Error()
	for _, kind := range []error{ErrShort, ErrCorrupt, ErrLegacy, ErrInvalid, ErrInvalidTimestamp, ErrUnsupportedCodec, ErrTooLarge} {
		text = strings.TrimSuffix(text, ": "+kind.Error())
	}
	return text
}
