package segfile

import (
	"encoding/binary"
	"sort"
)

// OffsetEntrySize is the size of an entry of a .index file: relative offset and position, int32
// each, big-endian (Kafka's OffsetIndex).
const OffsetEntrySize = 8

// OffsetEntry says that a batch begins at position pos of the .log file, and that base + rel is
// at or above that batch's last offset and below the next one's. Kafka before 3.9 wrote the last
// offset of a whole append of several batches, hence "at or above".
type OffsetEntry struct{ Rel, Pos int32 }

// OffsetIndex is the sparse index of one segment, ascending in both fields.
type OffsetIndex []OffsetEntry

// Floor returns the last entry at or below rel.
func (x OffsetIndex) Floor(rel int64) (e OffsetEntry, at int, ok bool) {
	return x.before(sort.Search(len(x), func(i int) bool { return int64(x[i].Rel) > rel }))
}

// FloorPos returns the last entry whose position is at or below pos.
func (x OffsetIndex) FloorPos(pos int64) (e OffsetEntry, at int, ok bool) {
	return x.before(sort.Search(len(x), func(i int) bool { return int64(x[i].Pos) > pos }))
}

func (x OffsetIndex) before(i int) (e OffsetEntry, at int, ok bool) {
	if i == 0 {
		return OffsetEntry{}, -1, false
	}
	return x[i-1], i - 1, true
}

// ParseOffsetIndex reads a .index file for a segment of size bytes. Zero entries at the end are
// the padding of a file that Kafka preallocated and did not trim. ok is false when the bytes
// cannot be an index of such a segment; it is then rebuilt from the log.
func ParseOffsetIndex(b []byte, size int64) (x OffsetIndex, ok bool) {
	if len(b)%OffsetEntrySize != 0 {
		return nil, false
	}
	n := len(b) / OffsetEntrySize
	for n > 0 && binary.BigEndian.Uint64(b[(n-1)*OffsetEntrySize:]) == 0 {
		n--
	}
	x = make(OffsetIndex, n)
	last := OffsetEntry{Rel: -1, Pos: -1}
	for i := range x {
		e := OffsetEntry{
			Rel: int32(binary.BigEndian.Uint32(b[i*OffsetEntrySize:])),
			Pos: int32(binary.BigEndian.Uint32(b[i*OffsetEntrySize+4:])),
		}
		if e.Rel <= last.Rel || e.Pos <= last.Pos || int64(e.Pos) >= size {
			return nil, false
		}
		x[i], last = e, e
	}
	return x, true
}

func (x OffsetIndex) Encode(dst []byte) []byte {
	for _, e := range x {
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.Rel))
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.Pos))
	}
	return dst
}
