package storage

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// While appends, reads and compaction run at once, a reader always finds the last value of every
// key, and offsets rise.
func TestCleanWhileAppending(t *testing.T) {
	c := compactConfig()
	c.SegmentBytes = 2000
	l, _ := newTestLog(t, c)
	const keys, rounds = 20, 40
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(2)
	go func() { // the cleaner
		defer wg.Done()
		dirty := int64(-1)
		for {
			select {
			case <-stop:
				return
			default:
			}
			stats, err := l.Clean(CleanOptions{NowMs: 1, DirtyOffset: dirty})
			if err != nil {
				t.Error(err)
				return
			}
			dirty = stats.EndOffset
			l.pool.Sweep()
			if _, err := l.DeleteFiles(1 << 50); err != nil {
				t.Error(err)
			}
		}
	}()
	go func() { // a reader
		defer wg.Done()
		for {
			select {
			case <-stop:
				return
			default:
			}
			next := int64(0)
			for end := l.LogEndOffset(); next < end; {
				r, err := l.Read(next, ReadOptions{MaxBytes: 500, MinOneBatch: true, Below: end})
				if err != nil {
					t.Error(err)
					return
				}
				b, err := r.Slice.ReadInto(nil)
				r.Slice.Close()
				if err != nil {
					t.Error(err)
					return
				}
				if len(b) == 0 {
					break
				}
				for batch, err := range record.Batches(b) {
					if err != nil || batch.LastOffset() < next {
						t.Errorf("batch to %d after %d: %v", batch.LastOffset(), next, err)
						return
					}
					next = batch.NextOffset()
				}
			}
		}
	}()
	for i := range keys * rounds {
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("k%d=%d", i%keys, i)))
		l.SetHighWatermark(l.LogEndOffset())
	}
	close(stop)
	wg.Wait()
	if _, err := l.Clean(CleanOptions{NowMs: 1, DirtyOffset: -1}); err != nil {
		t.Fatal(err)
	}
	got := committed(t, l)
	for k := range keys {
		if want := fmt.Sprint(keys*(rounds-1) + k); got[fmt.Sprintf("k%d", k)] != want {
			t.Fatalf("k%d is %s, want %s", k, got[fmt.Sprintf("k%d", k)], want)
		}
	}
}
