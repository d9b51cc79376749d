package storage

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// A sweep that writes out the index of a segment that leaves the log at that moment must not write
// into the file of the segment that takes over its name, nor make a file in a folder that is being
// removed.
func TestSweepDoesNotWriteForSegmentsThatWent(t *testing.T) {
	disk := vfs.NewMem()
	if err := disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	var armed atomic.Bool
	sweeping, truncated := make(chan struct{}), make(chan struct{})
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if op.Kind == vfs.OpCreate && strings.HasSuffix(op.Path, segfile.IndexSuffix) && armed.CompareAndSwap(true, false) {
			close(sweeping)
			select {
			case <-truncated:
			case <-time.After(50 * time.Millisecond): // the truncation waits for the sweep
			}
		}
		return nil
	})
	c := testConfig()
	c.IndexIntervalBytes = 100
	o := testOptions(fs, c)
	l := mustOpen(t, o)
	for i := range 10 {
		mustAppend(t, l, batchOf(t, 3, 100, int64(i)))
	}
	o.Pool.Sweep()
	armed.Store(true)
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		o.Pool.Sweep()
	}()
	<-sweeping
	if err := l.TruncateFullyAndStartAt(0); err != nil {
		t.Fatal(err)
	}
	close(truncated)
	<-swept
	index, err := vfs.ReadFile(disk, filepath.Join(testDir, segfile.OffsetName(0)+segfile.IndexSuffix))
	if err != nil || len(index) != 0 {
		t.Errorf("an empty segment has an index of %d bytes, %v", len(index), err)
	}
}
