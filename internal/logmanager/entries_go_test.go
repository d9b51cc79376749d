package logmanager

import (
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A topic is deleted and made again, and the new log is in the other directory: in service, or
// damaged. The entries of the first log go with its folder. They prove nothing about a third topic
// of the name, whose folder was never made.
func TestEntriesGoWhenTheNameIsInAnotherDirectory(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		fsys := vfs.NewMem()
		m := open(t, fsys, "/a", "/b")
		l := create(t, m, "t", 0, storage.DefaultConfig())
		d, other := l.dir, m.dirs[1]
		fill(t, l, "k", "v", "w")
		must(t, l.Sync(2))
		must(t, l.SetLogStartOffset(1))
		checkpointAll(m)
		must(t, m.setCleanerOffset(l, 1, 0))
		for i := range int32(2) {
			create(t, m, "fill", i, storage.DefaultConfig()) // one in each directory
		}
		must(t, m.Delete(l, nowMs))
		for other.logs >= d.logs { // so that the next log goes to the other directory
			create(t, m, "x", int32(d.logs), storage.DefaultConfig())
		}
		second, err := m.Create(newTopic)
		must(t, err)
		if second.dir != other {
			t.Fatal("the new log is in the same directory")
		}
		recordAll(m)
		if damaged {
			m.Fail(second, storage.ErrCorruptLog)
		}
		m.removeDeleted(d, nowMs+1<<40)
		if got := onDisk(t, fsys, d.path, l.TP); got != (logOffsets{}) {
			t.Errorf("damaged %v: the directory has entries of a deleted partition: %v", damaged, got)
		}
		must(t, m.Delete(second, nowMs))
		m.removeDeleted(other, nowMs+1<<40)
		m.Stop(true, 1)
		m = topics{"t": {1}}.start(t, fsys, "/a", "/b")
		if err := again(m, "t", [16]byte{}); err != nil {
			t.Errorf("damaged %v: a partition that never had a record: %v", damaged, err)
		}
		m.Stop(true, 1)
	}
}
