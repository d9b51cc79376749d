package record

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

// Peek reads the size of the entry at the front of b, of any format, and its magic. The entry may
// be longer than b. ErrShort: b has fewer than 17 bytes, so it has no magic. Bytes that are no
// entry are ErrCorrupt. An entry that is too small for the header of its format is ErrCorrupt too,
// and Peek returns its size and its magic with the error; with every other error both are 0.
func Peek(b []byte) (size int, magic int8, err error) {
	if len(b) < LogOverhead {
		return 0, 0, ErrShort
	}
	length := int32(binary.BigEndian.Uint32(b[lengthAt:]))
	if length < minLegacyOverhead {
		return 0, 0, fmt.Errorf("record size %d is less than the minimum record overhead (%d): %w", length, minLegacyOverhead, ErrCorrupt)
	}
	if len(b) <= magicAt {
		return 0, 0, ErrShort
	}
	magic = int8(b[magicAt])
	switch {
	case length > math.MaxInt32-LogOverhead: // no int32 could hold the size of the whole
		return 0, 0, fmt.Errorf("record size %d is beyond what a file can hold: %w", length, ErrCorrupt)
	case magic < 0 || magic > currentMagic:
		return 0, 0, fmt.Errorf("invalid magic found in record: %d: %w", magic, ErrCorrupt)
	case magic == currentMagic && length < HeaderSize-LogOverhead:
		return LogOverhead + int(length), magic, fmt.Errorf("record batch is corrupted (the size %d is smaller than the minimum allowed overhead %d): %w",
			int64(length)+LogOverhead, HeaderSize, ErrCorrupt)
	case magic == 1 && length < messageHeaderV1-LogOverhead:
		return LogOverhead + int(length), magic, fmt.Errorf("record size %d is less than the minimum of message format 1: %w", length, ErrCorrupt)
	}
	return LogOverhead + int(length), magic, nil
}

// Next splits the first batch off b. It checks the length and the magic only. ErrShort: b has only
// a part of a batch, or nothing. ErrLegacy: an entry of format 0 or 1. ErrCorrupt: no entry. After
// an error rest is b.
func Next(b []byte) (batch Batch, rest []byte, err error) {
	size, magic, err := Peek(b)
	if err != nil {
		return nil, b, err
	}
	if magic != currentMagic {
		return nil, b, ErrLegacy
	}
	if size > len(b) {
		return nil, b, ErrShort
	}
	return Batch(b[:size:size]), b[size:], nil
}

// Batches walks the batches of b. The last pair has the error that ended the walk, if any. An
// incomplete batch at the end, as in fetch answers, is not an error. Batches checks no more than
// [Next].
func Batches(b []byte) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for len(b) > 0 {
			batch, rest, err := Next(b)
			if err == ErrShort {
				return
			}
			if !yield(batch, err) || err != nil {
				return
			}
			b = rest
		}
	}
}
