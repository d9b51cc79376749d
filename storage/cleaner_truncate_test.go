package storage

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// keyValue is a batch of one record: key%04d = tag four times.
func keyValue(t *testing.T, i int, tag byte) record.Batch {
	t.Helper()
	return keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%04d=%c%c%c%c", i, tag, tag, tag, tag))
}

func compactedLog(t *testing.T, segmentBytes int64) *Log {
	t.Helper()
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, segmentBytes
	l, _ := newTestLog(t, c)
	return l
}

// A truncation at any moment of a cleaning run ends the run. No moment makes the partition
// uncleanable, and the next run works.
func TestTruncationEndsACleaningRun(t *testing.T) {
	for moment := 1; ; moment++ {
		l := compactedLog(t, 2000)
		for i := range 100 {
			mustAppend(t, l, keyValue(t, i, 'a'))
		}
		l.SetHighWatermark(l.LogEndOffset())
		n := 0
		_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, IOBytes: 256, Check: func() error {
			if n++; n == moment {
				return l.TruncateTo(8)
			}
			return nil
		}})
		if n < moment {
			if err != nil {
				t.Fatalf("undisturbed: %v", err)
			}
			if moment < 100 {
				t.Fatalf("only %d moments", moment)
			}
			return
		}
		if !errors.Is(err, ErrCleanAborted) || errors.Is(err, ErrUncleanable) || Classify(err) != ClassRefused {
			t.Fatalf("truncated at moment %d: %v", moment, err)
		}
		l.SetHighWatermark(8)
		if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
			t.Fatalf("next run after moment %d: %v", moment, err)
		}
		if l.LogEndOffset() != 8 || len(committed(t, l)) != 8 {
			t.Fatalf("moment %d: end %d, %v", moment, l.LogEndOffset(), committed(t, l))
		}
	}
}

// The log is truncated and filled again to the same size while the cleaner works. The new records
// stay, also when the cleaner has read the old ones.
func TestCleanKeepsRecordsAppendedAfterATruncation(t *testing.T) {
	for moment := 1; ; moment++ {
		l := compactedLog(t, 1000)
		for i := range 60 {
			mustAppend(t, l, keyValue(t, i, 'a'))
		}
		end, calls := l.LogEndOffset(), 0
		l.SetHighWatermark(end)
		_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, Throttle: func(int) {
			if calls++; calls != moment {
				return
			}
			if err := l.TruncateTo(3); err != nil {
				t.Fatal(err)
			}
			for i := 3; i < 60; i++ {
				mustAppend(t, l, keyValue(t, i, 'Z'))
			}
			l.SetHighWatermark(l.LogEndOffset())
		}})
		if calls < moment {
			if moment < 8 {
				t.Fatalf("only %d moments", moment)
			}
			return
		}
		if err != nil && !errors.Is(err, ErrCleanAborted) {
			t.Fatalf("moment %d: %v", moment, err)
		}
		got := committed(t, l)
		for i := 3; i < 60; i++ {
			if v := got[fmt.Sprintf("key%04d", i)]; v != "ZZZZ" {
				t.Fatalf("moment %d: key%04d is %q, want ZZZZ", moment, i, v)
			}
		}
	}
}

// The offset map of a run names records that a truncation has removed. Their older values are the
// last ones now, and stay.
func TestCleanDoesNotUseTheMapOfATruncatedLog(t *testing.T) {
	for moment := 1; ; moment++ {
		l := compactedLog(t, 1000)
		for round := range 5 {
			for i := range 12 {
				mustAppend(t, l, keyValue(t, i, byte('a'+round)))
			}
		}
		l.SetHighWatermark(l.LogEndOffset())
		before, replaced := l.Segments()[0], false
		calls := 0
		_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, Throttle: func(int) {
			if calls++; calls != moment {
				return
			}
			replaced = l.Segments()[0] != before
			if err := l.TruncateTo(12); err != nil {
				t.Fatal(err)
			}
			mustAppend(t, l, keyValue(t, 99, 'n'))
			l.SetHighWatermark(l.LogEndOffset())
		}})
		if calls < moment {
			return
		}
		if err != nil && !errors.Is(err, ErrCleanAborted) {
			t.Fatalf("moment %d: %v", moment, err)
		}
		if replaced {
			continue // newer records of the log superseded these values before the truncation
		}
		got := committed(t, l)
		for i := range 12 {
			if v := got[fmt.Sprintf("key%04d", i)]; v != "aaaa" {
				t.Fatalf("moment %d: key%04d is %q, want aaaa, its last value after the truncation", moment, i, v)
			}
		}
	}
}
