package storage

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// A sealed, synced segment file that lost its end at a border of batches, or all its bytes: readers
// of the missing offsets get an error, as they do when the file is missing, and Open reports it.
func TestShortSealedSegment(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(60))
	cut := l.segments[1]
	next := l.segments[2].base
	check(t, l.Close(true))
	img := imageOf(t, disk, testDir)
	name := segfile.OffsetName(cut.base) + segfile.LogSuffix
	size := len(pair(t, 0, 'a'))
	for _, keep := range []int{0, 5, -1} {
		for _, clean := range []bool{true, false} {
			x := diskImage{}
			for n, b := range img {
				x[n] = b
			}
			if keep >= 0 {
				x[name] = img[name][:keep*size]
			} else {
				delete(x, name) // for comparison: the file is missing
			}
			o := testOptions(x.write(t, testDir), c)
			o.RecoveryPoint, o.CleanShutdown = 60, clean
			l := mustOpen(t, o)
			missed, failed := 0, int64(-1)
			for from := int64(0); from < 60; {
				r, err := l.Read(from, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
				if err != nil {
					failed = from
					break
				}
				by, _ := r.Slice.ReadInto(nil)
				r.Slice.Close()
				b := record.Batch(by)
				missed += int(b.BaseOffset() - from)
				from = b.NextOffset()
			}
			if failed < 0 || len(l.Damage()) == 0 {
				t.Errorf("segment [%d,%d) keeps %d batches, clean %v: a consumer silently misses %d records, error at %d, damage %v", cut.base, next, keep, clean, missed, failed, l.Damage())
			} else {
				t.Logf("segment [%d,%d) keeps %d batches, clean %v: error at %d, damage %v", cut.base, next, keep, clean, failed, l.Damage())
			}
		}
	}
}

// A file that is shorter than it was is damage to one log, not a failed disk.
func TestShortFilesAreNoDiskErrors(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	m := vfs.NewMem()
	check(t, m.MkdirAll(filepath.Dir(testDir), vfs.DirPerm))
	o := testOptions(m, c)
	o.Pool = NewFilePool(1)
	l := mustOpen(t, o)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	l.SetHighWatermark(60)
	// Other answers keep the pool full.
	var held []Slice
	for _, s := range l.segments[2:] {
		r, err := l.Read(s.base, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: 60})
		check(t, err)
		held = append(held, r.Slice)
	}
	f, err := vfs.Open(m, l.segments[0].path(segfile.LogSuffix))
	check(t, err)
	check(t, f.Truncate(f0size(t, f)-20))
	_, err = l.Read(5, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: 60})
	t.Logf("read of a short .log with a full pool: class %v: %v", Classify(err), err)
	if Classify(err) == ClassDisk {
		t.Error("a short .log file takes the directory offline")
	}
	for i := range held {
		held[i].Close()
	}
}

func f0size(t *testing.T, f vfs.File) int64 {
	n, err := f.Size()
	check(t, err)
	return n
}

func TestShortTxnIndexIsNoDiskError(t *testing.T) {
	l, disk := newTestLog(t, txnConfig())
	s := &txnScript{t, l, map[int64]int32{}}
	for range 8 {
		s.data(7)
		s.data(8)
		s.end(7, false)
		s.end(8, false)
	}
	l.SetHighWatermark(l.LogEndOffset())
	check(t, l.Sync(l.LogEndOffset()))
	check(t, l.Close(true))
	o := testOptions(disk, txnConfig())
	o.CleanShutdown, o.RecoveryPoint = true, l.LogEndOffset()
	l = mustOpen(t, o)
	l.SetHighWatermark(l.LogEndOffset())
	if _, err := l.AbortedTxns(0, l.LogEndOffset()); err != nil {
		t.Fatal(err)
	}
	names, _ := disk.ReadDir(testDir)
	for _, e := range names {
		if strings.HasSuffix(e.Name(), segfile.TxnIndexSuffix) {
			f, err := disk.OpenFile(filepath.Join(testDir, e.Name()), 2, 0)
			check(t, err)
			check(t, f.Truncate(0))
			break
		}
	}
	_, err := l.AbortedTxns(0, l.LogEndOffset())
	var se *StorageError
	t.Logf("class %v: %v", Classify(err), err)
	if errors.As(err, &se) {
		t.Error("a short .txnindex takes the directory offline")
	}
}
