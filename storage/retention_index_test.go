package storage

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// poke overwrites bytes of a file.
func poke(t *testing.T, fsys vfs.FS, name string, off int64, b ...byte) {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b, off); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Retention by time does not trust a damaged time index: each changed bit of its last entry, and a
// file without its last entries, leaves the fresh records where they are.
func TestRetentionProvesTheAgeOfASegment(t *testing.T) {
	const now, week = int64(1_700_000_000_000), int64(7 * 24 * 3600 * 1000)
	c := testConfig()
	c.SegmentBytes, c.SegmentMs, c.IndexIntervalBytes, c.RetentionMs = 1300, 10*week, 150, week
	l, disk := newTestLog(t, c)
	for i := range 20 {
		ts := now - 1000 + int64(i)
		if i%5 < 4 {
			ts = now - 2*week + int64(i) // four old batches, then a fresh one
		}
		mustAppend(t, l, batchOf(t, 3, 30, ts))
	}
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(testDir, segfile.OffsetName(0)+segfile.TimeIndexSuffix)
	b, err := vfs.ReadFile(disk, name)
	if err != nil || len(b) < 2*segfile.TimeEntrySize {
		t.Fatal(len(b), err)
	}
	last := len(b) - segfile.TimeEntrySize
	retain := func(what string, img *vfs.Mem) {
		t.Helper()
		o := testOptions(img, c)
		o.CleanShutdown, o.RecoveryPoint = true, end
		l := mustOpen(t, o)
		l.SetHighWatermark(end)
		n, reason, err := l.DeleteOldSegments(now)
		if n > 0 || err != nil {
			t.Errorf("%s: %d segments with records one second old deleted (%s), %v", what, n, reason, err)
		}
		if n, _, err := l.DeleteOldSegments(now + 2*week); n < 2 || err != nil {
			t.Errorf("%s: %d segments deleted when they were old, %v", what, n, err)
		}
		_ = l.Close(false)
	}
	for bit := range 8 * segfile.TimeEntrySize {
		img := disk.CrashClone(vfs.CrashOptions{Keep: 1})
		poke(t, img, name, int64(last+bit/8), b[last+bit/8]^1<<(bit%8))
		retain("bit flipped", img)
	}
	for n := 0; n < len(b); n += segfile.TimeEntrySize {
		img := disk.CrashClone(vfs.CrashOptions{Keep: 1})
		if err := vfs.WriteFile(img, name, b[:n]); err != nil {
			t.Fatal(err)
		}
		retain("entries lost", img)
	}
	img := disk.CrashClone(vfs.CrashOptions{Keep: 1})
	old := binary.BigEndian.AppendUint64(nil, uint64(now-2*week))
	poke(t, img, name, int64(last), old...)
	retain("another timestamp", img)
}
