package storage

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// TestConcurrentUse runs a broker's concurrent operations on real files. The race detector and the
// readers report errors.
func TestConcurrentUse(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes, c.RetentionBytes, c.FileDeleteDelayMs = 20_000, 500, 60_000, 0
	o := testOptions(vfs.OS(), c)
	o.Dir = t.TempDir() + "/topic-0"
	o.Pool = NewFilePool(2)
	l := mustOpen(t, o)
	var wg sync.WaitGroup
	var stop atomic.Bool
	run := func(fn func()) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() && !t.Failed() {
				fn()
			}
		}()
	}
	run(func() {
		if err := l.Sync(l.LogEndOffset()); err != nil {
			t.Error(err)
		}
	})
	run(func() {
		l.SetHighWatermark(l.RecoveryPoint())
		if _, _, err := l.DeleteOldSegments(2000); err != nil {
			t.Error(err)
		}
		if _, err := l.DeleteFiles(1 << 40); err != nil {
			t.Error(err)
		}
		l.LastStableOffset()
	})
	run(func() {
		o.Pool.Sweep()
		l.Segments()
		if _, _, err := l.MaxTimestampOffset(); err != nil {
			t.Error(err)
		}
		l.EndOffsetForEpoch(1)
	})
	for i := range 2 {
		run(func() { readOnce(t, l, i == 0) })
	}
	b := batchOf(t, 3, 200, 1000)
	for range 3000 {
		b.SetBaseOffset(0)
		mustAppend(t, l, b)
	}
	stop.Store(true)
	wg.Wait()
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
}

// readOnce reads a run from the start or near the end and checks that it has no gap.
func readOnce(t *testing.T, l *Log, fromStart bool) {
	from := max(l.LogEndOffset()-50, 0)
	if fromStart {
		from = l.LogStartOffset()
	}
	for range 20 {
		r, err := l.Read(from, ReadOptions{MaxBytes: 7000, MinOneBatch: true, Below: l.LogEndOffset()})
		if errors.Is(err, ErrOffsetOutOfRange) {
			return // retention was here
		}
		if err != nil {
			t.Error(err)
			return
		}
		got, err := r.Slice.ReadInto(nil)
		if n, werr := r.Slice.WriteTo(io.Discard); werr != nil || n != int64(len(got)) {
			t.Error(n, werr)
		}
		r.Slice.Close()
		if err != nil {
			t.Error(err)
			return
		}
		for b, err := range record.Batches(got) {
			if err != nil || b.Validate() != nil || b.BaseOffset() > from || b.LastOffset() < from {
				t.Errorf("at %d: [%d, %d] %v", from, b.BaseOffset(), b.LastOffset(), err)
				return
			}
			from = b.NextOffset()
		}
	}
}
