package segfile

import "encoding/binary"

// TimeEntrySize is the size of an entry of a .timeindex file: timestamp int64 in milliseconds and
// relative offset int32, big-endian (Kafka's TimeIndex).
const TimeEntrySize = 12

// timeEntry says that no record before base + rel (that one included) has a timestamp above ts,
// and that one of the batch that ends there has it.
type timeEntry struct {
	Ts  int64
	Rel int32
}

// timeIndex is the sparse time index of one segment: timestamps ascend strictly, offsets too.
type timeIndex []timeEntry

// Floor returns the last entry with a timestamp at or below ts.
func (x timeIndex) Floor(ts int64) (timeEntry, bool) {
	lo, hi := 0, len(x)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if x[mid].Ts <= ts {
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

// ParseTimeIndex reads a .timeindex file; zero entries at its end are padding. ok is false when
// the bytes cannot be a time index.
func ParseTimeIndex(b []byte) (x timeIndex, ok bool) {
	if len(b)%TimeEntrySize != 0 {
		return nil, false
	}
	at := func(i int) timeEntry {
		e := b[i*TimeEntrySize:]
		return timeEntry{Ts: int64(binary.BigEndian.Uint64(e)), Rel: int32(binary.BigEndian.Uint32(e[8:]))}
	}
	n := len(b) / TimeEntrySize
	for n > 0 && at(n-1) == (timeEntry{}) {
		n--
	}
	x = make(timeIndex, n)
	last := timeEntry{Ts: -1, Rel: -1}
	for i := range x {
		e := at(i)
		// Kafka never writes two entries with one offset, but it accepts them.
		if e.Ts <= last.Ts || e.Rel < last.Rel || e.Rel < 0 {
			return nil, false
		}
		x[i], last = e, e
	}
	return x, true
}

func (x timeIndex) Encode(dst []byte) []byte {
	for _, e := range x {
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.Ts))
		dst = binary.BigEndian.AppendUint32(dst, uint32(e.Rel))
	}
	return dst
}
