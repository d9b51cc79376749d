// Package wire holds the primitive types of Kafka's binary protocol, and the bounded reader and the
// writer of the generated codecs.
package wire

import "github.com/gregorhq/gregor/internal/uuid"

// UUID is Kafka's 128-bit identifier, most significant byte first.
type UUID [16]byte

// String returns Kafka's text of the id.
func (u UUID) String() string { return uuid.Format(u) }

// IsZero reports whether the id is Kafka's ZERO_UUID, which means "none".
func (u UUID) IsZero() bool { return u == UUID{} }

// ParseUUID reads the text of an id. The error has Kafka's text.
func ParseUUID(s string) (UUID, error) {
	id, err := uuid.Parse(s)
	return id, err
}

// Payload is a run of bytes outside of a Writer's buffer, for example ranges of log segment files.
// The code that writes the buffer to a socket inserts the payload.
type Payload interface {
	// Size returns the number of the payload's bytes.
	Size() int
}

// Records is a record set in a message: bytes in memory, or a payload that the socket writer
// inserts.
type Records struct {
	// Bytes is the record set. Nil is null in a nullable field.
	Bytes []byte
	// External, when set, replaces Bytes. Only the encoder uses it.
	External Payload
}

// Splice is a payload and its position in a Writer's buffer.
type Splice struct {
	At      int
	Payload Payload
}

// Writer collects an encoded message. Splices are in ascending order of At.
type Writer struct {
	Buf     []byte
	Splices []Splice

	err error // ErrTooLong
}
