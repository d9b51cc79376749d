package storage

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Segments behind a cut are kept in files beside the log.
func TestSegmentsBehindACutAreKept(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	img := imageOf(t, disk, testDir)
	bad := img.flip(segfile.OffsetName(0)+segfile.LogSuffix, 4*83+70, 0xff)
	out := bad.write(t, testDir)
	o := testOptions(out, c)
	o.RecoveryPoint = 2
	mustOpen(t, o)
	names, _ := out.ReadDir(testDir)
	kept, bytes := 0, int64(0)
	for _, n := range names {
		if strings.HasSuffix(n.Name(), cutSuffix) {
			kept++
			b, _ := vfs.ReadFile(out, filepath.Join(testDir, n.Name()))
			bytes += int64(len(b))
		}
	}
	if kept < 2 || bytes != 56*83 {
		t.Errorf("%d files with %d bytes are kept, want %d bytes", kept, bytes, 56*83)
	}
}

// A reader rebuilds the index of the active segment while a batch with the largest timestamp is
// appended.
func TestMaxTimestampOfAnAppendBesideARebuild(t *testing.T) {
	disk := vfs.NewMem()
	_ = disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm)
	var armed atomic.Bool
	var l *Log
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if op.Kind == vfs.OpRead && strings.HasSuffix(op.Path, segfile.LogSuffix) && armed.CompareAndSwap(true, false) {
			mustAppend(t, l, batchOf(t, 1, 10, 5000))
		}
		return nil
	})
	l = mustOpen(t, testOptions(fs, testConfig()))
	for i := range 10 {
		mustAppend(t, l, batchOf(t, 3, 100, int64(1000+i)))
	}
	l.pool.Sweep()
	l.pool.Sweep()
	s := l.active()
	if s.idx != nil {
		t.Fatal("index in memory")
	}
	if err := disk.Remove(filepath.Join(testDir, segfile.OffsetName(0)+segfile.IndexSuffix)); err != nil {
		t.Fatal(err)
	}
	armed.Store(true)
	if err := s.loadIndex(); err != nil {
		t.Fatal(err)
	}
	if armed.Load() {
		t.Fatal("no append beside the rebuild")
	}
	if ts, at, err := s.maxTimestamp(); ts != 5000 || err != nil {
		t.Errorf("max timestamp %d at %d, want 5000: %v", ts, at, err)
	}
}
