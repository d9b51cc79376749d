package segfile

import "encoding/binary"

// AbortedTxnSize is the length of one entry of a transaction index in bytes: version int16 0, then
// four int64.
const AbortedTxnSize = 34

// AbortedTxn is one aborted transaction, as the transaction index stores it.
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64
	// LastOffset is the offset of the abort marker.
	LastOffset int64
	// LastStableOffset is the last stable offset after this transaction ended.
	LastStableOffset int64
}

// AppendTo appends the entry's bytes to b.
func (t AbortedTxn) AppendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(t.ProducerID))
	b = binary.BigEndian.AppendUint64(b, uint64(t.FirstOffset))
	b = binary.BigEndian.AppendUint64(b, uint64(t.LastOffset))
	return binary.BigEndian.AppendUint64(b, uint64(t.LastStableOffset))
}

// ParseAbortedTxn reads the entry at the front of b; ok is false when b is too short. The caller
// refuses versions above 0.
func ParseAbortedTxn(b []byte) (t AbortedTxn, version int16, ok bool) {
	if len(b) < AbortedTxnSize {
		return AbortedTxn{}, 0, false
	}
	i64 := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
	return AbortedTxn{ProducerID: i64(2), FirstOffset: i64(10), LastOffset: i64(18), LastStableOffset: i64(26)},
		int16(binary.BigEndian.Uint16(b)), true
}
