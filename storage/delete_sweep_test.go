package storage

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Delete waits for a sweep of memory that writes an index. A file that the sweep makes again would
// fail the removal of the folder, and take the log directory offline.
func TestDeleteWaitsForASweep(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "topic-0")
	var armed atomic.Bool
	begun := make(chan struct{})
	base := vfs.OS()
	fs := vfs.WithHook(base, func(op vfs.Op) error {
		if op.Kind == vfs.OpCreate && strings.HasSuffix(op.Path, segfile.TimeIndexSuffix) && armed.CompareAndSwap(true, false) {
			close(begun)
			for end := time.Now().Add(5 * time.Second); time.Now().Before(end); { // a slow disk
				if _, err := os.Lstat(op.Path); err != nil {
					break
				}
			}
		}
		return nil
	})
	c := testConfig()
	c.IndexIntervalBytes = 1
	o := testOptions(fs, c)
	o.Dir = dir
	l := mustOpen(t, o)
	for i := range 250 { // segments
		mustAppend(t, l, batchOf(t, 1, 100, int64(i)))
		check(t, l.Roll(1000))
	}
	check(t, l.Sync(l.LogEndOffset()))
	for i := range 3 {
		mustAppend(t, l, batchOf(t, 1, 100, int64(i)))
	}
	check(t, l.Rename(dir+"-delete"))
	for range 4 {
		armed.Store(true)
		swept := make(chan struct{})
		go func() { defer close(swept); o.Pool.Sweep() }()
		select {
		case <-begun:
			err := l.Delete()
			<-swept
			if err != nil {
				left, _ := os.ReadDir(dir + "-delete")
				t.Errorf("Delete: %v, class %v: the log manager takes the directory offline; left: %v", err, Classify(err), left)
			}
			return
		case <-swept:
		}
	}
	t.Fatal("no sweep")
}
