package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Sizes of the formats before 2: everything up to the key's length field, and the value's length
// field (Kafka: LegacyRecord).
const (
	messageHeaderV0 = LogOverhead + minLegacyOverhead
	messageHeaderV1 = messageHeaderV0 + 8
)

// Message is one entry of format 0 or 1 (before Kafka 0.11): a plain message, or a wrapper whose
// value is a compressed set of messages.
//
//	 0  offset     int64   of the message; in a wrapper, of its last inner message
//	 8  size       int32   bytes after this field
//	12  CRC-32     uint32  (IEEE) of everything from offset 16 to the end
//	16  magic      int8    0 or 1
//	17  attributes int8    bits 0-2 codec, 3 timestamp type (format 1)
//	18  timestamp  int64   format 1 only
//	    key        int32 length (-1: null) and bytes
//	    value      int32 length (-1: null) and bytes
//
// It is a view. [NextMessage] makes it.
type Message []byte

// NextMessage splits the first message off b. Like [Next], it checks sizes and magic only. A batch
// of format 2 is ErrInvalid.
func NextMessage(b []byte) (m Message, rest []byte, err error) {
	size, magic, err := Peek(b)
	if err != nil {
		return nil, b, err
	}
	if magic == currentMagic {
		return nil, b, fmt.Errorf("batch of format 2 in a message set: %w", ErrInvalid)
	}
	if size > len(b) {
		return nil, b, ErrShort
	}
	return Message(b[:size:size]), b[size:], nil
}

// Offset returns the stored offset. Inside a wrapper of format 1 it is relative to the wrapper.
func (m Message) Offset() int64 { return int64(binary.BigEndian.Uint64(m)) }

// Magic returns the format, 0 or 1.
func (m Message) Magic() int8 { return int8(m[magicAt]) }

// CRC returns the stored CRC-32.
func (m Message) CRC() uint32 { return binary.BigEndian.Uint32(m[LogOverhead:]) }

// Attributes returns the raw attribute bits.
func (m Message) Attributes() int8 { return int8(m[17]) }

// Codec returns the compression of the value. A message with a codec other than None is a wrapper.
func (m Message) Codec() Codec { return Codec(m.Attributes() & codecMask) }

// TimestampType returns the origin of the timestamp. Format 0 has none.
func (m Message) TimestampType() TimestampType {
	if m.Magic() == 0 {
		return NoTimestampType
	}
	return TimestampType(m.Attributes() & timestampTypeBit >> 3)
}

// Timestamp returns the timestamp in milliseconds, NoTimestamp in format 0.
func (m Message) Timestamp() int64 {
	if m.Magic() == 0 {
		return NoTimestamp
	}
	return int64(binary.BigEndian.Uint64(m[18:]))
}

// Fields returns the key and the value; nil is null. ok is false when they do not fill the message
// exactly.
func (m Message) Fields() (key, value []byte, ok bool) {
	at := 18
	if m.Magic() == 1 {
		at += 8
	}
	key, rest, ok := nullable32(m[at:])
	if !ok {
		return nil, nil, false
	}
	value, rest, ok = nullable32(rest)
	return key, value, ok && len(rest) == 0
}

// Validate checks the CRC-32, the fields and the codec. Errors: ErrCorrupt, ErrUnsupportedCodec
// (zstd does not exist in these formats).
func (m Message) Validate() error {
	if len(m) < messageHeaderV0 || m.Magic() == 1 && len(m) < messageHeaderV1 || LogOverhead+int(beInt32(m[lengthAt:])) != len(m) {
		return fmt.Errorf("message of %d bytes has a wrong size field: %w", len(m), ErrCorrupt)
	}
	if crc := crc32.ChecksumIEEE(m[magicAt:]); crc != m.CRC() {
		return fmt.Errorf("record is corrupt (stored crc = %d, computed crc = %d): %w", m.CRC(), crc, ErrCorrupt)
	}
	if _, _, ok := m.Fields(); !ok {
		return fmt.Errorf("message whose key and value do not fill it: %w", ErrCorrupt)
	}
	if m.Codec() > LZ4 {
		return fmt.Errorf("compression type id %d in message format %d: %w", m.Codec(), m.Magic(), ErrUnsupportedCodec)
	}
	return nil
}

// nullable32 reads an int32 length and that many bytes. -1 is null.
func nullable32(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	l := int(beInt32(b))
	b = b[4:]
	if l < -1 || l > len(b) {
		return nil, nil, false
	}
	if l == -1 {
		return nil, b, true
	}
	return b[:l:l], b[l:], true
}
