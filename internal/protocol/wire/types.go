// Package wire holds the primitive types of Kafka's binary protocol and the bounded reader and the writer that
// generated codecs are made of.
package wire

// UUID is Kafka's 128-bit identifier, most significant byte first.
type UUID [16]byte

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
}
