package storage

import (
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// flipIn changes bits of one byte of the first segment's .log file.
func flipIn(t *testing.T, o Options, at int64, bits byte) {
	t.Helper()
	flipByte(t, o.FS, filepath.Join(testDir, segfile.OffsetName(0)+segfile.LogSuffix), at, bits)
}

// sixSegments makes a closed log of 30 batches of 200 bytes, five in each segment. Batch i has the
// offset i and the timestamp 1000+10i.
func sixSegments(t *testing.T, c *Config) Options {
	c.SegmentBytes = 1000
	l, m := newTestLog(t, c)
	for i := range 30 {
		mustAppend(t, l, sized(t, 1, 200, int64(1000+i*10)))
	}
	check(t, l.Sync(l.LogEndOffset()))
	check(t, l.Close(true))
	o := testOptions(m, c)
	o.RecoveryPoint = 30
	return o
}

// Damage at the end of a segment does not concern a lookup whose answer is in a later one. Before,
// each lookup by time of the partition answered CORRUPT_MESSAGE.
func TestTimeLookupBehindDamage(t *testing.T) {
	for _, at := range []int64{8, 9, 10, 11, 16, 20} {
		for _, clean := range []bool{true, false} {
			o := sixSegments(t, testConfig())
			flipIn(t, o, 800+at, 0x40)
			o.CleanShutdown = clean
			l := mustOpen(t, o)
			if got, found, err := l.OffsetForTimestamp(1250); err != nil || !found || got.Offset != 25 {
				t.Errorf("byte %d, clean %v: %+v, %v, %v, want offset 25", at, clean, got, found, err)
			}
			if got, found, err := l.MaxTimestampOffset(); err != nil || !found || got.Offset != 29 {
				t.Errorf("byte %d, clean %v: the newest record is %+v, %v, %v, want offset 29", at, clean, got, found, err)
			}
			check(t, l.Close(false))
		}
	}
}

// One bit of the maximum timestamp in the head of a batch of a sealed segment. Its checksum is
// wrong now and the time index is intact: a lookup does not believe the head, and retention still
// deletes the segments.
func TestDamagedMaxTimestamp(t *testing.T) {
	for _, lookup := range []bool{false, true} {
		for _, clean := range []bool{true, false} {
			for _, batch := range []int64{1, 4} { // 4 is the last one of the segment
				for at := int64(35); at < 40; at++ {
					c := testConfig()
					c.RetentionMs, c.CleanupPolicy = 100_000, CleanupDelete
					o := sixSegments(t, c)
					flipIn(t, o, batch*200+at, 0x04)
					o.CleanShutdown = clean
					l := mustOpen(t, o)
					l.SetHighWatermark(30)
					if lookup {
						if got, found, err := l.OffsetForTimestamp(1250); err != nil || !found || got.Offset != 25 {
							t.Errorf("clean %v, batch %d, byte %d: %+v, %v, %v, want offset 25", clean, batch, at, got, found, err)
						}
					}
					if n, _, err := l.DeleteOldSegments(10_000_000); n < 6 || err != nil {
						t.Errorf("clean %v, batch %d, byte %d, after a lookup %v: %d segments are deleted, %v; want 6", clean, batch, at, lookup, n, err)
					}
					check(t, l.Close(false))
				}
			}
		}
	}
}
