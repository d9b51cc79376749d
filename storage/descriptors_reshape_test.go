package storage

import (
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A truncation or a deletion of segments that finds no file descriptor is completed by the next
// call. The log does not break, and a power cut in between leaves no hole.
func TestReshapeWithoutDescriptors(t *testing.T) {
	for name, do := range map[string]func(l *Log) error{
		"truncate":       func(l *Log) error { return l.TruncateTo(7) },
		"truncate fully": func(l *Log) error { return l.TruncateFullyAndStartAt(30) },
		"retention": func(l *Log) error {
			_, _, err := l.DeleteOldSegments(2000)
			return err
		},
		"unlink": func(l *Log) error {
			_, err := l.DeleteFiles(1 << 60)
			return err
		},
		"roll": func(l *Log) error { return l.Roll(2000) },
	} {
		refused := 0
		for skip := range 12 {
			disk := memDisk(t)
			fs, armed := withoutDescriptorsAfter(disk, skip)
			c := testConfig()
			c.SegmentBytes, c.RetentionBytes, c.FileDeleteDelayMs = 400, 400, 0
			l := mustOpen(t, testOptions(fs, c))
			for range 20 {
				mustAppend(t, l, batchOf(t, 1, 50, 1))
			}
			l.SetHighWatermark(20)
			check(t, l.Sync(20))
			l.pool.Shed()
			armed.Store(true)
			err := do(l)
			armed.Store(false)
			if err != nil {
				refused++
			}
			if c := Classify(err); c != ClassNone && c != ClassRetry {
				t.Errorf("%s, %d calls: class %v: %v", name, skip, c, err)
			}
			if err := do(l); err != nil {
				t.Errorf("%s, %d calls, again: %v", name, skip, err)
				continue
			}
			if _, err := l.AppendAsLeader(batchOf(t, 1, 50, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); err != nil {
				t.Errorf("%s, %d calls: append: %v", name, skip, err)
				continue
			}
			check(t, l.Sync(l.LogEndOffset()))
			o := testOptions(disk.CrashClone(vfs.CrashOptions{}), c)
			o.RecoveryPoint = l.RecoveryPoint()
			if got := mustOpen(t, o); got.LogEndOffset() != l.LogEndOffset() {
				t.Errorf("%s, %d calls: the log ends at %d after a power cut, want %d", name, skip, got.LogEndOffset(), l.LogEndOffset())
			}
		}
		if refused == 0 && name != "unlink" { // which needs no descriptor
			t.Errorf("%s found all its descriptors", name)
		}
	}
}
