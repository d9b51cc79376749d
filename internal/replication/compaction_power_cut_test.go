package replication

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// Old values are acknowledged with acks=all. New values come with acks=1. The cleaner runs after
// the rolls and before the flusher. A power cut at any time leaves a value of each key.
func TestCompactionBeforeTheFlusherLosesNoKey(t *testing.T) {
	kv := func(k int, v string) record.Batch {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		_ = b.Append(0, startMs, fmt.Appendf(nil, "key%d", k), []byte(v), nil)
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return append(record.Batch(nil), out...)
	}
	for cut := 1; ; cut++ {
		mem := vfs.NewCrashableMem()
		left := -1
		var after *vfs.Mem
		fs := vfs.WithHook(mem, func(op vfs.Op) error {
			if op.Mutates() && left > 0 {
				if left--; left == 0 {
					after = mem.CrashClone(vfs.CrashOptions{})
				}
			}
			return nil
		})
		n := newNode(t, fs, nil)
		n.createTopic("t", 1, "cleanup.policy", "compact", "internal.segment.bytes", "300", "min.cleanable.dirty.ratio", "0.01")
		for k := range 4 {
			r := n.send("t", 0, AcksAll, kv(k, "old"))
			n.logs.Commit()
			if r.Load() == nil || r.Load().Err != 0 {
				t.Fatal("not acknowledged")
			}
		}
		n.logs.CheckpointRecoveryPoints()
		for i := range 12 {
			n.send("t", 0, AcksLeader, kv(i%4, "new"))
		}
		image := n.image
		left = cut
		if cleaned := n.logs.Clean(startMs + 1000); after == nil {
			if !cleaned {
				t.Error("nothing was compacted")
			}
			return
		}
		x := newNode(t, after, image)
		got := map[string]string{}
		p := x.m.Partition("t", 0)
		for at := p.Log().LogStartOffset(); at < p.Log().LogEndOffset(); {
			g := x.fetchNow("t", 0, at, fetchOptions{})
			bs := g.batches(t)
			if g.Err != 0 || len(bs) == 0 {
				break
			}
			for _, b := range bs {
				var r record.Reader
				for r.Reset(b, record.Limits{}); r.Next(); {
					got[string(r.Record().Key)] = string(r.Record().Value)
				}
				at = b.NextOffset()
			}
		}
		for k := range 4 {
			if got[fmt.Sprintf("key%d", k)] == "" {
				t.Fatalf("power cut at operation %d of the cleaner: key%d was acknowledged and is gone: %v, log [%d,%d), damage %v",
					cut, k, got, p.Log().LogStartOffset(), p.Log().LogEndOffset(), p.Log().Damage())
			}
		}
	}
}
