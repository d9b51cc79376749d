package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// holeOfAPowerCut makes a log with a hole: a power cut under cleanup.policy=compact leaves a hole
// of records that were never acknowledged, and recovery keeps the segment behind it.
func holeOfAPowerCut(t *testing.T) (*Log, *vfs.Mem, Options, int64) {
	for seed := range uint64(400) {
		c := testConfig()
		c.SegmentBytes = 900
		c.CleanupPolicy = CleanupCompact
		l, disk := newTestLog(t, c)
		for range 6 {
			mustAppend(t, l, batchOf(t, 1, 100, 1))
		}
		check(t, l.Sync(l.LogEndOffset()))
		point := l.LogEndOffset()
		for range 12 {
			mustAppend(t, l, batchOf(t, 1, 100, 1))
		}
		img := disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 1)), Keep: 0.8, Block: 512})
		o := testOptions(img, c)
		o.RecoveryPoint = point
		l = mustOpen(t, o)
		l.SetHighWatermark(l.LogEndOffset())
		for at := int64(0); at < l.LogEndOffset(); {
			r, err := l.Read(at, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
			check(t, err)
			if r.FirstOffset > at {
				t.Logf("seed %d: log [0,%d) without %d-%d, recovery point %d, damage %v", seed, l.LogEndOffset(), at, r.FirstOffset-1, point, l.Damage())
				return l, img, o, at
			}
			at = r.NextOffset
			r.Slice.Close()
		}
	}
	t.Fatal("no power cut left a hole")
	return nil, nil, Options{}, 0
}

// A reader at the hole, after the policy became delete.
func TestHoleStaysReadableAfterAPolicyChange(t *testing.T) {
	l, _, o, at := holeOfAPowerCut(t)
	c := *o.Config
	c.CleanupPolicy = CleanupDelete
	l.SetConfig(&c)
	if r, err := l.Read(at, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: l.LogEndOffset()}); err != nil {
		t.Errorf("read at %d with policy delete: %v", at, err)
	} else {
		r.Slice.Close()
	}
	check(t, l.Close(true))
	o.Config, o.CleanShutdown, o.RecoveryPoint = &c, true, l.RecoveryPoint()
	l = mustOpen(t, o)
	if _, err := l.Read(at, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: l.LogEndOffset()}); err != nil {
		t.Errorf("read at %d after a clean restart: %v (class %v)", at, err, Classify(err))
	}
}

// Acknowledged records behind the hole, after a kill before the next recovery point checkpoint.
func TestPolicyChangeAndKillLoseNothing(t *testing.T) {
	l, img, o, at := holeOfAPowerCut(t)
	c := *o.Config
	c.CleanupPolicy = CleanupDelete
	l.SetConfig(&c)
	for range 3 {
		mustAppend(t, l, batchOf(t, 1, 100, 1))
	}
	check(t, l.Sync(l.LogEndOffset())) // acknowledged
	acked := l.LogEndOffset()
	again := testOptions(img.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1)), Keep: 1}), &c)
	again.RecoveryPoint = o.RecoveryPoint
	l = mustOpen(t, again)
	if l.LogEndOffset() < acked {
		t.Errorf("acknowledged up to %d, the log ends at %d (hole at %d), damage %+v", acked, l.LogEndOffset(), at, l.Damage())
	}
}
