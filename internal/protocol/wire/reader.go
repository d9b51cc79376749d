package wire

import (
	"encoding/binary"
	"math"
	"strconv"
	"unsafe"

	"github.com/gregorhq/gregor/internal/java"
)

// Bounds of a message, whatever its length fields claim.
const (
	// MaxArrayElements is the largest element count of one array.
	MaxArrayElements = 1_000_000
	// MaxTaggedFields is the largest count of one tagged field section.
	MaxTaggedFields = 10_000

	// costFactor and costFloor bound the allocations of a decoder: factor times the input, and a
	// floor, because a small valid request can have many empty fields.
	costFactor = 8
	costFloor  = 256 << 10
)

// Reader decodes Kafka's primitives from untrusted bytes. It compares a length or a count with the
// remaining bytes before it allocates, and keeps all allocations together below 8 times the input
// (plus a floor of 256 KiB).
//
// The first error sticks: afterwards every method returns zero values and no bytes remain, so that
// generated code checks Err once. A Reader must not be shared between goroutines.
type Reader struct {
	buf    []byte
	off    int
	budget int // bytes that the decoder may still allocate
	// elements counts the elements of all arrays so far. most is the bound of LimitElements, 0 for
	// none.
	elements, most int
	err            error
}

// NewReader starts at the first byte of src. Decoded byte fields are views into src, strings are
// copies.
func NewReader(src []byte) Reader {
	return Reader{buf: src, budget: costFactor*len(src) + costFloor}
}

// Reset makes the reader start at the first byte of src.
func (r *Reader) Reset(src []byte) { *r = NewReader(src) }

// LimitElements makes the reader fail when all arrays of the message together have more than n
// elements. Many small elements are cheap to send, but expensive to process and to answer.
func (r *Reader) LimitElements(n int) { r.most = n }

// Elements returns the number of elements of all arrays so far.
func (r *Reader) Elements() int { return r.elements }

// Err returns the first error, a *MalformedError, or nil.
func (r *Reader) Err() error { return r.err }

// OK reports whether there was no error so far.
func (r *Reader) OK() bool { return r.err == nil }

// Pos returns the position of the next byte.
func (r *Reader) Pos() int { return r.off }

// Len returns the number of remaining bytes. It is 0 after an error.
func (r *Reader) Len() int { return len(r.buf) - r.off }

// Rest returns the remaining bytes, without consuming them.
func (r *Reader) Rest() []byte { return r.buf[r.off:] }

// Fail makes the reader fail at the current position, unless it has failed before.
func (r *Reader) Fail(reason string) {
	if r.err == nil {
		r.err = &MalformedError{Pos: r.off, Reason: reason}
	}
	r.off = len(r.buf)
}

// FailNull reports a null in a field that cannot be null in this version.
func (r *Reader) FailNull(field string) { r.Fail("null for non-nullable field " + field) }

func (r *Reader) short(what string, need int) {
	r.Fail(what + " needs " + strconv.Itoa(need) + " bytes, " + strconv.Itoa(r.Len()) + " remain")
}

// charge accounts for an allocation of n bytes. It returns false when the message exceeds its
// budget.
func (r *Reader) charge(n int) bool {
	if n > r.budget {
		r.Fail("decoding would take more than " + strconv.Itoa(costFactor) + " times the message's bytes")
		return false
	}
	r.budget -= n
	return true
}

// Bool reads one byte. Any value but 0 is true.
func (r *Reader) Bool() bool { return r.Int8() != 0 }

// Int8 reads one byte.
func (r *Reader) Int8() int8 {
	if r.off >= len(r.buf) {
		r.short("int8", 1)
		return 0
	}
	v := r.buf[r.off]
	r.off++
	return int8(v)
}

// Int16 reads two bytes, big endian.
func (r *Reader) Int16() int16 { return int16(r.Uint16()) }

// Uint16 reads two bytes, big endian.
func (r *Reader) Uint16() uint16 {
	if len(r.buf)-r.off < 2 {
		r.short("int16", 2)
		return 0
	}
	v := binary.BigEndian.Uint16(r.buf[r.off:])
	r.off += 2
	return v
}

// Int32 reads four bytes, big endian.
func (r *Reader) Int32() int32 { return int32(r.Uint32()) }

// Uint32 reads four bytes, big endian.
func (r *Reader) Uint32() uint32 {
	if len(r.buf)-r.off < 4 {
		r.short("int32", 4)
		return 0
	}
	v := binary.BigEndian.Uint32(r.buf[r.off:])
	r.off += 4
	return v
}

// Int64 reads eight bytes, big endian.
func (r *Reader) Int64() int64 {
	if len(r.buf)-r.off < 8 {
		r.short("int64", 8)
		return 0
	}
	v := binary.BigEndian.Uint64(r.buf[r.off:])
	r.off += 8
	return int64(v)
}

// Float64 reads an IEEE 754 double, big endian.
func (r *Reader) Float64() float64 { return math.Float64frombits(uint64(r.Int64())) }

// UUID reads 16 bytes.
func (r *Reader) UUID() (id UUID) {
	if len(r.buf)-r.off < len(id) {
		r.short("uuid", len(id))
		return id
	}
	copy(id[:], r.buf[r.off:])
	r.off += len(id)
	return id
}

// Uvarint reads an unsigned varint of at most 32 bits (5 bytes), Kafka's
// ByteUtils.readUnsignedVarint.
func (r *Reader) Uvarint() uint32 {
	if r.off < len(r.buf) {
		if b := r.buf[r.off]; b < 0x80 { // nearly always
			r.off++
			return uint32(b)
		}
	}
	return uint32(r.uvarint(5))
}

func (r *Reader) uvarint(limit int) uint64 {
	var v uint64
	for i := range limit {
		if r.off+i >= len(r.buf) {
			r.short("varint", i+1)
			return 0
		}
		b := r.buf[r.off+i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.off += i + 1
			if limit == 5 && v > math.MaxUint32 {
				r.Fail("varint does not fit 32 bits")
				return 0
			}
			return v
		}
	}
	r.Fail("varint is longer than " + strconv.Itoa(limit) + " bytes")
	return 0
}

// Varint reads a zigzag varint of 32 bits, as in records.
func (r *Reader) Varint() int32 {
	v := r.Uvarint()
	return int32(v>>1) ^ -int32(v&1)
}

// Varlong reads a zigzag varint of 64 bits, as in records.
func (r *Reader) Varlong() int64 {
	v := r.uvarint(10)
	return int64(v>>1) ^ -int64(v&1)
}

// Raw reads n bytes and returns a view.
func (r *Reader) Raw(n int) []byte {
	if n < 0 || n > r.Len() {
		r.short("bytes", n)
		return nil
	}
	b := r.buf[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// compactLen reads the length of a compact string, byte field or array. -1 is null.
func (r *Reader) compactLen() int { return int(r.Uvarint()) - 1 }

func (r *Reader) stringView(flex bool) (b []byte, null bool) {
	var n int
	if flex {
		n = r.compactLen()
	} else {
		n = int(r.Int16())
	}
	if r.err != nil || n == -1 {
		return nil, true
	}
	if n < 0 || n > math.MaxInt16 {
		r.Fail("string length " + strconv.Itoa(n) + " is out of bounds")
		return nil, true
	}
	b = r.Raw(n)
	return b, r.err != nil
}

// String reads a string that is not null. It is compact when flex. old is the previous value of the
// field: String returns it when it is equal, which saves a copy when a struct is decoded into
// repeatedly. As in Kafka, a malformed sequence of UTF-8 becomes U+FFFD, so that every string of a
// request is valid in logs and in answers.
func (r *Reader) String(flex bool, old string) string {
	b, null := r.stringView(flex)
	if null {
		if r.err == nil {
			r.FailNull("(string)")
		}
		return ""
	}
	if string(b) == old {
		return old
	}
	if !r.charge(len(b)) {
		return ""
	}
	return java.DecodeUTF8(b)
}

// NullableString reads a string or null (nil). old is as in String.
func (r *Reader) NullableString(flex bool, old *string) *string {
	b, null := r.stringView(flex)
	if null {
		return nil
	}
	if old != nil && string(b) == *old {
		return old
	}
	if !r.charge(len(b) + int(unsafe.Sizeof(""))) {
		return nil
	}
	s := java.DecodeUTF8(b)
	return &s
}

// Bytes reads a byte field that is not null, and returns a view.
func (r *Reader) Bytes(flex bool) []byte {
	b := r.NullableBytes(flex)
	if b == nil && r.err == nil {
		r.FailNull("(bytes)")
	}
	return b
}

// NullableBytes reads a byte field and returns a view. A null is nil, an empty field is not.
func (r *Reader) NullableBytes(flex bool) []byte {
	var n int
	if flex {
		n = r.compactLen()
	} else {
		n = int(r.Int32())
	}
	if r.err != nil || n == -1 {
		return nil
	}
	return r.Raw(n)
}

// Present reads the marker of a nullable struct and reports whether a struct follows.
func (r *Reader) Present() bool { return r.Int8() >= 0 && r.err == nil }
