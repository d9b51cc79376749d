// Package metadatarecord holds the records of __cluster_metadata, which are also the records of
// KRaft snapshots. A record in the log is a frame version (1), its type and its version, each an
// unsigned varint, and the struct (Kafka's AbstractApiMessageSerde).
package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol"

// New makes a record of a type with defaults. It returns nil for an unknown type.
func New(typ int16) protocol.Message { return newRecord(typ) }

// Marshal returns the bytes of a metadata record's value. The error is wire.ErrTooLong.
func Marshal(m protocol.Message, version int16) ([]byte, error) {
	return protocol.MarshalFramed(m, version)
}

// Unmarshal reads a metadata record's value. Trailing bytes are an error. Errors wrap
// protocol.ErrUnknownRecord or the errors of protocol.Message. Byte fields are views into b.
func Unmarshal(b []byte) (m protocol.Message, version int16, err error) {
	return protocol.UnmarshalFramed(b, newRecord)
}
