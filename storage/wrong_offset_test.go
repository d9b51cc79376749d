package storage

import (
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// One wrong bit in the base offset of the last batch of a sealed segment costs no other record, and
// no consumer jumps over records or waits for ever.
func TestBaseOffsetOfTheLastBatchOfASegment(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(60))
	check(t, l.Close(true))
	img := imageOf(t, disk, testDir)
	name := segfile.OffsetName(0) + segfile.LogSuffix
	size := len(pair(t, 0, 'a'))
	n := len(img[name]) / size
	// A consumer goes on where the batch that it got ends, as Kafka's does.
	consume := func(x *Log) (seen map[int64]bool, stuck, failed int64) {
		seen, stuck, failed = map[int64]bool{}, -1, -1
		for from := int64(0); from < 60; {
			r, err := x.Read(from, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: x.LogEndOffset()})
			if err != nil {
				failed = from
				from++ // an operator skips the record
				continue
			}
			by, _ := r.Slice.ReadInto(nil)
			r.Slice.Close()
			if len(by) == 0 {
				return seen, from, failed
			}
			seen[record.Batch(by).BaseOffset()] = true
			from = record.Batch(by).NextOffset()
		}
		return seen, -1, failed
	}
	for bit := range 62 {
		at := (n-1)*size + 7 - bit/8
		for _, clean := range []bool{true, false} {
			for _, rp := range []int64{60, 10, -1} {
				o := testOptions(img.flip(name, at, 1<<(bit%8)).write(t, testDir), c)
				o.RecoveryPoint, o.CleanShutdown = rp, clean
				x := mustOpen(t, o)
				seen, stuck, failed := consume(x)
				missed := 0
				for i := range int64(60) {
					if !seen[i] && i != int64(n-1) {
						missed++
					}
				}
				if missed > 0 || stuck >= 0 {
					t.Errorf("bit %d, recovery point %d, clean %v: %d other records are missed, an error at %d, no answer and no error at %d; log end %d, segments %d, damage %d",
						bit, rp, clean, missed, failed, stuck, x.LogEndOffset(), x.SegmentCount(), len(x.Damage()))
				}
			}
		}
	}
}

// The last batch of the log has a wrong offset, and the recovery point shows it. The batch gets its
// own offset again, and the log ends where it did.
func TestBaseOffsetOfTheLastBatchOfTheLog(t *testing.T) {
	l, disk := newTestLog(t, testConfig())
	for i := range 5 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Close(true))
	img := imageOf(t, disk, testDir)
	name := segfile.OffsetName(0) + segfile.LogSuffix
	size := len(pair(t, 0, 'a'))
	for bit := range 62 {
		for _, clean := range []bool{true, false} {
			o := testOptions(img.flip(name, 4*size+7-bit/8, 1<<(bit%8)).write(t, testDir), testConfig())
			o.RecoveryPoint, o.CleanShutdown = 5, clean
			x := mustOpen(t, o)
			if got := allBatches(t, x); len(got) != 5 || x.LogEndOffset() != 5 || got[4].BaseOffset() != 4 {
				t.Errorf("bit %d, clean %v: %d batches, the log ends at %d", bit, clean, len(got), x.LogEndOffset())
			}
		}
	}
}

// A wrong offset in an answer that reaches to the end of a sealed segment would have the consumer
// skip the records behind it. The answer ends before it.
func TestAnswersEndBeforeAWrongOffset(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 30 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	next := l.segments[1].base
	check(t, l.Close(true))
	name, size := segfile.OffsetName(0)+segfile.LogSuffix, len(pair(t, 0, 'a'))
	o := testOptions(imageOf(t, disk, testDir).flip(name, int(next-1)*size+6, 1).write(t, testDir), c)
	o.RecoveryPoint, o.CleanShutdown = 30, true
	l = mustOpen(t, o)
	for from := range next - 1 {
		r, err := l.Read(from, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: 30})
		check(t, err)
		b, err := r.Slice.ReadInto(nil)
		check(t, err)
		r.Slice.Close()
		if last := lastBatch(b).BaseOffset(); last != next-2 || r.NextOffset != next-1 {
			t.Errorf("read of %d: the last offset is %d, the next one %d", from, last, r.NextOffset)
		}
	}
	if _, err := l.Read(next-1, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: 30}); Classify(err) != ClassPartition {
		t.Errorf("read of the damaged batch: %v", err)
	}
}
