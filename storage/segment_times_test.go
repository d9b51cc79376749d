package storage

import (
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// The index of the active segment is rebuilt in the middle of an append: the timestamp of that
// append counts.
func TestMaxTimestampSurvivesARebuildDuringAnAppend(t *testing.T) {
	c := testConfig()
	c.IndexIntervalBytes = 100
	l, disk := newTestLog(t, c)
	for i := range 10 {
		mustAppend(t, l, batchOf(t, 3, 100, int64(1000+i)))
	}
	l.pool.Sweep()
	l.pool.Sweep() // the index leaves the memory
	if err := disk.Remove(filepath.Join(testDir, segfile.OffsetName(0)+segfile.IndexSuffix)); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, batchOf(t, 1, 100, 5000))
	if ts, at, err := l.active().maxTimestamp(); ts != 5000 || err != nil {
		t.Errorf("max timestamp %d at %d, want 5000: %v", ts, at, err)
	}
	if to, found, err := l.OffsetForTimestamp(4000); !found || to.Timestamp != 5000 {
		t.Errorf("the record of time 5000 is not found for 4000: %+v %v", to, err)
	}
}

// compactedWithGap is a log, opened after a clean stop, whose first segment ends in a gap that
// compaction left. The first record has the timestamp 900000, the largest by far.
func compactedWithGap(t *testing.T) (l *Log, gap int64) {
	t.Helper()
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 1000
	l, disk := newTestLog(t, c)
	mustAppend(t, l, batchOf(t, 1, 4, 900_000))
	for i := 1; i < 12; i++ {
		mustAppend(t, l, keyValue(t, i, 'a'))
	}
	for i := 4; i < 16; i++ {
		mustAppend(t, l, keyValue(t, i, 'b'))
	}
	for i := range 30 {
		mustAppend(t, l, keyValue(t, 100+i, 'c'))
	}
	l.SetHighWatermark(l.LogEndOffset())
	if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
		t.Fatal(err)
	}
	end := l.LogEndOffset()
	gap = l.Segments()[1].BaseOffset - 1
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	o := testOptions(disk, c)
	o.CleanShutdown, o.RecoveryPoint = true, end
	return mustOpen(t, o), gap
}

// A sealed segment becomes the active one again without a cut: its largest timestamp stays known.
func TestMaxTimestampOfAReactivatedSegment(t *testing.T) {
	for _, ask := range []bool{false, true} { // with and without the index in memory
		l, gap := compactedWithGap(t)
		if ask {
			l.Segments()
		}
		l.pool.Sweep()
		if err := l.TruncateTo(gap); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, keyValue(t, 200, 'd'))
		if ts, _, err := l.active().maxTimestamp(); ts != 900_000 || err != nil {
			t.Errorf("max timestamp of the segment is %d, want 900000: %v", ts, err)
		}
		if to, found, err := l.OffsetForTimestamp(800_000); !found || to.Offset != 0 {
			t.Errorf("the record of time 900000 is not found: %+v %v", to, err)
		}
	}
}
