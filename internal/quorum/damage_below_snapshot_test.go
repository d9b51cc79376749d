package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// A bad bit hits records of the log that a snapshot also holds. The start takes these records from
// the snapshot, and the records behind it from the log, after any stop.
func TestDamageBelowASnapshotRemovesNoLaterTopic(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
	n.register()
	size := 0
	for i, name := range []string{"a", "b", "c", "d"} {
		n.now = n.now.Add(2 * time.Second)
		n.create(name, 1)
		if i == 1 {
			size = len(readDisk(t, fsys)[firstSegment])
			n.c.engine.snapshots.begin(n.c.engine)
			n.wait("a snapshot", func() bool { return !n.c.engine.snapshots.busy })
		}
	}
	n.close()
	d := readDisk(t, fsys)
	for _, clean := range []bool{true, false} {
		for at := size - 1; at >= 0; at -= 5 {
			bit := at % 8
			disk := d.with(t, firstSegment, flipped(d[firstSegment], at, bit))
			if topics, err := start(t, disk, n.now, clean); err != nil || topics != 4 {
				t.Errorf("clean %v, byte %d, bit %d: %d of 4 topics, %v", clean, at, bit, topics, err)
			}
		}
	}
}
