package storage

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// A power cut at any moment in the life of a young log leaves a folder that opens: no file shows a
// segment before the segment's name is durable.
func TestPowerCutLeavesNoFolderWithAMissingSegment(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		disk := memDisk(t)
		c := testConfig()
		c.SegmentBytes, c.RetentionBytes, c.FileDeleteDelayMs = 400, 800, 0
		o := &owner{}
		var clones []*vfs.Mem
		points := []owner{}
		fs := vfs.WithHook(disk, func(op vfs.Op) error {
			if op.Mutates() && rng.IntN(4) == 0 {
				clones = append(clones, disk.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: rng}))
				points = append(points, *o)
			}
			return nil
		})
		l := mustOpen(t, o.options(fs, c))
		for range rng.IntN(8) {
			mustAppend(t, l, batchOf(t, 1, 50, 1))
		}
		switch rng.IntN(4) {
		case 0:
			check(t, l.Sync(l.LogEndOffset()))
			o.checkpoint(l)
			check(t, l.TruncateFullyAndStartAt(30))
			_, err := l.DeleteFiles(1 << 40)
			check(t, err)
		case 1:
			check(t, l.TruncateTo(l.LogEndOffset()))
		case 2:
			check(t, l.Sync(l.LogEndOffset()))
			o.checkpoint(l)
			l.SetHighWatermark(l.LogEndOffset())
			_, _, err := l.DeleteOldSegments(2000)
			check(t, err)
			_, err = l.DeleteFiles(1 << 40)
			check(t, err)
		}
		check(t, l.Close(rng.IntN(2) == 0))
		for i, clone := range clones {
			if _, err := Open(points[i].options(clone, c)); err != nil {
				t.Fatalf("seed %d, power cut %d: %v", seed, i, err)
			}
			// A second power cut, during the recovery.
			again := clone.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: rng})
			if _, err := Open(points[i].options(again, c)); err != nil {
				t.Fatalf("seed %d, power cut %d and another one: %v", seed, i, err)
			}
		}
	}
}

// The only .log file is lost while files of segments that retention has removed wait for their
// unlink. This is no interrupted removal of all segments: the log does not begin again.
func TestLostSegmentBesideRemovedOnes(t *testing.T) {
	for _, clean := range []bool{true, false} {
		for _, saved := range []bool{true, false} { // the checkpoint files
			c := testConfig()
			c.SegmentBytes, c.RetentionBytes = 1000, 1
			l, disk := newTestLog(t, c)
			for i := range 40 {
				mustAppend(t, l, pair(t, i, 'a'))
			}
			check(t, l.Sync(40))
			l.SetHighWatermark(40)
			_, _, err := l.DeleteOldSegments(2000)
			check(t, err)
			o := testOptions(disk, c)
			o.CleanShutdown = clean
			if saved {
				o.RecoveryPoint, o.LogStartOffset = l.LogEndOffset(), l.LogStartOffset()
			}
			active := l.active().path(segfile.LogSuffix)
			check(t, l.Close(clean))
			check(t, disk.Remove(active))
			for range 2 {
				if _, err := Open(o); !errors.Is(err, ErrMissingFile) || Classify(err) != ClassPartition {
					t.Errorf("clean stop %v, checkpoints %v: %v", clean, saved, err)
				}
			}
		}
	}
}

// The file that notes the removal of all segments goes when the log has a segment again. It must
// not explain a loss later.
func TestRemovalOfAllSegmentsIsNotedOnlyMeanwhile(t *testing.T) {
	l, disk := newTestLog(t, testConfig())
	mustAppend(t, l, pair(t, 1, 'a'))
	var during []*vfs.Mem
	l.fs = vfs.WithHook(disk, func(op vfs.Op) error {
		if op.Mutates() {
			during = append(during, disk.CrashClone(vfs.CrashOptions{}))
		}
		return nil
	})
	check(t, l.TruncateFullyAndStartAt(30))
	if noted := func(m *vfs.Mem) bool {
		_, err := m.Stat(filepath.Join(testDir, emptyingFile))
		return err == nil
	}; !noted(disk) {
		during = append(during, disk)
		for _, m := range during {
			mustOpen(t, testOptions(m, testConfig()))
			if noted(m) || noted(m.CrashClone(vfs.CrashOptions{})) {
				t.Error("the file stays after the log was opened")
			}
		}
	} else {
		t.Error("the file stays after the removal")
	}
}
