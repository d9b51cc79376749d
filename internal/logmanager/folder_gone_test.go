package logmanager

import (
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A folder is removed while the broker runs, the log is reported as damaged, and the operator
// deletes the topic as the error advises. Other partitions of the directory stay in service.
func TestDeleteOfADamagedPartitionWhoseFolderIsGone(t *testing.T) {
	fsys := vfs.NewMem()
	m := open(t, fsys, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	other := create(t, m, "o", 0, storage.DefaultConfig())
	recordAll(m)
	fill(t, l, "k", "v")
	fill(t, other, "k", "v")
	must(t, l.Sync(1))
	must(t, fsys.RemoveAll("/a/t-0"))
	fill(t, l, "k", "w")
	m.Fail(l, l.Sync(2))
	_ = m.Delete(l, nowMs) // the log is damaged
	if m.dirs[0].Err() != nil {
		t.Fatalf("the directory is offline: %v", m.dirs[0].Err())
	}
	m.Stop(true, 1)
}

func TestDiscardOfAPartitionWhoseFolderIsGone(t *testing.T) {
	fsys := vfs.NewMem()
	m := open(t, fsys, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	recordAll(m)
	fill(t, l, "k", "v")
	must(t, l.Sync(1))
	must(t, fsys.RemoveAll("/a/t-0"))
	m.Fail(l, storage.ErrMissingFile)
	must(t, m.Discard("t", 0, nowMs))
	if m.dirs[0].Err() != nil {
		t.Fatalf("the directory is offline: %v", m.dirs[0].Err())
	}
	m.Stop(true, 1)
}

// The folder is removed while the broker runs and nothing has noticed yet.
func TestDeleteOfALogWhoseFolderIsGone(t *testing.T) {
	fsys := vfs.NewMem()
	m := open(t, fsys, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	recordAll(m)
	fill(t, l, "k", "v")
	must(t, l.Sync(1))
	must(t, fsys.RemoveAll("/a/t-0"))
	_ = m.Delete(l, nowMs) // the log is damaged
	if m.dirs[0].Err() != nil {
		t.Fatalf("the directory is offline: %v", m.dirs[0].Err())
	}
	m.Stop(true, 1)
}
