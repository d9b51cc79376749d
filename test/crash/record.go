package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// recordID names a record for ever: which producer session wrote it, and which number it had among
// that session's records of that partition. Numbers begin at 0 and have no holes.
type recordID struct {
	Producer int32
	Seq      int64
}

func (id recordID) String() string { return fmt.Sprintf("producer %d record %d", id.Producer, id.Seq) }

// part is a partition.
type part struct {
	Topic     string
	Partition int32
}

func (p part) String() string { return fmt.Sprintf("%s-%d", p.Topic, p.Partition) }

const valueHead = 16

// value is the content of record id: the id, the size, and a filling that only this record has, so
// that bytes of another record or of another time are seen.
func value(id recordID, size int) []byte {
	size = max(size, valueHead)
	b := make([]byte, size)
	binary.BigEndian.PutUint32(b, uint32(id.Producer))
	binary.BigEndian.PutUint64(b[4:], uint64(id.Seq))
	binary.BigEndian.PutUint32(b[12:], uint32(size))
	x := uint32(id.Producer)*2654435761 + uint32(id.Seq)*40503 + 1
	for i := valueHead; i < size; i++ {
		x = x*1664525 + 1013904223
		// Sixteen different letters: compressible, yet not constant.
		b[i] = 'a' + byte(x>>28)
	}
	return b
}

// parseValue is the inverse of value; any change of a byte is an error.
func parseValue(b []byte) (recordID, error) {
	if len(b) < valueHead {
		return recordID{}, fmt.Errorf("value of %d bytes is no record of this test", len(b))
	}
	id := recordID{Producer: int32(binary.BigEndian.Uint32(b)), Seq: int64(binary.BigEndian.Uint64(b[4:]))}
	if size := binary.BigEndian.Uint32(b[12:]); int(size) != len(b) {
		return id, fmt.Errorf("value of %v has %d bytes, written were %d", id, len(b), size)
	}
	if !bytes.Equal(b, value(id, len(b))) {
		return id, fmt.Errorf("value of %v is not what was written", id)
	}
	return id, nil
}
