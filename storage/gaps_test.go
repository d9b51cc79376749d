package storage

import (
	"errors"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A cleaning run replaces its first segment and is aborted. Then cleanup.policy becomes delete, and
// a power cut comes before the recovery point is checkpointed. The gap that the run left is no hole
// of the power cut: the records behind it were synced, and stay.
func TestGapOfAnAbortedCleaningRunIsNoHole(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.CleanupPolicy = 300, CleanupCompact
	l, disk := newTestLog(t, c)
	put := func(s string) {
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, s))
	}
	put("a=1")
	put("b=1")
	put("y=old")
	check(t, l.Roll(1000))
	put("y=new")
	put("c=1")
	check(t, l.Roll(1000))
	put("d=1")
	put("e=1")
	l.SetHighWatermark(l.LogEndOffset())
	check(t, l.Sync(l.LogEndOffset()))
	_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, Check: func() error {
		if l.segments[0].sparse { // the first segment is replaced
			return errors.New("the settings of the cleaner changed")
		}
		return nil
	}})
	if !errors.Is(err, ErrCleanAborted) || !l.segments[0].sparse {
		t.Fatalf("the run is not aborted after its first replacement: %v", err)
	}
	d := *c
	d.CleanupPolicy = CleanupDelete
	l.SetConfig(&d)
	put("f=1")
	l.SetHighWatermark(l.LogEndOffset())
	check(t, l.Sync(l.LogEndOffset()))
	end := l.LogEndOffset()
	for range 2 {
		disk = disk.CrashClone(vfs.CrashOptions{})
		l = mustOpen(t, testOptions(disk, &d))
		if l.LogEndOffset() != end || len(l.Damage()) != 0 {
			t.Fatalf("the log ended at %d, all of it synced, and ends at %d after the power cut: %v", end, l.LogEndOffset(), l.Damage())
		}
	}
}

// A follower gets batches of a compacted log, with gaps, and rolls at a gap. The records behind it
// stay after a power cut.
func TestGapAtARollOfAFollowerIsNoHole(t *testing.T) {
	for _, gap := range []int64{5, 1 << 33} {
		c := testConfig()
		c.SegmentBytes = 150 // one batch
		l, disk := newTestLog(t, c)
		next := int64(0)
		for range 10 {
			b := keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "key=value of some length, so that a roll comes soon")
			b.SetBaseOffset(next)
			_, err := l.AppendAsFollower(b, AnyEpoch, 1000)
			check(t, err)
			next += 1 + gap
		}
		end := l.LogEndOffset()
		check(t, l.Sync(end))
		l = mustOpen(t, testOptions(disk.CrashClone(vfs.CrashOptions{}), c))
		if l.LogEndOffset() != end || len(l.Damage()) != 0 {
			t.Errorf("gap %d: the log ended at %d, all of it synced, and ends at %d after the power cut: %v", gap, end, l.LogEndOffset(), l.Damage())
		}
	}
}
