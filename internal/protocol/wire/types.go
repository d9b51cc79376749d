// Package wire holds the primitive types of Kafka's binary protocol and the bounded reader and the writer that
// generated codecs are made of.
package wire

import (
	"encoding/base64"
	"fmt"
)

// UUID is Kafka's 128-bit identifier, most significant byte first.
type UUID [16]byte

// String is Kafka's text form: 22 characters of URL-safe base64 without padding.
func (u UUID) String() string { return base64.RawURLEncoding.EncodeToString(u[:]) }

// IsZero is whether the id is Kafka's ZERO_UUID, which stands for "none".
func (u UUID) IsZero() bool { return u == UUID{} }

// ParseUUID reads what String writes.
func ParseUUID(s string) (u UUID, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != len(u) {
		return UUID{}, fmt.Errorf("%q is not a UUID of 22 URL-safe base64 characters", s)
	}
	return UUID(b), nil
}

// Payload is a run of bytes that stands outside a Writer's buffer, for example ranges of log segment files.
// Whoever puts the buffer on a socket puts the payload in its place.
type Payload interface {
	// Size is the number of bytes the payload stands for.
	Size() int
}

// Records is a record set in a message: bytes at hand, or a payload that the socket writer splices in.
type Records struct {
	// Bytes is the record set; nil is null where the field is nullable.
	Bytes []byte
	// External, when set, stands instead of Bytes. Only encoding uses it.
	External Payload
}

// Splice is a payload and the position in a Writer's buffer where it belongs.
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
