package compact

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// offsetMapEntrySize is the memory of one key in bytes: a hash of 16 bytes and an offset, as in
// Kafka.
const offsetMapEntrySize = 24

// maxLoadFactor keeps some slots empty, because a probe ends at an empty slot.
const maxLoadFactor = 0.95

// offsetMap maps a key to the last offset at which it occurs (Kafka's SkimpyOffsetMap). It holds
// 128 bits of the key's SHA-256. Two keys with the same bits would delete a live record, and a
// client chooses the keys, so the hash must be one for which no collision can be computed. When
// another key has the slot, the next free slot takes the key (linear probing). The load factor
// leaves slots empty, so every probe ends.
type offsetMap struct {
	slots []mapSlot
	// max is the number of keys that the load factor allows; invariant: used <= max < len(slots).
	max, used int
	// latest is the largest offset that the run has read for the map. The map says nothing about
	// records above it.
	latest int64
}

type mapSlot struct {
	h1, h2 uint64
	end    int64 // offset + 1; 0 marks an empty slot
}

// newOffsetMap allocates at most memory bytes, and no more than that number of keys needs.
func newOffsetMap(memory int, loadFactor float64, keys int64) *offsetMap {
	n := int64(memory / offsetMapEntrySize)
	if need := int64(float64(keys)/loadFactor) + 2; keys >= 0 && need < n && need > 0 {
		n = need
	}
	n = max(n, 2)
	return &offsetMap{slots: make([]mapSlot, n), max: max(1, min(int(float64(n)*loadFactor), int(n)-1)), latest: -1}
}

// slot returns the slot that holds the key, or the empty slot that put fills with it.
func (m *offsetMap) slot(key []byte) (s *mapSlot, h1, h2 uint64) {
	sum := sha256.Sum256(key)
	h1, h2 = binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])
	at, _ := bits.Mul64(h1, uint64(len(m.slots)))
	for i := int(at); ; {
		s = &m.slots[i]
		if s.end == 0 || s.h1 == h1 && s.h2 == h2 {
			return s, h1, h2
		}
		if i++; i == len(m.slots) {
			i = 0
		}
	}
}

// put notes that key occurs at offset. It returns false when the map is full. Offsets come in
// ascending order.
func (m *offsetMap) put(key []byte, offset int64) bool {
	s, h1, h2 := m.slot(key)
	if s.end == 0 {
		if m.used == m.max {
			return false
		}
		m.used++
	}
	*s = mapSlot{h1: h1, h2: h2, end: offset + 1}
	return true
}

// get returns the last offset of key, -1 when the map does not have the key.
func (m *offsetMap) get(key []byte) int64 {
	s, _, _ := m.slot(key)
	return s.end - 1
}

func (m *offsetMap) utilization() float64 { return float64(m.used) / float64(len(m.slots)) }
