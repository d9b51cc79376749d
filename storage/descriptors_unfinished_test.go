package storage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A deletion of segments that lacks a descriptor is completed by the next one. The records that
// retention keeps are there after a power cut, although the recovery point is not on disk yet.
func TestDeletionWithoutDescriptorsKeepsLaterRecords(t *testing.T) {
	for skip := range 8 {
		disk := memDisk(t)
		fs, armed := withoutDescriptorsAfter(disk, skip)
		c := testConfig()
		c.SegmentBytes, c.RetentionBytes, c.FileDeleteDelayMs = 400, 1200, 0
		l := mustOpen(t, testOptions(fs, c))
		fillOnes := func(n int) {
			for range n {
				mustAppend(t, l, batchOf(t, 1, 50, 1))
			}
			l.SetHighWatermark(l.LogEndOffset())
			check(t, l.Sync(l.LogEndOffset()))
		}
		fillOnes(20)
		l.pool.Shed()
		armed.Store(true)
		_, _, err := l.DeleteOldSegments(2000)
		armed.Store(false)
		_, _, again := l.DeleteOldSegments(2000)
		check(t, again)
		files := 0
		names, _ := disk.ReadDir(testDir)
		for _, e := range names {
			if strings.HasSuffix(e.Name(), ".log") {
				files++
			}
		}
		if n := l.SegmentCount(); files != n {
			t.Errorf("skip %d: %v; the log has %d segments, the folder has %d", skip, err, n, files)
		}
		fillOnes(20)
		_, _, err = l.DeleteOldSegments(3000)
		check(t, err)
		got := mustOpen(t, testOptions(disk.CrashClone(vfs.CrashOptions{}), c))
		if got.LogEndOffset() != 40 {
			t.Errorf("skip %d: records %d to 39 were synced, the log after the power cut is [%d, %d): %v",
				skip, l.LogStartOffset(), got.LogStartOffset(), got.LogEndOffset(), got.Damage())
		}
	}
}

// After a truncation that lacks a descriptor, and a second try or none, the producer state is that
// of the log: a batch that is sent again is a duplicate.
func TestTruncationWithoutDescriptorsKeepsProducers(t *testing.T) {
	for skip := range 14 {
		for _, again := range []bool{true, false} {
			disk := memDisk(t)
			fs, armed := withoutDescriptorsAfter(disk, skip)
			c := testConfig()
			c.SegmentBytes = 400
			l := mustOpen(t, testOptions(fs, c))
			for i := range int32(20) {
				mustAppend(t, l, idempotent(t, 7, i))
			}
			l.SetHighWatermark(20)
			check(t, l.Sync(20))
			l.pool.Shed()
			armed.Store(true)
			first := l.TruncateTo(13)
			armed.Store(false)
			if again {
				check(t, l.TruncateTo(13))
			}
			next := l.LogEndOffset()
			info, err := l.AppendAsLeader(idempotent(t, 7, int32(next-1)), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
			if err != nil || !info.Duplicate {
				t.Errorf("skip %d: %v; the last batch again: duplicate=%v err=%v offset %d", skip, first, info.Duplicate, err, info.FirstOffset)
			}
			o := testOptions(disk, c)
			o.RecoveryPoint = -1
			if got, want := fmt.Sprint(l.Producers()), fmt.Sprint(mustOpen(t, o).Producers()); got != want {
				t.Errorf("skip %d: %v; producers %s, want %s", skip, first, got, want)
			}
			if info, err = l.AppendAsLeader(idempotent(t, 7, int32(next)), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); err != nil || info.FirstOffset != next {
				t.Errorf("skip %d: %v; the next batch: %v offset %d, want %d", skip, first, err, info.FirstOffset, next)
			}
		}
	}
}

// After a full truncation that lacks a descriptor every other operation completes it first. The log
// has a segment all the time.
func TestEveryUseCompletesAFullTruncationWithoutDescriptors(t *testing.T) {
	uses := map[string]func(l *Log) error{
		"append": func(l *Log) error {
			_, err := l.AppendAsLeader(batchOf(t, 1, 50, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
			return err
		},
		"read": func(l *Log) error {
			_, err := l.Read(30, ReadOptions{MaxBytes: 100, Below: 30, MinOneBatch: true})
			return err
		},
		"truncation": func(l *Log) error { return l.TruncateTo(31) },
		"retention": func(l *Log) error {
			_, _, err := l.DeleteOldSegments(1)
			return err
		},
		"roll": func(l *Log) error { return l.Roll(2000) },
		"sync": func(l *Log) error { return l.Sync(1 << 40) },
		"clean": func(l *Log) error {
			_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
			return err
		},
		"rename": func(l *Log) error { return l.Rename("data/topic-0.x-delete") },
		"close":  func(l *Log) error { return l.Close(true) },
	}
	for name, use := range uses {
		refused := 0
		for skip := range 30 {
			fs, armed := withoutDescriptorsAfter(memDisk(t), skip)
			c := testConfig()
			c.SegmentBytes = 400
			l := mustOpen(t, testOptions(fs, c))
			for range 8 {
				mustAppend(t, l, batchOf(t, 1, 50, 1))
			}
			check(t, l.Sync(8))
			l.pool.Shed()
			armed.Store(true)
			if err := l.TruncateFullyAndStartAt(30); err != nil {
				refused++
				expectRetry(t, err)
				if err := use(l); err == nil {
					t.Errorf("skip %d: %s succeeds in the middle of the truncation", skip, name)
				}
			}
			armed.Store(false)
			if l.SegmentCount() == 0 {
				t.Fatalf("skip %d: the log has no segment", skip)
			}
			if err := use(l); err != nil {
				t.Errorf("skip %d: %s: %v", skip, name, err)
			}
			if l.SegmentCount() != 1 || name != "close" && l.LogStartOffset() != 30 {
				t.Errorf("skip %d: %s: the log begins at %d with %d segments", skip, name, l.LogStartOffset(), l.SegmentCount())
			}
		}
		if refused == 0 {
			t.Error("the truncation found all its descriptors")
		}
	}
}

// A second try of a rename that lacked a descriptor makes the new name durable.
func TestRenameIsDurableAtTheSecondTry(t *testing.T) {
	disk := memDisk(t)
	fs, armed := withoutDescriptorsAfter(disk, 0)
	l := mustOpen(t, testOptions(fs, testConfig()))
	mustAppend(t, l, batchOf(t, 1, 50, 1))
	check(t, l.Sync(1))
	l.pool.Shed()
	armed.Store(true)
	err := l.Rename("data/topic-0.x-delete")
	armed.Store(false)
	expectRetry(t, err)
	check(t, l.Rename("data/topic-0.x-delete"))
	if vfs.Exists(disk.CrashClone(vfs.CrashOptions{}), testDir) {
		t.Error("the power cut brings the old name back")
	}
}

// A roll that lacks a descriptor leaves no index without a segment.
func TestRollWithoutDescriptorsLeavesNoFiles(t *testing.T) {
	for skip := range 3 {
		disk := memDisk(t)
		fs, armed := withoutDescriptorsAfter(disk, skip)
		l := mustOpen(t, testOptions(fs, testConfig()))
		mustAppend(t, l, batchOf(t, 1, 50, 1))
		before, _ := disk.ReadDir(testDir)
		armed.Store(true)
		expectRetry(t, l.Roll(2000))
		if after, _ := disk.ReadDir(testDir); len(after) != len(before) {
			t.Errorf("skip %d: the folder has %v, before %v", skip, after, before)
		}
	}
}
