package replication

import (
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A change of the wall clock neither ends a long poll nor extends it.
func TestLongPollWhenTheClockIsSet(t *testing.T) {
	for _, by := range []int64{0, 3600_000, -3600_000} {
		n := newNode(t, vfs.NewMem(), nil)
		elapsed := int64(1)
		n.host.elapsed.Store(elapsed)
		n.createTopic("t", 1)
		f := NewFetchRequest()
		f.NowMs, f.MaxWaitMs, f.MinBytes = n.now.Load(), 500, 1
		x := f.Add()
		x.Topic, x.MaxBytes = "t", 1000
		done := false
		f.Done = func(*FetchRequest) { done = true }
		n.m.Fetch(f)
		n.now.Add(by)
		elapsed += 499
		n.m.Expire(elapsed)
		if done {
			t.Errorf("clock set by %d: answered early", by)
		}
		elapsed++
		if n.m.Expire(elapsed); !done {
			t.Errorf("clock set by %d: not answered in time", by)
		}
	}
}
