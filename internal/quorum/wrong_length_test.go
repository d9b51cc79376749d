package quorum

import (
	"strings"
	"testing"
	"time"
)

// A flipped bit in the length of a batch leads to the border of a later batch, because the batches
// have the size of a power of two. The start refuses, and does not take the records between for a
// torn write. The topics are created within a second: no time proves that the batch was synced.
func TestWrongLengthThatEndsAtALaterBatchIsFound(t *testing.T) {
	for n := 60; n < 120; n++ {
		var names []string
		for _, last := range "abcdef" {
			names = append(names, strings.Repeat("x", n)+string(last))
		}
		d, now, borders := written(t, 50*time.Millisecond, names...)
		if borders[1]-borders[0] != 256 {
			continue
		}
		for i := range len(names) - 1 {
			for bit := range 3 { // of the second byte
				data := flipped(d[firstSegment], borders[i]+10, bit)
				_, err := start(t, d.killed().with(t, firstSegment, data), now, false)
				if err == nil || !strings.Contains(err.Error(), "the length is wrong") {
					t.Errorf("batch %d, bit %d of the length: %v", i, 8+bit, err)
				}
			}
		}
		return
	}
	t.Fatal("no name makes a batch of 256 bytes")
}
