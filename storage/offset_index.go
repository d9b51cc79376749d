package storage

import "encoding/binary"

// indexEntrySize is the size of an entry of a .index file: relative offset and position, int32
// each, big-endian (Kafka's OffsetIndex).
const indexEntrySize = 8

// indexEntry says that a batch begins at position pos of the .log file, and that base + rel is
// at or above that batch's last offset and below the next one's. Kafka before 3.9 wrote the last
// offset of a whole append of several batches, hence "at or above".
type indexEntry struct{ rel, pos int32 }

// offsetIndex is the sparse index of one segment, ascending in both fields.
type offsetIndex []indexEntry

// floor returns the last entry at or below rel.
func (x offsetIndex) floor(rel int64) (e indexEntry, at int, ok bool) {
	lo, hi := 0, len(x) // x[lo-1].rel <= rel < x[hi].rel
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if int64(x[mid].rel) <= rel {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return indexEntry{}, -1, false
	}
	return x[lo-1], lo - 1, true
}

// floorPos returns the last entry whose position is at or below pos.
func (x offsetIndex) floorPos(pos int64) (e indexEntry, at int, ok bool) {
	lo, hi := 0, len(x)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if int64(x[mid].pos) <= pos {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return indexEntry{}, -1, false
	}
	return x[lo-1], lo - 1, true
}

// parseOffsetIndex reads a .index file for a segment of size bytes. Zero entries at the end are
// the padding of a file that Kafka preallocated and did not trim. ok is false when the bytes
// cannot be an index of such a segment; it is then rebuilt from the log.
func parseOffsetIndex(b []byte, size int64) (x offsetIndex, ok bool) {
	if len(b)%indexEntrySize != 0 {
		return nil, false
	}
	n := len(b) / indexEntrySize
	for n > 0 && binary.BigEndian.Uint64(b[(n-1)*indexEntrySize:]) == 0 {
		n--
	}
	x = make(offsetIndex, n)
	last := indexEntry{rel: -1, pos: -1}
	for i := range x {
		e := indexEntry{
			rel: int32(binary.BigEndian.Uint32(b[i*indexEntrySize:])),
			pos: int32(binary.BigEndian.Uint32(b[i*indexEntrySize+4:])),
		}
		if e.rel <= last.rel || e.pos <= last.pos || int64(e.pos) >= size {
			return nil, false
		}
		x[i], last = e, e
	}
	return x, true
}

func (x offsetIndex) encode(dst []byte) []byte {
	for _, e := range x {
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.rel))
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.pos))
	}
	return dst
}
