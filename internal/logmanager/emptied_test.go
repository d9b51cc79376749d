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
// reported only, as long as partition.metadata is there: it may be above the records that a sync
// covered. Without partition.metadata any entry proves that files were removed: that file is on the
// disk before the first entry.
func TestEmptiedFolder(t *testing.T) {
	for _, what := range []string{"high watermark", "recovery point", "high watermark, no file", "first entry, no file"} {
		fs := vfs.NewMem()
		m := open(t, fs, "/a")
		l := create(t, m, "t", 0, storage.DefaultConfig())
		if what == "first entry, no file" {
			m.RecordNew(m.dirs[0])
		}
		for i := range 5 {
			fill(t, l, fmt.Sprint("k", i), "v")
		}
		must(t, l.Sync(5))
		if what != "first entry, no file" {
			m.CheckpointHighWatermarks()
		}
		if what == "recovery point" {
			m.CheckpointRecoveryPoints()
		}
		names, _ := fs.ReadDir("/a/t-0")
		m.Stop(false, 1)
		for _, e := range names {
			if what == "high watermark" && e.Name() == storage.PartitionMetadataFile {
				continue
			}
			must(t, fs.Remove(filepath.Join("/a/t-0", e.Name())))
		}
		m = open(t, fs, "/a")
		l = m.Log("t", 0)
		switch {
		case what != "high watermark":
			if l != nil {
				t.Errorf("%s: the partition is served", what)
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
