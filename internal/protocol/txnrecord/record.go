// Package txnrecord holds the records of __transaction_state. A key in the log is its type (an
// int16) and the key struct, a value is its version (an int16) and the value struct (Kafka's
// CoordinatorRecordSerde).
package txnrecord

import "github.com/gregorhq/gregor/internal/protocol"

// NewKey makes the key of a record type with defaults. It returns nil for an unknown type.
func NewKey(typ int16) protocol.Message { return newKey(typ) }

// NewValue makes the value of a record type with defaults. It returns nil for an unknown type.
func NewValue(typ int16) protocol.Message { return newValue(typ) }

// EncodeKey returns the bytes of a record's key. The error is wire.ErrTooLong.
func EncodeKey(m protocol.Message) ([]byte, error) { return protocol.EncodeRecordKey(m) }

// DecodeKey reads a record's key. Its APIKey is the record type. Errors wrap
// protocol.ErrUnknownRecord or the errors of protocol.Message.
func DecodeKey(b []byte) (protocol.Message, error) { return protocol.DecodeRecordKey(b, newKey) }

// DecodeValue reads the value of a record whose key has the type typ. A null value, a tombstone, is
// a nil Message. Byte fields are views into b.
func DecodeValue(typ int16, b []byte) (protocol.Message, error) {
	return protocol.DecodeRecordValue(typ, b, newValue)
}
