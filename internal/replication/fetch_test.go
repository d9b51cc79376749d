package replication

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

func TestFetchWaitsForData(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	g := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500})
	if g.Load() != nil || n.m.Delayed() != (Delayed{Fetches: Waiting{1, 1}}) {
		t.Fatal("an empty fetch must wait")
	}
	n.send("t", 0, AcksLeader, batch(t, "a"))
	if g.Load() == nil || len(g.Load().data) == 0 || g.Load().HighWatermark != 1 {
		t.Fatalf("not woken by the append: %+v", g.Load())
	}
	if n.m.Delayed() != (Delayed{}) {
		t.Fatal("left behind in the purgatory")
	}
}

func TestFetchWaitsForMinBytes(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	one := batch(t, "a")
	size := int32(len(one))
	n.send("t", 0, AcksLeader, one)
	g := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500, minBytes: 3 * size})
	n.send("t", 0, AcksLeader, batch(t, "a"))
	if g.Load() != nil {
		t.Fatal("two of three batches are not enough")
	}
	n.send("t", 0, AcksLeader, batch(t, "a"))
	if g.Load() == nil || int32(len(g.Load().data)) != 3*size {
		t.Fatalf("%+v", g.Load())
	}
}

func TestFetchExpires(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	one := batch(t, "a")
	n.send("t", 0, AcksLeader, one)
	g := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500, minBytes: 1 << 20})
	if n.m.Expire(startMs + 499); g.Load() != nil {
		t.Fatal("expired early")
	}
	n.m.Expire(startMs + 500)
	if g.Load() == nil || len(g.Load().data) != len(one) {
		t.Fatalf("at the deadline what there is must be answered: %+v", g.Load())
	}
}

func TestFetchHearsOfLostLeadership(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	g := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500})
	n.apply(partitionRecord(topicID("t"), 0, 2, 1, 1, 2))
	if g.Load() == nil || g.Load().Err != protocol.ErrNotLeaderOrFollower || g.Load().LeaderID != 2 || g.Load().LeaderEpoch != 1 {
		t.Fatalf("%+v", g.Load())
	}
}

func TestFetchErrors(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.apply(partitionRecord(topicID("t"), 0, 1, 5, 1))
	n.produce("t", 0, "a")
	for name, c := range map[string]struct {
		topic     string
		partition int32
		offset    int64
		o         fetchOptions
		want      protocol.Error
	}{
		"unknown topic":     {"nope", 0, 0, fetchOptions{}, protocol.ErrUnknownTopicOrPartition},
		"unknown partition": {"t", 3, 0, fetchOptions{}, protocol.ErrUnknownTopicOrPartition},
		"beyond the end":    {"t", 0, 2, fetchOptions{}, protocol.ErrOffsetOutOfRange},
		"negative":          {"t", 0, -1, fetchOptions{}, protocol.ErrOffsetOutOfRange},
		"old epoch":         {"t", 0, 0, fetchOptions{epoch: 5}, protocol.ErrFencedLeaderEpoch},
		"future epoch":      {"t", 0, 0, fetchOptions{epoch: 7}, protocol.ErrUnknownLeaderEpoch},
		"right epoch":       {"t", 0, 0, fetchOptions{epoch: 6}, protocol.ErrNone},
	} {
		// An error ends the wait at once.
		c.o.maxWaitMs = 500
		g := n.fetchNow(c.topic, c.partition, c.offset, c.o)
		if g.Err != c.want {
			t.Errorf("%s: %v, want %v", name, g.Err, c.want)
		}
		if g.Err != 0 && (g.HighWatermark != -1 || g.LogStartOffset != -1 || len(g.data) != 0) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestFetchByTopicID(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a")
	for id, want := range map[string]protocol.Error{"t": protocol.ErrNone, "other": protocol.ErrUnknownTopicID} {
		f := NewFetchRequest()
		p := f.Add()
		p.TopicID, p.MaxBytes = topicID(id), 1000
		f.NowMs, f.MinBytes = startMs, 1
		f.Done = func(f *FetchRequest) {
			if f.Parts[0].Err != want || (want == 0) != (f.Parts[0].Slice.Size() > 0) {
				t.Errorf("%s: %v, %d bytes", id, f.Parts[0].Err, f.Parts[0].Slice.Size())
			}
			f.Parts[0].Slice.Close()
		}
		n.m.Fetch(f)
	}
}

func TestDivergingEpoch(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a", "b")
	n.apply(partitionRecord(topicID("t"), 0, 1, 3, 1))
	n.produce("t", 0, "c")
	// A fetcher whose last record, at offset 2, came from epoch 0: here epoch 0 ends at 2.
	g := n.fetchNow("t", 0, 3, fetchOptions{lastEpoch: 1, maxWaitMs: 500})
	if g.Err != 0 || !g.Diverging || g.DivergingEpoch != 0 || g.DivergingEndOffset != 2 || len(g.data) != 0 {
		t.Fatalf("%+v", g.FetchPart)
	}
	if g := n.fetchNow("t", 0, 2, fetchOptions{lastEpoch: 1}); g.Diverging || len(g.data) == 0 {
		t.Fatalf("same history: %+v", g.FetchPart)
	}
	if e := n.m.EndOffsetForEpoch("t", 0, -1, 2); e.Epoch != 0 || e.EndOffset != 2 {
		t.Fatalf("end of epoch 2: %+v", e)
	}
	if e := n.m.EndOffsetForEpoch("t", 0, -1, 3); e.Epoch != 3 || e.EndOffset != 3 {
		t.Fatalf("end of epoch 3: %+v", e)
	}
}

func TestOnlyTheFirstBatchMayBeAboveTheLimits(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 3)
	size := 0
	for i := range 3 {
		b := batch(t, "some value")
		size = len(b)
		n.send("t", int32(i), AcksLeader, b)
	}
	read := func(maxBytes, partMaxBytes int32) (sizes []int) {
		f := NewFetchRequest()
		f.MaxBytes, f.NowMs, f.MinBytes = maxBytes, startMs, 1
		for i := range 3 {
			p := f.Add()
			p.Topic, p.Partition, p.MaxBytes = "t", int32(i), partMaxBytes
		}
		f.Done = func(f *FetchRequest) {
			for i := range f.Parts {
				sizes = append(sizes, f.Parts[i].Slice.Size())
				f.Parts[i].Slice.Close()
			}
		}
		n.m.Fetch(f)
		return sizes
	}
	for _, c := range []struct {
		max, part int
		want      string
	}{
		{1, 1, fmt.Sprint([]int{size, 0, 0})},
		{0, 0, fmt.Sprint([]int{size, 0, 0})},
		{size, 1000, fmt.Sprint([]int{size, 0, 0})},
		{2 * size, 1000, fmt.Sprint([]int{size, size, 0})},
		{2*size - 1, 1000, fmt.Sprint([]int{size, 0, 0})},
		{1000, size - 1, fmt.Sprint([]int{size, 0, 0})},
		{1000, 1000, fmt.Sprint([]int{size, size, size})},
	} {
		if got := fmt.Sprint(read(int32(c.max), int32(c.part))); got != c.want {
			t.Errorf("max.bytes %d, per partition %d: %s, want %s", c.max, c.part, got, c.want)
		}
	}
}

// TestNoGapWithAnyLimit is TestReadsHaveNoGap of storage for fetches. Over many small segments,
// from every offset, with every value of both limits, consecutive fetches read offsets without a
// gap.
func TestNoGapWithAnyLimit(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1, "internal.segment.bytes", "300", "index.interval.bytes", "64")
	end := int64(0)
	for i := range 60 {
		values := make([]string, 1+i%4)
		for j := range values {
			values[j] = fmt.Sprintf("%0*d", 1+i%37, i)
		}
		p := n.send("t", 0, AcksLeader, batch(t, values...)).Load()
		if p.Err != 0 || p.BaseOffset != end {
			t.Fatalf("%+v", p)
		}
		end = p.LastOffset + 1
	}
	if got := n.m.Partition("t", 0).Log().SegmentCount(); got < 15 {
		t.Fatalf("only %d segments", got)
	}
	limits := []int32{1 << 20, 10 << 20, 2000, 1000}
	for i := int32(1); i < 700; i += 1 + i/64 {
		limits = append(limits, i)
	}
	for _, limit := range limits {
		for from := range end {
			o := fetchOptions{maxBytes: limit}
			if limit%2 == 0 {
				o = fetchOptions{partMaxBytes: limit}
			}
			checkNoGap(t, n, from, end, o)
		}
	}
}

func checkNoGap(t *testing.T, n *node, from, end int64, o fetchOptions) {
	t.Helper()
	at, steps := from, 0
	for at < end && steps < 4 {
		g := n.fetchNow("t", 0, at, o)
		bs := g.batches(t)
		if g.Err != 0 || len(bs) == 0 {
			t.Fatalf("limits %+v: nothing at %d: %v", o, at, g.Err)
		}
		for i, b := range bs {
			if i == 0 && (b.BaseOffset() > at || b.NextOffset() <= at) || i > 0 && b.BaseOffset() != at {
				t.Fatalf("limits %+v, fetch at %d: batch %d is %d..%d, expected %d", o, from, i, b.BaseOffset(), b.LastOffset(), at)
			}
			at = b.NextOffset()
		}
		steps++
	}
}
