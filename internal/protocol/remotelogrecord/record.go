// Package remotelogrecord holds the records of __remote_log_metadata, and the producer state of a
// remote segment. A record in the log is a frame version (1), its type and its version, each an
// unsigned varint, and the struct (Kafka's AbstractApiMessageSerde).
package remotelogrecord

import "github.com/gregorhq/gregor/internal/protocol"

// Unmarshal reads a remote log metadata record's value. Trailing bytes are an error. Errors wrap
// protocol.ErrUnknownRecord or the errors of protocol.Message. Byte fields are views into b.
func Unmarshal(b []byte) (m protocol.Message, version int16, err error) {
	return protocol.UnmarshalFramed(b, newRecord)
}
