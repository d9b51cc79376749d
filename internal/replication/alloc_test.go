//go:build !race

// Under the race detector sync.Pool drops some of its entries, so that the counts are not constant.

package replication

import (
	"testing"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// hotNode has one partition on the real file system. The one in memory allocates at every write.
func hotNode(t testing.TB, configs ...string) *node {
	n := newNode(t, vfs.OS(), nil, t.TempDir())
	n.createTopic("t", 1, configs...)
	t.Cleanup(func() { n.logs.Stop(false, 0) })
	return n
}

func (n *node) hotProduce(acks int16, records []byte) {
	r := NewAppendRequest()
	r.Acks, r.NowMs, r.Origin = acks, startMs, storage.OriginClient
	a := r.Add()
	a.Topic, a.Records = "t", records
	record.Batch(records).SetBaseOffset(0)
	r.Done = hotDone
	n.m.Append(r)
}

func hotDone(r *AppendRequest) {
	if r.Parts[0].Err != 0 {
		panic(r.Parts[0].Err)
	}
	r.Release()
}

func (n *node) hotFetch(offset int64, maxWaitMs int32) {
	f := NewFetchRequest()
	f.NowMs, f.MinBytes, f.MaxWaitMs = startMs, 1, maxWaitMs
	p := f.Add()
	p.Topic, p.Offset, p.MaxBytes = "t", offset, 1<<20
	f.Done = hotFetched
	n.m.Fetch(f)
}

func hotFetched(f *FetchRequest) {
	if f.Parts[0].Err != 0 || f.Parts[0].Slice.Size() == 0 {
		panic("fetch")
	}
	f.Parts[0].Slice.Close()
	f.Release()
}

func TestAllocations(t *testing.T) {
	for name, c := range map[string]struct {
		want float64
		run  func(n *node, records []byte)
	}{
		"acks=1": {0, func(n *node, b []byte) { n.hotProduce(AcksLeader, b) }},
		// Two for each log of a group commit, in storage's Sync. None for a request.
		"acks=all": {2, func(n *node, b []byte) { n.hotProduce(AcksAll, b); n.logs.Commit() }},
		"fetch":    {0, func(n *node, b []byte) { n.hotFetch(0, 0) }},
		"fetch that waits, woken by a produce": {0, func(n *node, b []byte) {
			n.hotFetch(n.m.Partition("t", 0).Log().LogEndOffset(), 500)
			n.hotProduce(AcksLeader, b)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := hotNode(t)
			b := batch(t, "value")
			n.hotProduce(AcksLeader, b)
			// The index of the active segment grows sometimes. The average hides that.
			if got := testing.AllocsPerRun(500, func() { c.run(n, b) }); got > c.want {
				t.Errorf("%v allocations, want %v", got, c.want)
			}
		})
	}
}

func BenchmarkProduce16K(b *testing.B) { benchProduce(b, 16<<10) }
func BenchmarkProduce100(b *testing.B) { benchProduce(b, 100) }

func benchProduce(b *testing.B, size int) {
	n := hotNode(b)
	records := batch(b, string(make([]byte, size)))
	b.SetBytes(int64(len(records)))
	b.ReportAllocs()
	for b.Loop() {
		n.hotProduce(AcksLeader, records)
	}
}

func BenchmarkFetch(b *testing.B) {
	n := hotNode(b)
	n.hotProduce(AcksLeader, batch(b, string(make([]byte, 16<<10))))
	b.ReportAllocs()
	for b.Loop() {
		n.hotFetch(0, 0)
	}
}

var _ logmanager.Waiter = (*AppendRequest)(nil)
