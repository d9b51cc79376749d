package record

import "encoding/binary"

// varint reads a zig-zag varint of at most 5 bytes (Kafka: ByteUtils.readVarint). n is 0 when b
// ends too early or the number has more than 32 bits.
func varint(b []byte) (v int32, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return int32(b[0]>>1) ^ -int32(b[0]&1), 1
	}
	var u uint32
	for i := 0; i < len(b) && i < 5; i++ {
		c := b[i]
		if i == 4 && c > 0x0f {
			return 0, 0
		}
		u |= uint32(c&0x7f) << (7 * i)
		if c < 0x80 {
			return int32(u>>1) ^ -int32(u&1), i + 1
		}
	}
	return 0, 0
}

// varlong reads a zig-zag varint of at most 10 bytes (Kafka: ByteUtils.readVarlong). n is 0 as in
// varint.
func varlong(b []byte) (v int64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return int64(b[0]>>1) ^ -int64(b[0]&1), 1
	}
	v, n = binary.Varint(b)
	if n <= 0 {
		return 0, 0
	}
	return v, n
}

// varintSize returns the size of v in bytes, as a varint or varlong.
func varintSize(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}
