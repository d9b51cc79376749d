package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// intact reads the log with ReadIntact. It returns the offsets that it read, and the ranges of
// offsets that it has passed over, as "from-to file".
func intact(t *testing.T, l *Log) (read map[int64]bool, lost []string) {
	t.Helper()
	read = map[int64]bool{}
	for at := l.LogStartOffset(); at < l.LogEndOffset(); {
		r, err := l.ReadIntact(at, 300)
		if err != nil {
			t.Fatalf("at %d: %v", at, err)
		}
		from := at
		if r.LostTo > at {
			lost = append(lost, fmt.Sprintf("%d-%d %s", at, r.LostTo-1, r.File))
			at = r.LostTo
		}
		for b, err := range record.Batches(r.Batches) {
			if err != nil || b.Validate() != nil || b.NextOffset() <= at {
				t.Fatalf("at %d: batch at %d: %v", at, b.BaseOffset(), err)
			}
			at = b.NextOffset()
			read[b.BaseOffset()] = true
		}
		if at == from {
			break
		}
	}
	return read, lost
}

// sixty is a log of 60 batches in segments of 1000 bytes on disk.
func sixty(t *testing.T, c *Config) diskImage {
	t.Helper()
	c.SegmentBytes, c.IndexIntervalBytes = 1000, 300
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(60))
	check(t, l.Close(true))
	return imageOf(t, disk, testDir)
}

// Each batch is damaged in turn, at the start or while the log is open. ReadIntact returns all
// others, and names the offset and the file of the damaged one.
func TestIntactBatchesAroundDamage(t *testing.T) {
	c := testConfig()
	img := sixty(t, c)
	size := len(pair(t, 0, 'a'))
	last, _ := segmentIn(img, 59)
	for bad := range 59 { // recovery cuts the last one off
		for _, at := range []int{3, 7, 9, 11, 16, 70} {
			for _, late := range []bool{false, true} {
				base, name := segmentIn(img, int64(bad))
				pos := size*int(int64(bad)-base) + at
				disk := img.flip(name, pos, 0x40).write(t, testDir)
				if late {
					disk = img.write(t, testDir)
				}
				o := testOptions(disk, c)
				o.RecoveryPoint, o.CleanShutdown = 60, true
				l := mustOpen(t, o)
				if late {
					intact(t, l) // loads the indexes
					f, err := vfs.Open(disk, filepath.Join(testDir, name))
					check(t, err)
					_, err = f.WriteAt([]byte{img[name][pos] ^ 0x40}, int64(pos))
					check(t, err)
				}
				read, lost := intact(t, l)
				if at < 8 && !late && base == last && len(read) == 60 && len(lost) == 0 {
					continue // the start has written the right offset
				}
				if want := fmt.Sprintf("[%d-%d %s]", bad, bad, name); len(read) != 59 || read[int64(bad)] || fmt.Sprint(lost) != want {
					t.Errorf("byte %d of batch %d, late %v: %d batches, %q, want %s", at, bad, late, len(read), lost, want)
				}
				if d := l.Damage(); len(d) != 1 || d[0].From != int64(bad) || d[0].To != int64(bad)+1 {
					t.Errorf("byte %d of batch %d, late %v: %+v", at, bad, late, d)
				}
				check(t, l.Close(true))
			}
		}
	}
}

func segmentIn(img diskImage, offset int64) (base int64, name string) {
	base = -1
	for n := range img {
		if b, suffix, ok := segfile.ParseOffsetName(n); ok && suffix == segfile.LogSuffix && b <= offset && b > base {
			base, name = b, n
		}
	}
	return base, name
}

// A missing segment, a segment without its end, and a log end that recovery has cut away are passed
// over.
func TestIntactBatchesBehindMissingOnes(t *testing.T) {
	c := testConfig()
	img := sixty(t, c)
	size := len(pair(t, 0, 'a'))
	base, name := segmentIn(img, 25)
	next := base + int64(len(img[name])/size)
	last, lastName := segmentIn(img, 59)
	for _, x := range []struct {
		what   string
		change func(diskImage)
		want   string
	}{
		{"missing", func(d diskImage) { delete(d, name) }, fmt.Sprintf("[%d-%d %s]", base, next-1, name)},
		{"cut", func(d diskImage) { d[name] = d[name][:3*size] }, fmt.Sprintf("[%d-%d %s]", base+3, next-1, name)},
		{"the last is missing", func(d diskImage) { delete(d, lastName) }, fmt.Sprintf("[%d-59 %s]", last, lastName)},
		{"the end is damaged", func(d diskImage) { d[lastName] = append(d[lastName][:2*size:2*size], make([]byte, 50)...) },
			fmt.Sprintf("[%d-59 %s]", last+2, lastName)},
	} {
		d := img.flip(name, 0, 0)
		x.change(d)
		disk := d.write(t, testDir)
		o := testOptions(disk, c)
		o.RecoveryPoint = 60
		for _, clean := range []bool{false, true} {
			o.CleanShutdown = clean
			l := mustOpen(t, o)
			read, lost := intact(t, l)
			if fmt.Sprint(lost) != x.want || !read[0] {
				t.Errorf("%s, clean %v: %d batches, %q, want %s", x.what, clean, len(read), lost, x.want)
			}
			check(t, l.Close(true))
		}
	}
}

// An error that may pass is returned. No record is passed over for it.
func TestIntactBatchesAndPassingErrors(t *testing.T) {
	c := testConfig()
	img := sixty(t, c)
	_, name := segmentIn(img, 25)
	img = img.flip(name, 2*len(pair(t, 0, 'a'))+70, 1)
	for _, cause := range []error{syscall.EMFILE, syscall.EIO} {
		failures := 0
		for skip := 0; ; skip++ {
			failing, seen := false, 0
			disk := vfs.WithHook(img.write(t, testDir), func(op vfs.Op) error {
				if !failing || op.Kind != vfs.OpOpen && op.Kind != vfs.OpRead || op.Kind == vfs.OpRead && cause == syscall.EMFILE {
					return nil
				}
				if seen++; seen > skip && seen <= skip+3 { // the pool tries again without a descriptor
					return &os.PathError{Op: "read", Path: op.Path, Err: cause}
				}
				return nil
			})
			o := testOptions(disk, c)
			o.RecoveryPoint, o.CleanShutdown = 60, true
			l := mustOpen(t, o)
			failing = true
			read := 0
			for at := int64(0); at < 60; {
				r, err := l.ReadIntact(at, 1)
				if err != nil {
					if failures++; !errors.Is(err, cause) || errors.Is(err, ErrCorruptLog) {
						t.Fatalf("%v, operation %d: %v", cause, skip, err)
					}
					continue
				}
				for b := range record.Batches(r.Batches) {
					read++
					at = b.NextOffset()
				}
			}
			if read != 59 {
				t.Fatalf("%v at operation %d: %d batches", cause, skip, read)
			}
			if seen <= skip {
				break
			}
		}
		if failures == 0 {
			t.Errorf("%v: no read has failed", cause)
		}
	}
}

// Compaction of a damaged log keeps the newest intact record of each key.
func TestCompactionLosesNothingBesidesDamage(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 1000
	l, disk := newTestLog(t, c)
	for _, tag := range []byte("abc") {
		for i := range 20 {
			mustAppend(t, l, pair(t, i, tag))
		}
	}
	check(t, l.Sync(60))
	check(t, l.Close(true))
	img := imageOf(t, disk, testDir)
	size := len(pair(t, 0, 'a'))
	newest := func(l *Log) map[string]string {
		got := map[string]string{}
		for at := int64(0); at < l.LogEndOffset(); {
			r, err := l.ReadIntact(at, 1000)
			check(t, err)
			at = max(at, r.LostTo)
			for b := range record.Batches(r.Batches) {
				var rd record.Reader
				for rd.Reset(b, record.Limits{}); rd.Next(); {
					got[string(rd.Record().Key)] = string(rd.Record().Value)
				}
				at = b.NextOffset()
			}
			if len(r.Batches) == 0 && r.LostTo == 0 {
				break
			}
		}
		return got
	}
	for bad := range 60 {
		base, name := segmentIn(img, int64(bad))
		o := testOptions(img.flip(name, size*int(int64(bad)-base)+70, 1).write(t, testDir), c)
		o.RecoveryPoint, o.CleanShutdown = 60, true
		l := mustOpen(t, o)
		l.SetHighWatermark(60)
		want := fmt.Sprint(newest(l))
		_, err := l.Clean(CleanOptions{NowMs: 1 << 50, DirtyOffset: -1})
		if err != nil && !errors.Is(err, ErrUncleanable) {
			t.Fatal(err)
		}
		if got := fmt.Sprint(newest(l)); got != want || strings.Count(got, ":") < 20 {
			t.Errorf("batch %d damaged, %v:\n%s, before\n%s", bad, err, got, want)
		}
	}
}
