package storage

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A power cut alone, a log that was never compacted. Two rolls are not synced. The power cut keeps
// the names of the index of the middle segment and of the .log file of the last one, not the .log
// file of the middle one. Recovery sets the last segment aside, rightly: nothing of it was
// acknowledged. The producers send the same records again, they are synced (acknowledged), and the
// log rolls at the same offsets.
func TestRecordsBehindAHoleComeAgain(t *testing.T) {
	bad, total := 0, 0
	var example string
	for seed := range uint64(300) {
		disk := vfs.NewCrashableMem()
		check(t, disk.MkdirAll("data", vfs.DirPerm))
		check(t, syncMount(disk, ""))
		c := testConfig()
		c.SegmentBytes = 900
		l := mustOpen(t, testOptions(disk, c))
		add := func(l *Log, n int) {
			for i := range n {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("k%d=v%d", i%3, l.LogEndOffset()+100)))
			}
		}
		add(l, 10)
		check(t, l.Sync(l.LogEndOffset()))
		point := l.LogEndOffset() // acknowledged
		add(l, 30)                // not acknowledged
		image := disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 1)), Keep: 0.8, Block: 512})
		total++
		lg, logs := capture()
		o := testOptions(image, c)
		o.RecoveryPoint, o.Logger = point, lg
		l2, err := Open(o)
		check(t, err)
		end := l2.LogEndOffset()
		if end < point {
			t.Fatal("lost")
		}
		add(l2, int(40-end)) // the same records again
		check(t, l2.Sync(l2.LogEndOffset()))
		l2.SetHighWatermark(l2.LogEndOffset())
		for at := range l2.LogEndOffset() {
			r, err := l2.Read(at, ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: l2.LogEndOffset()})
			if err != nil {
				bad++
				if example == "" {
					var bases []int64
					for _, s := range l2.Segments() {
						bases = append(bases, s.BaseOffset)
					}
					check(t, l2.Close(true))
					o.CleanShutdown, o.RecoveryPoint = true, l2.RecoveryPoint()
					l3 := mustOpen(t, o)
					l3.SetHighWatermark(l3.LogEndOffset())
					r3, err3 := l3.Read(at, ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: l3.LogEndOffset()})
					t.Logf("after a restart: record %d, first %d error %v", at, r3.FirstOffset, err3)
					example = fmt.Sprintf("seed %d: the log began again at %d, ends at %d, segments %v; acknowledged record %d: %v\n%s", seed, end, l2.LogEndOffset(), bases, at, err, logs())
				}
				break
			}
			r.Slice.Close()
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d power cuts: %s", bad, total, example)
	}
}

// The same with one fault and without a power cut: a middle .log file is gone, and a kill came
// before the recovery point was written. The later segments go to .cut files (known). Afterwards
// acknowledged records cannot be read.
func TestRecordsOfARemovedSegmentComeAgain(t *testing.T) {
	disk := vfs.NewCrashableMem()
	check(t, disk.MkdirAll("data", vfs.DirPerm))
	c := testConfig()
	c.SegmentBytes = 900
	l := mustOpen(t, testOptions(disk, c))
	add := func(l *Log, n int) {
		for i := range n {
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("k%d=v%d", i%3, l.LogEndOffset()+100)))
		}
	}
	add(l, 40)
	check(t, l.Close(false)) // kill -9
	s := l.segments[1]
	check(t, disk.Remove(s.path(".log")))
	o := testOptions(disk, c)
	l2 := mustOpen(t, o)
	t.Logf("begins again at %d, damage %+v", l2.LogEndOffset(), l2.Damage())
	add(l2, int(40-l2.LogEndOffset()))
	check(t, l2.Sync(l2.LogEndOffset()))
	for at := range l2.LogEndOffset() {
		r, err := l2.Read(at, ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: l2.LogEndOffset()})
		if err != nil {
			t.Fatalf("record %d of %d: %v", at, l2.LogEndOffset(), err)
		}
		r.Slice.Close()
	}
}
