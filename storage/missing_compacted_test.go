package storage

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// A missing segment file of a compacted topic, such as __consumer_offsets, is reported at the next
// start, and a reader of its offsets gets an error. The topic is not compacted over the hole.
func TestMissingSegmentFileOfACompactedTopic(t *testing.T) {
	for _, cleaned := range []bool{false, true} {
		for _, clean := range []bool{true, false} {
			c := testConfig()
			c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 1000
			l, disk := newTestLog(t, c)
			for i := range 60 {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%04d=value", i)))
			}
			l.SetHighWatermark(60)
			check(t, l.Sync(60))
			below := int64(0)
			if cleaned { // every key is unique: nothing goes
				s, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
				check(t, err)
				below = s.EndOffset
				_, err = l.DeleteFiles(1 << 60)
				check(t, err)
			}
			lost := l.segments[2]
			name := lost.path(segfile.LogSuffix)
			next := l.segments[3].base
			check(t, l.Close(clean))
			check(t, disk.Remove(name))
			logger, lines := capture()
			o := testOptions(disk, c)
			o.CleanShutdown, o.RecoveryPoint, o.Logger, o.CompactedBelow = clean, 60, logger, below
			l = mustOpen(t, o)
			missed, failed := int64(0), int64(-1)
			for from := int64(0); from < 60; {
				r, err := l.Read(from, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: 60})
				if err != nil {
					failed = from
					break
				}
				by, _ := r.Slice.ReadInto(nil)
				r.Slice.Close()
				missed += record.Batch(by).BaseOffset() - from
				from = record.Batch(by).NextOffset()
			}
			l.SetHighWatermark(60)
			if _, err := l.Clean(CleanOptions{NowMs: 3000, DirtyOffset: 0}); !errors.Is(err, ErrUncleanable) {
				t.Errorf("compaction over the hole: %v", err)
			}
			if len(l.Damage()) == 0 || failed < 0 {
				t.Errorf("compacted once %v, clean stop %v: %s of [%d,%d) is gone: %d records are skipped without an error, damage %v, log lines:\n%s", cleaned, clean, segfile.OffsetName(lost.base)+".log", lost.base, next, missed, l.Damage(), lines())
			}
		}
	}
}

// The empty index of a segment that no sync covered is no proof of a missing segment, in a log that
// may have gaps.
func TestUnsyncedIndexOfACompactedTopic(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 300
	l, disk := newTestLog(t, c)
	for i := range 12 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	lost := l.segments[2]
	check(t, lost.saveIndex(true))
	img := imageOf(t, disk, testDir)
	delete(img, segfile.OffsetName(lost.base)+segfile.LogSuffix)
	img[segfile.OffsetName(lost.base)+segfile.TimeIndexSuffix] = nil
	o := testOptions(img.write(t, testDir), c)
	o.RecoveryPoint = lost.base - 1
	if l = mustOpen(t, o); len(l.Damage()) > 0 {
		t.Errorf("%+v", l.Damage())
	}
}

// Names without bytes, or with torn bytes, are all that a power cut leaves of segments that no sync
// covered. The log ends where its records do, also with cleanup.policy=compact. In a log that was
// compacted the names may be all that is left of synced segments.
func TestEmptySegmentsAtTheEndOfACompactedTopic(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 300
	for _, synced := range []int{0, 1, 4} {
		l, disk := newTestLog(t, c)
		for i := range synced {
			mustAppend(t, l, pair(t, i, 'a'))
		}
		check(t, l.Sync(int64(synced)))
		for i := range 12 {
			mustAppend(t, l, pair(t, i, 'b'))
		}
		for _, dir := range []string{testDir, filepath.Dir(testDir), "."} {
			check(t, disk.SyncDir(dir))
		}
		img := imageOf(t, disk.CrashClone(vfs.CrashOptions{}), testDir)
		var empty []string
		for name, data := range img {
			if _, suffix, _ := segfile.ParseOffsetName(name); suffix == segfile.LogSuffix && len(data) == 0 {
				empty = append(empty, name)
			}
		}
		if slices.Sort(empty); len(empty) < 3 {
			t.Fatal(empty)
		}
		for torn := range 1 << len(empty) {
			d := maps.Clone(img)
			for i, name := range empty {
				if torn>>i&1 == 1 {
					d[name] = make([]byte, 70)
				}
			}
			o := testOptions(d.write(t, testDir), c)
			o.RecoveryPoint = int64(synced)
			x := mustOpen(t, o)
			if x.LogEndOffset() != int64(synced) {
				t.Errorf("torn %b of %v: the log ends at %d, its records at %d: %v", torn, empty, x.LogEndOffset(), synced, x.Damage())
			}
			mustAppend(t, x, pair(t, 0, 'c'))
			n := 0
			for range record.Batches(readAll(t, x, 0, 1<<20)) {
				n++
			}
			if n != synced+1 {
				t.Errorf("torn %b of %v: %d batches", torn, empty, n)
			}
			check(t, x.Close(true))
			check(t, mustOpen(t, o).Close(true))
		}
		check(t, l.noteGaps())
		o := testOptions(disk.CrashClone(vfs.CrashOptions{}), c)
		o.RecoveryPoint = int64(synced)
		if x := mustOpen(t, o); x.LogEndOffset() <= int64(synced) {
			t.Errorf("the log ends at %d, but compaction may have removed its last records", x.LogEndOffset())
		}
	}
}
