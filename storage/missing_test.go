package storage

import (
	"math/rand/v2"
	"testing"

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
