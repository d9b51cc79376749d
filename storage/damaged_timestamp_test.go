package storage

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// tenRecords makes a closed log of ten batches of one record, with timestamps that rise by one. It
// flips a bit of the maximum timestamp in the head of a batch, unless the batch is below 0.
func tenRecords(t *testing.T, start, damaged int64) Options {
	fsys, c := vfs.NewMem(), testConfig()
	c.RetentionMs = 60_000
	o := testOptions(fsys, c)
	check(t, fsys.MkdirAll("data", 0o755))
	l := mustOpen(t, o)
	for i := range int64(10) {
		putAt(t, l, 1_000_001+i)
	}
	check(t, l.Sync(10))
	l.SetHighWatermark(10)
	check(t, l.SetLogStartOffset(start))
	name, pos := l.segments[0].path(".log"), int64(0)
	if damaged >= 0 {
		p, _, err := l.segments[0].locate(damaged)
		check(t, err)
		pos = p.pos
	}
	check(t, l.Close(true))
	if damaged >= 0 {
		b, err := vfs.ReadFile(fsys, name)
		check(t, err)
		b[pos+38] ^= 0x01 // MaxTimestamp has the bytes 35 to 42
		check(t, vfs.WriteFile(fsys, name, b))
	}
	o.RecoveryPoint, o.HighWatermark, o.LogStartOffset = 10, 10, start
	return o
}

func putAt(t *testing.T, l *Log, ts int64) {
	t.Helper()
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	check(t, b.Append(0, ts, []byte("k"), []byte("v"), nil))
	out, err := b.Bytes()
	check(t, err)
	mustAppend(t, l, out)
}

func newestIs(t *testing.T, l *Log, want int64) {
	t.Helper()
	if to, found, err := l.MaxTimestampOffset(); err != nil || !found || to.Offset != want {
		t.Errorf("the newest record: %+v, %v, %v, want offset %d", to, found, err, want)
	}
}

// One bit in the maximum timestamp of a batch near the end of the active segment, found at a clean
// start. The segment is sealed later. It must not count as younger than everything: retention by
// time would delete no segment of the partition any more.
func TestDamagedMaxTimestampOfTheActiveSegment(t *testing.T) {
	for _, clean := range []bool{true, false} {
		for _, damaged := range []int64{-1, 8} {
			t.Run(fmt.Sprintf("clean=%v damaged=%d", clean, damaged), func(t *testing.T) {
				o := tenRecords(t, 0, damaged)
				o.CleanShutdown = clean
				l := mustOpen(t, o)
				l.SetHighWatermark(10)
				newestIs(t, l, 9)
				for i := range int64(3) {
					if i > 0 {
						check(t, l.Roll(1_000_010+i))
					}
					putAt(t, l, 1_000_011+i)
				}
				check(t, l.Sync(l.LogEndOffset()))
				l.SetHighWatermark(l.LogEndOffset())
				newestIs(t, l, 12)
				if n, reason, err := l.DeleteOldSegments(1_200_000); n != 3 || err != nil {
					t.Errorf("retention deletes %d segments (%s), %v, want 3", n, reason, err)
				}
				check(t, l.Close(true))
			})
		}
	}
}

// One bit in the maximum timestamp of a batch of the first segment, and DeleteRecords has moved the
// log start. Lookups by max-timestamp answered that there is no record.
func TestNewestRecordBesideDamageAfterDeleteRecords(t *testing.T) {
	for _, clean := range []bool{true, false} {
		for _, start := range []int64{0, 3} {
			o := tenRecords(t, start, 5)
			o.CleanShutdown = clean
			l := mustOpen(t, o)
			l.SetHighWatermark(10)
			newestIs(t, l, 9)
			check(t, l.Close(false))
		}
	}
}
