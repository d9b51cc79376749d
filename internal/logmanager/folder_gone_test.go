package logmanager

import (
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The folder of a partition is removed while the broker runs, and the topic is deleted, as the
// error of the partition advises. The directory stays in service.
func TestDeletionOfAPartitionWhoseFolderIsGone(t *testing.T) {
	for name, remove := range map[string]func(t *testing.T, m *Manager, l *Log){
		"nothing has noticed": func(_ *testing.T, m *Manager, l *Log) { _ = m.Delete(l, nowMs) }, // the rename fails
		"a sync has failed": func(t *testing.T, m *Manager, l *Log) {
			fill(t, l, "k", "w")
			m.Fail(l, l.Sync(2))
			_ = m.Delete(l, nowMs)
		},
		"the log is damaged": func(t *testing.T, m *Manager, l *Log) {
			m.Fail(l, storage.ErrMissingFile)
			must(t, m.Discard("t", 0, nowMs))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			m := open(t, fsys, "/a")
			l := create(t, m, "t", 0, storage.DefaultConfig())
			recordAll(m)
			fill(t, l, "k", "v")
			must(t, l.Sync(1))
			must(t, fsys.RemoveAll("/a/t-0"))
			remove(t, m, l)
			if err := m.dirs[0].Err(); err != nil {
				t.Errorf("the directory is offline: %v", err)
			}
			m.Stop(true, 1)
		})
	}
}
