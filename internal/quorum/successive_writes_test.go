package quorum

import (
	"errors"
	"testing"
	"time"
)

// A bit flips in a batch of the metadata log before the last one, and the broker is killed. The
// writes followed each other within milliseconds, or within the same one, as a script creates
// topics. The start refuses, or has all topics: no torn write looks like this.
func TestFlippedBitBetweenQuicklySuccessiveWrites(t *testing.T) {
	names := []string{"a", "b-long-topic-name", "c", "orders.payments.v1", "e"}
	for _, apart := range []time.Duration{time.Millisecond, 0} {
		d, now, borders := written(t, apart, names...)
		d = d.killed()
		for i := range len(names) - 1 {
			for at := borders[i]; at < borders[i+1]; at++ {
				for bit := range 8 {
					topics, err := start(t, d.with(t, firstSegment, flipped(d[firstSegment], at, bit)), now, false)
					if err != nil && !errors.Is(err, ErrDamaged) || err == nil && topics != len(names) {
						t.Errorf("%v apart: batch %d, byte %d, bit %d: %d topics, %v", apart, i, at-borders[i], bit, topics, err)
					}
				}
			}
		}
	}
}

// A power cut tears a write of several batches: blocks of it are not on disk, in the first batch,
// too. The batches have one time, because one step has made them. No start is refused.
func TestTornWriteOfSeveralBatchesIsCutOff(t *testing.T) {
	d, now, borders := written(t, 0, "a", "b-long-topic-name", "c", "orders.payments.v1", "e")
	d = d.killed()
	whole := d[firstSegment]
	from, end := borders[0], borders[len(borders)-1]
	for _, block := range []int{blockMin, 512} {
		blocks := (end-1)/block - from/block + 1
		for lost := 1; lost < 1<<min(blocks, 10); lost++ {
			data := append([]byte(nil), whole...)
			for n := range blocks {
				if at := (from/block + n) * block; lost>>(n%10)&1 == 1 {
					clear(data[max(at, from):min(at+block, end)])
				}
			}
			if _, err := start(t, d.with(t, firstSegment, data), now, false); err != nil {
				t.Errorf("blocks %b of %d bytes are lost: %v", lost, block, err)
			}
		}
	}
}
