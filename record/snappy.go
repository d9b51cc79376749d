package record

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/s2"
)

// xerialMagic begins the frames of the snappy-java library, which Kafka uses: the magic, the
// version and the oldest compatible version (both int32 1), then chunks of an int32 size and one
// raw snappy block. Frames may follow each other.
var xerialMagic = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const (
	xerialHeader = 16
	xerialChunk  = 32 << 10 // uncompressed bytes of one chunk as snappy-java cuts them

	// snappyMaxRatio is the most output of a byte of a snappy block: a copy of 64 bytes takes
	// 3.
	snappyMaxRatio = 22
)

func compressSnappy(dst, src []byte) []byte {
	dst = append(dst, xerialMagic...)
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 1)
	for len(src) > 0 {
		chunk := src[:min(len(src), xerialChunk)]
		src = src[len(chunk):]
		dst = room(dst, 4+s2.MaxEncodedLen(len(chunk)))
		at := len(dst)
		block := s2.EncodeSnappy(dst[at+4:cap(dst)], chunk)
		dst = dst[:at+4+len(block)]
		binary.BigEndian.PutUint32(dst[at:], uint32(len(block)))
	}
	return dst
}

func isXerial(src []byte) bool { return bytes.HasPrefix(src, xerialMagic) }

func decompressSnappy(dst, src []byte, limit int) ([]byte, error) {
	if !isXerial(src) {
		return snappyBlock(dst, src, limit, len(dst))
	}
	start := len(dst)
	for len(src) > 0 {
		chunk, rest, err := xerialChunkOf(src)
		if err != nil {
			return dst, err
		}
		if src = rest; chunk == nil {
			continue
		}
		if dst, err = snappyBlock(dst, chunk, limit, start); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// snappyBlock decodes one raw block. The whole output begins at start in dst.
func snappyBlock(dst, src []byte, limit, start int) ([]byte, error) {
	n, err := s2.DecodedLen(src)
	if err != nil {
		return dst, errPayload(Snappy, err)
	}
	if n > snappyMaxRatio*len(src) || !plainSnappy(src) {
		return dst, errPayload(Snappy, "not a snappy block")
	}
	if n > limit-(len(dst)-start) {
		return dst, errDecompressed(Snappy, limit)
	}
	dst = room(dst, n)
	at := len(dst)
	if _, err := s2.Decode(dst[at:at+n:at+n], src); err != nil {
		return dst, errPayload(Snappy, err)
	}
	return dst[:at+n], nil
}

// plainSnappy reports whether src has no extension of S2: copies with offset 0, which repeat. The
// decoder accepts them, but other Kafka clients do not.
func plainSnappy(src []byte) bool {
	_, i := binary.Uvarint(src)
	if i <= 0 {
		return false
	}
	for i < len(src) {
		tag := src[i]
		var size int
		switch tag & 3 {
		case 0: // literal
			l := int(tag >> 2)
			i++
			if extra := l - 59; extra > 0 {
				if extra > len(src)-i {
					return false
				}
				l = 0
				for k := extra - 1; k >= 0; k-- {
					l = l<<8 | int(src[i+k])
				}
				i += extra
			}
			if l >= len(src)-i {
				return false
			}
			i += l + 1
			continue
		case 1:
			size = 2
		case 2:
			size = 3
		case 3:
			size = 5
		}
		if size > len(src)-i {
			return false
		}
		offset := uint32(tag>>5) << 8 & 0x700 // the high bits of a one-byte offset
		if size > 2 {
			offset = 0
		}
		for _, c := range src[i+1 : i+size] {
			offset |= uint32(c)
		}
		if offset == 0 {
			return false
		}
		i += size
	}
	return true
}
