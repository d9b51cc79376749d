package compact

import (
	"encoding/binary"
	"hash/crc32"
)

// legacyMessage is one message of format 1: offset, size, CRC-32, magic, attributes, timestamp,
// key, value.
func legacyMessage(offset int64, key, value string) []byte {
	body := []byte{1, 0}
	body = binary.BigEndian.AppendUint64(body, uint64(1000+offset))
	body = binary.BigEndian.AppendUint32(body, uint32(len(key)))
	body = append(body, key...)
	body = binary.BigEndian.AppendUint32(body, uint32(len(value)))
	body = append(body, value...)
	out := binary.BigEndian.AppendUint64(nil, uint64(offset))
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)+4))
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, body...)
}
