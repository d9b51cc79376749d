package storage

import "encoding/binary"

// timeEntrySize is the size of an entry of a .timeindex file: timestamp int64 in milliseconds and
// relative offset int32, big-endian (Kafka's TimeIndex).
const timeEntrySize = 12

// timeEntry says that no record before base + rel (that one included) has a timestamp above ts,
// and that one of the batch that ends there has it.
type timeEntry struct {
	ts  int64
	rel int32
}

// timeIndex is the sparse time index of one segment: timestamps ascend strictly, offsets too.
type timeIndex []timeEntry

// floor returns the last entry with a timestamp at or below ts.
func (x timeIndex) floor(ts int64) (timeEntry, bool) {
	lo, hi := 0, len(x)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if x[mid].ts <= ts {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return timeEntry{}, false
	}
	return x[lo-1], true
}

// parseTimeIndex reads a .timeindex file; zero entries at its end are padding. ok is false when
// the bytes cannot be a time index.
func parseTimeIndex(b []byte) (x timeIndex, ok bool) {
	if len(b)%timeEntrySize != 0 {
		return nil, false
	}
	at := func(i int) timeEntry {
		e := b[i*timeEntrySize:]
		return timeEntry{ts: int64(binary.BigEndian.Uint64(e)), rel: int32(binary.BigEndian.Uint32(e[8:]))}
	}
	n := len(b) / timeEntrySize
	for n > 0 && at(n-1) == (timeEntry{}) {
		n--
	}
	x = make(timeIndex, n)
	last := timeEntry{ts: -1, rel: -1}
	for i := range x {
		e := at(i)
		// Equal offsets are fine: Kafka repeats the last offset with a greater timestamp never,
		// but its rule is only that offsets do not fall.
		if e.ts <= last.ts || e.rel < last.rel || e.rel < 0 {
			return nil, false
		}
		x[i], last = e, e
	}
	return x, true
}

func (x timeIndex) encode(dst []byte) []byte {
	for _, e := range x {
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.ts))
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.rel))
	}
	return dst
}
