package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A power cut may keep the name of a segment and lose the name of the segment before it. The
// records were not acknowledged, so no segment counts as lost: no index has entries before the name
// of its .log file is durable. In a log that may have gaps, recovery sees nothing else that is
// wrong.
func TestPowerCutBeforeNamesAreDurableLosesNoSegment(t *testing.T) {
	for way, act := range map[string]func(*Log) error{
		"sync":    func(l *Log) error { return l.Sync(l.LogEndOffset()) },
		"prepare": func(l *Log) error { _, _, err := l.PrepareSync(); return err },
		"sweep": func(l *Log) error {
			l.pool.Sweep()
			l.pool.Sweep()
			return nil
		},
		"truncate": func(l *Log) error { return l.TruncateTo(l.LogEndOffset() - 1) },
	} {
		t.Run(way, func(t *testing.T) {
			for seed := range uint64(60) {
				rng := rand.New(rand.NewPCG(seed, 8))
				disk := memDisk(t)
				c := testConfig()
				c.SegmentBytes, c.IndexIntervalBytes = 400, 1
				var clones []*vfs.Mem
				fs := vfs.WithHook(disk, func(op vfs.Op) error {
					if op.Mutates() && rng.IntN(4) == 0 {
						clones = append(clones, disk.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: rng}))
					}
					return nil
				})
				l := mustOpen(t, testOptions(fs, c))
				if seed%2 == 0 {
					check(t, l.noteGaps())
				}
				for range 6 {
					mustAppend(t, l, batchOf(t, 2, 50, 1))
				}
				check(t, act(l))
				for range 4 {
					mustAppend(t, l, batchOf(t, 2, 50, 1))
				}
				check(t, act(l))
				for i := range 4 {
					clones = append(clones, disk.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: rng}))
					if i == 2 {
						check(t, l.Close(false))
					}
				}
				for i, clone := range clones {
					for _, d := range mustOpen(t, testOptions(clone, c)).Damage() {
						if d.Text == "a segment file is missing" {
							t.Fatalf("seed %d, power cut %d: %+v", seed, i, d)
						}
					}
				}
			}
		})
	}
}
