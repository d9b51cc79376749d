package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// recordID identifies a record: the producer session that wrote it, and its number among that
// session's records in that partition. Numbers begin at 0 and have no gaps.
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

// value returns the content of record id: the id, the size, and a filling that is unique to this
// record, so that the reader detects bytes of another record.
func value(id recordID, size int) []byte {
	size = max(size, valueHead)
	b := make([]byte, size)
	binary.BigEndian.PutUint32(b, uint32(id.Producer))
	binary.BigEndian.PutUint64(b[4:], uint64(id.Seq))
	binary.BigEndian.PutUint32(b[12:], uint32(size))
	x := uint32(id.Producer)*2654435761 + uint32(id.Seq)*40503 + 1
	for i := valueHead; i < size; i++ {
		x = x*1664525 + 1013904223
		// Sixteen different letters, so that the value compresses but is not constant.
		b[i] = 'a' + byte(x>>28)
	}
	return b
}

// parseValue is the inverse of value. Any changed byte is an error.
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
