package wire

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestPrimitives(t *testing.T) {
	var w Writer
	id := UUID{1, 2, 15: 3}
	w.Bool(true)
	w.Int8(-2)
	w.Int16(-3)
	w.Uint16(65535)
	w.Int32(-4)
	w.Uint32(math.MaxUint32)
	w.Int64(math.MinInt64)
	w.Float64(-1.5)
	w.UUID(id)
	w.Uvarint(math.MaxUint32)
	w.Uvarint(127)
	w.Varint(math.MinInt32)
	w.Varint(-1)
	w.Varlong(math.MinInt64)
	w.Varlong(math.MaxInt64)
	for _, flex := range []bool{false, true} {
		w.String(flex, "kafka")
		w.NullableString(flex, true, nil)
		w.NullableString(flex, false, nil)
		w.Bytes(flex, []byte("b"))
		w.NullableBytes(flex, true, nil)
		w.NullableBytes(flex, true, []byte{})
	}
	r := NewReader(w.Buf)
	eq := func(what string, got, want any) {
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	eq("bool", r.Bool(), true)
	eq("int8", r.Int8(), int8(-2))
	eq("int16", r.Int16(), int16(-3))
	eq("uint16", r.Uint16(), uint16(65535))
	eq("int32", r.Int32(), int32(-4))
	eq("uint32", r.Uint32(), uint32(math.MaxUint32))
	eq("int64", r.Int64(), int64(math.MinInt64))
	eq("float64", r.Float64(), -1.5)
	eq("uuid", r.UUID(), id)
	eq("uvarint", r.Uvarint(), uint32(math.MaxUint32))
	eq("uvarint", r.Uvarint(), uint32(127))
	eq("varint", r.Varint(), int32(math.MinInt32))
	eq("varint", r.Varint(), int32(-1))
	eq("varlong", r.Varlong(), int64(math.MinInt64))
	eq("varlong", r.Varlong(), int64(math.MaxInt64))
	for _, flex := range []bool{false, true} {
		eq("string", r.String(flex, ""), "kafka")
		eq("null string", r.NullableString(flex, nil), (*string)(nil))
		eq("null string, not nullable", *r.NullableString(flex, nil), "")
		eq("bytes", string(r.Bytes(flex)), "b")
		eq("null bytes", r.NullableBytes(flex) == nil, true)
		eq("empty bytes", r.NullableBytes(flex) != nil, true)
	}
	if r.Err() != nil || r.Len() != 0 {
		t.Errorf("%v, %d bytes left", r.Err(), r.Len())
	}
}

// TestVarintBytes checks the encoding of record varints (KIP-98: zigzag, least significant group
// first).
func TestVarintBytes(t *testing.T) {
	for v, want := range map[int32][]byte{0: {0}, -1: {1}, 1: {2}, 63: {0x7e}, -64: {0x7f}, 64: {0x80, 1}, math.MaxInt32: {0xfe, 0xff, 0xff, 0xff, 0x0f}} {
		var w Writer
		if w.Varint(v); !bytes.Equal(w.Buf, want) {
			t.Errorf("%d: %x, want %x", v, w.Buf, want)
		}
	}
}

// TestEndTag writes fields with sizes around the limits of the size's own length.
func TestEndTag(t *testing.T) {
	for _, n := range []int{0, 1, 126, 127, 128, 129, 16383, 16384, 1 << 21} {
		var w Writer
		body := bytes.Repeat([]byte{0xab}, n)
		mark := w.BeginTag(300)
		w.Raw(body)
		w.EndTag(mark)
		r := NewReader(w.Buf)
		tag, end := r.Tag()
		if tag != 300 || end != len(w.Buf) || !bytes.Equal(r.Raw(n), body) {
			t.Errorf("%d bytes: tag %d, end %d of %d, %v", n, tag, end, len(w.Buf), r.Err())
		}
		r.EndTag(end)
		if r.Err() != nil {
			t.Error(r.Err())
		}
	}
}

func TestErrorsStick(t *testing.T) {
	r := NewReader([]byte{0, 1, 2})
	r.Int16()
	if r.Int64() != 0 || !errors.Is(r.Err(), ErrMalformed) {
		t.Fatal(r.Err())
	}
	first := r.Err()
	if r.Int8() != 0 || r.String(true, "old") != "" || r.NullableString(false, nil) != nil || r.ArrayLen(true, 1) != 0 || r.TagCount() != 0 || r.Len() != 0 {
		t.Error("a failed reader still gives values")
	}
	var m *MalformedError
	if r.Err() != first || !errors.As(first, &m) || m.Pos != 2 {
		t.Errorf("%v became %v", first, r.Err())
	}
}

func TestLongStringIsCutAndReported(t *testing.T) {
	var w Writer
	w.String(false, strings.Repeat("x", 40_000))
	r := NewReader(w.Buf)
	if s := r.String(false, ""); s != "" || r.Len() != 0 || !errors.Is(w.Err(), ErrTooLong) {
		t.Errorf("%d bytes, %v", len(s), w.Err())
	}
	if w.Reset(); w.Err() != nil {
		t.Error(w.Err())
	}
}

func TestSliceKeepsElements(t *testing.T) {
	r := NewReader(make([]byte, 100))
	old := make([][]int, 1, 4)
	old[:4][3] = make([]int, 7)
	s := Slice(&r, old[:0], 3)
	if &s[0] != &old[:1][0] {
		t.Error("the capacity was not used")
	}
	if s = Slice(&r, old, 6); len(s[3]) != 7 {
		t.Error("the elements did not move to the larger slice")
	}
	if s = Slice[[]int](&r, nil, 0); s == nil {
		t.Error("nil for an empty array")
	}
	if s = Slice[[]int](&r, nil, 1<<20); s != nil || r.OK() {
		t.Error("more than the budget was allocated")
	}
}

func TestUUIDText(t *testing.T) {
	id := UUID{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xfe}
	back, err := ParseUUID(id.String())
	if err != nil || back != id || len(id.String()) != 22 {
		t.Errorf("%s: %v, %v", id, back, err)
	}
	if (UUID{}).String() != "AAAAAAAAAAAAAAAAAAAAAA" || !(UUID{}).IsZero() || id.IsZero() {
		t.Error("zero UUID")
	}
	for _, bad := range []string{"", "AAAA", strings.Repeat("A", 23), "AAAAAAAAAAAAAAAAAAAA/+"} {
		if _, err := ParseUUID(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
