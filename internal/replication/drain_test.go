package replication

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// The goroutine that finds a partition idle also appends for others, but not without end. Otherwise
// its connection would answer nothing, not even its own request, as long as other clients go on.
func TestAGoroutineAppendsForOthersForAWhile(t *testing.T) {
	const enough = 2000
	var begin func(done func(*AppendRequest))
	var open, writes atomic.Int64
	var returned atomic.Bool
	over := make(chan struct{})
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		// During each write the request of another client arrives.
		if op.Kind == vfs.OpWrite && strings.HasSuffix(op.Path, ".log") && !returned.Load() && writes.Add(1) < enough {
			open.Add(1)
			begin(func(r *AppendRequest) {
				r.Release()
				if open.Add(-1) == 0 {
					close(over)
				}
			})
		}
		return nil
	})
	n := running(t, fs)
	n.createTopic("t", 1)
	begin = func(done func(*AppendRequest)) {
		r := NewAppendRequest()
		r.Acks, r.TimeoutMs, r.NowMs, r.Done = AcksLeader, 1000, startMs, done
		a := r.Add()
		a.Topic, a.Records = "t", batch(t, "x")
		n.m.Append(r)
	}
	begin(func(r *AppendRequest) { r.Release() })
	returned.Store(true)
	<-over
	if writes.Load() >= enough {
		t.Errorf("the goroutine of the first append made %d others", writes.Load())
	}
}
