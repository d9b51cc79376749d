package logmanager

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The files in a partition's folder are gone, the folder is there. A checkpoint of the recovery
// point proves that it had records, and the log is not opened. One of the high watermark is
// reported only: it may be above the records that a sync covered.
func TestEmptiedFolder(t *testing.T) {
	for _, what := range []string{"high watermark", "recovery point"} {
		fs := vfs.NewMem()
		m := open(t, fs, "/a")
		l := create(t, m, "t", 0, storage.DefaultConfig())
		for i := range 5 {
			fill(t, l, fmt.Sprint("k", i), "v")
		}
		must(t, l.Sync(5))
		m.CheckpointHighWatermarks()
		if what == "recovery point" {
			m.CheckpointRecoveryPoints()
		}
		names, _ := fs.ReadDir("/a/t-0")
		m.Stop(false, 1)
		for _, e := range names {
			must(t, fs.Remove(filepath.Join("/a/t-0", e.Name())))
		}
		m = open(t, fs, "/a")
		l = m.Log("t", 0)
		switch {
		case what == "recovery point":
			if l != nil {
				t.Error("the recovery point is saved, and the partition is served")
			}
		case l == nil:
			t.Error("the high watermark is saved, and the partition is not served")
		default:
			if d := l.Damage(); len(d) != 1 || d[0].From != 0 || d[0].To != 5 {
				t.Errorf("damage %+v", d)
			}
		}
		m.Stop(false, 1)
	}
}
