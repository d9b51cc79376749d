package segfile

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// A batch is in place, misplaced, or doubtful beside a batch behind it that begins too low.
func TestPlaceOfABatch(t *testing.T) {
	for _, x := range []struct {
		next    int64
		batches []int64 // offsets of batches of two records
		want    Place
	}{
		{10, []int64{10, 12}, InPlace},
		{10, []int64{10}, InPlace},
		{10, []int64{8, 12}, Misplaced},
		{10, []int64{14, 16}, InPlace},        // behind a gap
		{10, []int64{98, 100}, InPlace},       // the last one of the segment
		{10, []int64{99}, Misplaced},          // ends behind the segment
		{10, []int64{14, 12, 14}, Misplaced},  // the next one does not fit behind it
		{10, []int64{97, 12}, Misplaced},      // nor in front of the next segment
		{10, []int64{14, 11, 20}, InPlace},    // it does not fit in front of the next one
		{10, []int64{14, 3, 20}, InPlace},     // the next one begins below the records before both
		{10, []int64{14, 12, 18}, Doubtful},   // either fits
		{10, []int64{14, 12}, Doubtful},       // either fits
		{10, []int64{14, 11, 15}, Doubtful},   // neither fits
		{10, []int64{10, 3, 12}, InPlace},     // it is where the records before end
		{10, []int64{1 << 40, 12}, Misplaced}, // a high bit
		{10, []int64{14, 1 << 40}, InPlace},   // a high bit of the next one
		{0, []int64{1, 1, 40}, InPlace},       // the front of a segment whose first records are gone
	} {
		var log []byte
		for _, offset := range x.batches {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
			for i := range int64(2) {
				if err := b.Append(i, 1000, nil, fmt.Append(nil, offset), nil); err != nil {
					t.Fatal(err)
				}
			}
			data, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			data = slices.Clone(data)
			record.Batch(data).SetBaseOffset(offset)
			log = append(log, data...)
		}
		h, _ := HeadAt(bytes.NewReader(log), 0, int64(len(log)))
		in := Range{Base: 0, Next: 100}
		if got := in.Place(bytes.NewReader(log), &h, x.next, int64(len(log))); got != x.want {
			t.Errorf("%v behind %d: %v, want %v", x.batches, x.next, got, x.want)
		}
	}
}
