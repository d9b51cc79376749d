package protocol

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// ErrUnknownRecord is the error for a record whose type this version does not know. Kafka's
// coordinators skip such a record with a warning. Its controllers refuse it.
var ErrUnknownRecord = errors.New("unknown record type")

// frameVersion is the first byte of a metadata record (Kafka's AbstractApiMessageSerde).
const frameVersion = 1

// EncodeVersioned returns an int16 version and the message in it: values of coordinator records,
// content of the consumer protocol, principals. The error is wire.ErrTooLong.
func EncodeVersioned(m Message, version int16) ([]byte, error) {
	var w wire.Writer
	w.Int16(version)
	m.Encode(&w, version)
	return encoded(&w, m)
}

// DecodeVersioned reads the output of EncodeVersioned into m. A version above m's versions is
// ErrUnsupportedVersion.
func DecodeVersioned(m Message, b []byte) (version int16, err error) {
	r := wire.NewReader(b)
	version = r.Int16()
	if !r.OK() {
		return 0, r.Err()
	}
	return version, m.DecodeFrom(&r, version)
}

// EncodeRecordKey returns the key of a coordinator record: the record type as int16, and the key in
// its only version. The error is wire.ErrTooLong.
func EncodeRecordKey(m Message) ([]byte, error) {
	var w wire.Writer
	w.Int16(m.APIKey())
	m.Encode(&w, 0)
	return encoded(&w, m)
}

// DecodeRecordKey reads the key of a coordinator record. newKey makes the key of a type. It returns
// nil for an unknown type.
func DecodeRecordKey(b []byte, newKey func(int16) Message) (Message, error) {
	r := wire.NewReader(b)
	typ := r.Int16()
	if !r.OK() {
		return nil, r.Err()
	}
	m := newKey(typ)
	if m == nil {
		return nil, fmt.Errorf("%w: key type %d", ErrUnknownRecord, typ)
	}
	if err := m.DecodeFrom(&r, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return m, nil
}

// DecodeRecordValue reads the value of a coordinator record whose key has type typ. A null value, a
// tombstone, is a nil Message.
func DecodeRecordValue(typ int16, b []byte, newValue func(int16) Message) (Message, error) {
	if b == nil {
		return nil, nil
	}
	m := newValue(typ)
	if m == nil {
		return nil, fmt.Errorf("%w: value type %d", ErrUnknownRecord, typ)
	}
	if _, err := DecodeVersioned(m, b); err != nil {
		return nil, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return m, nil
}

// MarshalFramed returns a metadata record in its log format: frame version, type and version as
// unsigned varints, and the body. The error is wire.ErrTooLong.
func MarshalFramed(m Message, version int16) ([]byte, error) {
	var w wire.Writer
	w.Uvarint(frameVersion)
	w.Uvarint(uint32(m.APIKey()))
	w.Uvarint(uint32(version))
	m.Encode(&w, version)
	return encoded(&w, m)
}

// UnmarshalFramed reads the output of MarshalFramed. Bytes after the record are an error, as in
// Kafka.
func UnmarshalFramed(b []byte, newRecord func(int16) Message) (m Message, version int16, err error) {
	r := wire.NewReader(b)
	frame, typ, v := r.Uvarint(), r.Uvarint(), r.Uvarint()
	switch {
	case !r.OK():
		return nil, 0, r.Err()
	case frame != frameVersion:
		r.Fail("frame version " + strconv.Itoa(int(frame)) + ", only 1 is known")
		return nil, 0, r.Err()
	case typ > math.MaxInt16 || v > math.MaxInt16:
		r.Fail("record type or version is out of bounds")
		return nil, 0, r.Err()
	}
	if m = newRecord(int16(typ)); m == nil {
		return nil, 0, fmt.Errorf("%w: %d", ErrUnknownRecord, typ)
	}
	if err = m.DecodeFrom(&r, int16(v)); err == nil && r.Len() > 0 {
		r.Fail(strconv.Itoa(r.Len()) + " bytes of garbage after the record")
		err = r.Err()
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return m, int16(v), nil
}

// encoded returns the bytes of a record, or the error of a string in it that does not fit.
func encoded(w *wire.Writer, m Message) ([]byte, error) {
	if err := w.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return w.Buf, nil
}
