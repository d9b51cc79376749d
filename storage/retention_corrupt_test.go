package storage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// A segment that can neither be read nor has an index is the trouble of its partition: retention
// must not take it for a failure of the disk, which would end the whole log directory, nor stop at
// it for ever.
func TestRetentionOfADamagedSegment(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.RetentionMs = 700, 1000
	l, disk := newTestLog(t, c)
	for i := range 20 {
		mustAppend(t, l, batchOf(t, 3, 30, int64(i)))
	}
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(testDir, segfile.OffsetName(0))
	for _, suffix := range []string{segfile.IndexSuffix, segfile.TimeIndexSuffix} {
		if err := disk.Remove(first + suffix); err != nil {
			t.Fatal(err)
		}
	}
	f, err := disk.OpenFile(first+segfile.LogSuffix, os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt(make([]byte, 40), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(disk, c)
	o.CleanShutdown, o.RecoveryPoint = true, end
	l = mustOpen(t, o)
	l.SetHighWatermark(end)
	_, err = l.Read(0, ReadOptions{MaxBytes: 100, MinOneBatch: true, Below: end})
	var disky *StorageError
	if !errors.Is(err, ErrCorruptLog) || errors.As(err, &disky) {
		t.Errorf("reading damaged bytes: %v", err)
	}
	n, _, err := l.DeleteOldSegments(time.Now().Add(time.Hour).UnixMilli())
	if err != nil || n < 2 {
		t.Errorf("%d segments deleted, %v", n, err)
	}
	if err := l.Close(true); err != nil {
		t.Error(err)
	}
}
