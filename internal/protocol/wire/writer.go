package wire

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrTooLong is the error of a string above MaxString.
var ErrTooLong = errors.New("string is too long to be serialized")

// Reset empties the writer and keeps its buffer.
func (w *Writer) Reset() {
	clear(w.Splices)
	w.Buf, w.Splices, w.err = w.Buf[:0], w.Splices[:0], nil
}

// Err returns ErrTooLong when a string did not fit, else nil. After an error the output must not be
// used.
func (w *Writer) Err() error { return w.err }

// Len returns the number of bytes written so far, payloads included.
func (w *Writer) Len() int {
	n := len(w.Buf)
	for i := range w.Splices {
		n += w.Splices[i].Payload.Size()
	}
	return n
}

// Bool writes 0 or 1.
func (w *Writer) Bool(v bool) {
	if v {
		w.Buf = append(w.Buf, 1)
	} else {
		w.Buf = append(w.Buf, 0)
	}
}

// Int8 writes one byte.
func (w *Writer) Int8(v int8) { w.Buf = append(w.Buf, byte(v)) }

// Int16 writes two bytes, big endian.
func (w *Writer) Int16(v int16) { w.Buf = binary.BigEndian.AppendUint16(w.Buf, uint16(v)) }

// Uint16 writes two bytes, big endian.
func (w *Writer) Uint16(v uint16) { w.Buf = binary.BigEndian.AppendUint16(w.Buf, v) }

// Int32 writes four bytes, big endian.
func (w *Writer) Int32(v int32) { w.Buf = binary.BigEndian.AppendUint32(w.Buf, uint32(v)) }

// Uint32 writes four bytes, big endian.
func (w *Writer) Uint32(v uint32) { w.Buf = binary.BigEndian.AppendUint32(w.Buf, v) }

// Int64 writes eight bytes, big endian.
func (w *Writer) Int64(v int64) { w.Buf = binary.BigEndian.AppendUint64(w.Buf, uint64(v)) }

// Float64 writes an IEEE 754 double, big endian.
func (w *Writer) Float64(v float64) { w.Int64(int64(math.Float64bits(v))) }

// UUID writes 16 bytes.
func (w *Writer) UUID(v UUID) { w.Buf = append(w.Buf, v[:]...) }

// Raw writes bytes without a length.
func (w *Writer) Raw(b []byte) { w.Buf = append(w.Buf, b...) }

// Uvarint writes an unsigned varint.
func (w *Writer) Uvarint(v uint32) {
	if v < 0x80 {
		w.Buf = append(w.Buf, byte(v))
		return
	}
	w.Buf = binary.AppendUvarint(w.Buf, uint64(v))
}

// Varint writes a zigzag varint.
func (w *Writer) Varint(v int32) { w.Uvarint(uint32(v)<<1 ^ uint32(v>>31)) }

// Varlong writes a zigzag varint of 64 bits.
func (w *Writer) Varlong(v int64) { w.Buf = binary.AppendVarint(w.Buf, v) }

// size writes the length of a non-null field, in four bytes when it is not compact.
func (w *Writer) size(flex bool, n int) {
	if flex {
		w.Uvarint(uint32(n) + 1)
	} else {
		w.Int32(int32(n))
	}
}

// MaxString is the largest size of a string in bytes. As in Kafka, it also holds for compact
// strings, whose length field could hold more.
const MaxString = math.MaxInt16

// String writes a string, compact when flex.
func (w *Writer) String(flex bool, s string) {
	if len(s) > MaxString {
		s, w.err = "", ErrTooLong
	}
	if flex {
		w.Uvarint(uint32(len(s)) + 1)
	} else {
		w.Int16(int16(len(s)))
	}
	w.Buf = append(w.Buf, s...)
}

// NullableString writes a string. When s is nil, it writes null if the version allows it, else an
// empty string.
func (w *Writer) NullableString(flex, nullable bool, s *string) {
	switch {
	case s != nil:
		w.String(flex, *s)
	case !nullable:
		w.String(flex, "")
	case flex:
		w.Uvarint(0)
	default:
		w.Int16(-1)
	}
}

// Bytes writes a byte field that is not null.
func (w *Writer) Bytes(flex bool, b []byte) {
	w.size(flex, len(b))
	w.Buf = append(w.Buf, b...)
}

// NullableBytes writes a byte field. When b is nil, it writes null if the version allows it.
func (w *Writer) NullableBytes(flex, nullable bool, b []byte) {
	if b == nil && nullable {
		w.Null(flex)
		return
	}
	w.Bytes(flex, b)
}

// Records writes a record set. For an external one it adds a splice.
func (w *Writer) Records(flex, nullable bool, v Records) {
	if v.External == nil {
		w.NullableBytes(flex, nullable, v.Bytes)
		return
	}
	w.size(flex, v.External.Size())
	w.Splices = append(w.Splices, Splice{At: len(w.Buf), Payload: v.External})
}

// Null writes a null array or a null byte field.
func (w *Writer) Null(flex bool) {
	if flex {
		w.Uvarint(0)
	} else {
		w.Int32(-1)
	}
}

// ArrayLen writes the element count of an array.
func (w *Writer) ArrayLen(flex bool, n int) { w.size(flex, n) }

// NullableArrayLen writes the element count of an array, or null when null is true and the version
// allows it.
func (w *Writer) NullableArrayLen(flex, nullable, null bool, n int) {
	if null && nullable {
		w.Null(flex)
		return
	}
	w.size(flex, n)
}

// BeginTag writes the head of a tagged field. Its result is the argument of EndTag, which fills in
// the size.
func (w *Writer) BeginTag(tag uint32) (mark int) {
	w.Uvarint(tag)
	w.Buf = append(w.Buf, 0)
	return len(w.Buf)
}

// EndTag writes the size of the field that began at mark. One byte is reserved for it, and a longer
// size moves the field.
func (w *Writer) EndTag(mark int) {
	n := len(w.Buf) - mark
	if n < 0x80 {
		w.Buf[mark-1] = byte(n)
		return
	}
	var head [binary.MaxVarintLen32]byte
	k := binary.PutUvarint(head[:], uint64(n))
	w.Buf = append(w.Buf, head[1:k]...) // room
	copy(w.Buf[mark-1+k:], w.Buf[mark:mark+n])
	copy(w.Buf[mark-1:], head[:k])
}
