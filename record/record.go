package record

import "iter"

// minRecordSize is the size of the smallest record of format 2: length, attributes, two deltas,
// null key, null value, no header.
const minRecordSize = 7

// Record is one record that a reader has read. Its slices are views into the batch or into the
// reader's buffer, valid until the reader moves to another batch.
type Record struct {
	Attributes int8  // no bit has a meaning in format 2
	Offset     int64 // absolute
	Timestamp  int64 // milliseconds; the append time in a LogAppendTime batch; NoTimestamp in format 0
	Key, Value []byte
	Headers    Headers
	Size       int // bytes of the record in the decompressed payload, its length field included
}

// Header is one record header. In Kafka, keys are UTF-8 strings and never null. A nil Value is
// null.
type Header struct {
	Key   []byte
	Value []byte
}

// Headers is a view of the headers of a record. The reader has checked them. Keys may repeat, and
// their order matters.
type Headers struct {
	raw []byte
	n   int
}

// Len returns the number of headers.
func (h Headers) Len() int { return h.n }

// All walks the headers in their order.
func (h Headers) All() iter.Seq[Header] {
	return func(yield func(Header) bool) {
		b := h.raw
		for range h.n {
			var x Header
			x.Key, b, _ = nullable(b)
			x.Value, b, _ = nullable(b)
			if !yield(x) {
				return
			}
		}
	}
}

// Append appends the headers to dst, as views.
func (h Headers) Append(dst []Header) []Header {
	for x := range h.All() {
		dst = append(dst, x)
	}
	return dst
}

// nullable reads a varint length and that many bytes. -1 is null. ok is false when b is too short.
func nullable(b []byte) (v, rest []byte, ok bool) {
	l, n := varint(b)
	if n == 0 || l < -1 || int(l) > len(b)-n {
		return nil, b, false
	}
	if l < 0 {
		return nil, b[n:], true
	}
	end := n + int(l)
	return b[n:end:end], b[end:], true
}
