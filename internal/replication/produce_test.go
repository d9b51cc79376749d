package replication

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

func TestProduceAndFetch(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 2)
	if p := n.produce("t", 1, "a", "b"); p.BaseOffset != 0 || p.LastOffset != 1 || p.LogStartOffset != 0 || p.LogAppendTimeMs != -1 {
		t.Fatalf("%+v", p)
	}
	n.produce("t", 1, "c")
	if got, want := n.values("t", 1), []string{"0:a", "1:b", "2:c"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	g := n.fetchNow("t", 1, 3, fetchOptions{})
	if g.Err != 0 || len(g.data) != 0 || g.HighWatermark != 3 || g.LastStableOffset != 3 || g.LogStartOffset != 0 {
		t.Fatalf("at the end: %+v", g)
	}
}

func TestAcks(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.createTopic("cached", 1, "write.caching", "true")
	for _, acks := range []int16{AcksNone, AcksLeader} {
		if p := n.send("t", 0, acks, batch(t, "x")).Load(); p == nil || p.Err != 0 {
			t.Fatalf("acks=%d must not wait: %+v", acks, p)
		}
	}
	all := n.send("t", 0, AcksAll, batch(t, "x"))
	if all.Load() != nil {
		t.Fatal("acks=all was answered before the disk had it")
	}
	if got := n.logs.Commit(); got != 1 || all.Load() == nil || all.Load().BaseOffset != 2 {
		t.Fatalf("after the commit of %d: %+v", got, all.Load())
	}
	if p := n.send("cached", 0, AcksAll, batch(t, "x")).Load(); p == nil || p.Err != 0 {
		t.Fatal("write.caching must not wait for the disk")
	}
	n.apply(topicConfigRecord("cached", "write.caching", "false"))
	if n.send("cached", 0, AcksAll, batch(t, "x")).Load() != nil {
		t.Fatal("the topic's new setting is not in effect")
	}
}

func TestGroupCommitTakesAllThatWait(t *testing.T) {
	fs := vfs.NewMem()
	var syncs atomic.Int32 // logs are created on several goroutines
	n := newNode(t, vfs.WithHook(fs, func(op vfs.Op) error {
		if op.Kind == vfs.OpSync || op.Kind == vfs.OpSyncFS {
			syncs.Add(1)
		}
		return nil
	}), nil)
	n.createTopic("t", 40)
	// The first sync of a log in a leader epoch also writes its epoch file.
	for i := range 40 {
		n.send("t", int32(i), AcksAll, batch(t, "x"))
	}
	n.logs.Commit()
	var waiting []interface{ Load() *AppendPart }
	for range 3 {
		for i := range 40 {
			waiting = append(waiting, n.send("t", int32(i), AcksAll, batch(t, "x")))
		}
	}
	syncs.Store(0)
	if got := n.logs.Commit(); got != len(waiting) {
		t.Fatalf("one group of %d, want %d", got, len(waiting))
	}
	for _, w := range waiting {
		if w.Load() == nil || w.Load().Err != 0 {
			t.Fatalf("not acknowledged: %+v", w.Load())
		}
	}
	if syncs.Load() != 1 {
		t.Fatalf("%d syncs for 40 logs", syncs.Load())
	}
}

func TestErrorsOfProduce(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1, "max.message.bytes", "200", "min.insync.replicas", "2")
	n.createTopic("elsewhere", 0)
	n.apply(partitionRecord(topicID("elsewhere"), 0, 2, 4, 2))
	big := make([]byte, 300)
	broken := batch(t, "x")
	broken[len(broken)-1]++
	for name, c := range map[string]struct {
		topic     string
		partition int32
		records   []byte
		want      protocol.Error
	}{
		"no such topic":     {"nope", 0, batch(t, "x"), protocol.ErrUnknownTopicOrPartition},
		"no such partition": {"t", 1, batch(t, "x"), protocol.ErrUnknownTopicOrPartition},
		"negative":          {"t", -1, batch(t, "x"), protocol.ErrUnknownTopicOrPartition},
		"other leader":      {"elsewhere", 0, batch(t, "x"), protocol.ErrNotLeaderOrFollower},
		"too large":         {"t", 0, batch(t, string(big)), protocol.ErrMessageTooLarge},
		"checksum":          {"t", 0, broken, protocol.ErrCorruptMessage},
		// One replica is enough for any min.insync.replicas.
		"fine": {"t", 0, batch(t, "x"), protocol.ErrNone},
	} {
		res := n.send(c.topic, c.partition, AcksAll, c.records)
		n.logs.Commit()
		p := res.Load()
		if p == nil || p.Err != c.want {
			t.Errorf("%s: %+v, want %v", name, p, c.want)
			continue
		}
		if p.Err != 0 && (p.BaseOffset != -1 || p.LogAppendTimeMs != -1) {
			t.Errorf("%s: offsets of a refused append: %+v", name, p)
		}
		if name == "other leader" && (p.LeaderID != 2 || p.LeaderEpoch != 4) {
			t.Errorf("leader in the answer: %d epoch %d", p.LeaderID, p.LeaderEpoch)
		}
	}
}

func TestIdempotentProduce(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	at := func(seq int32, values ...string) AppendPart {
		b := batchOf(t, record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: 7, Epoch: 0, Sequence: seq}}, values...)
		res := n.send("t", 0, AcksAll, b)
		n.logs.Commit()
		return *res.Load()
	}
	if p := at(0, "a", "b"); p.Err != 0 || p.BaseOffset != 0 {
		t.Fatalf("%+v", p)
	}
	if p := at(2, "c"); p.Err != 0 || p.BaseOffset != 2 {
		t.Fatalf("%+v", p)
	}
	if p := at(0, "a", "b"); p.Err != 0 || p.BaseOffset != 0 {
		t.Fatalf("a duplicate must get its first offset: %+v", p)
	}
	if p := at(5, "z"); p.Err != protocol.ErrOutOfOrderSequenceNumber {
		t.Fatalf("a gap: %+v", p)
	}
	if got := n.values("t", 0); len(got) != 3 {
		t.Fatalf("log has %v", got)
	}
	producers, err := n.m.Producers("t", 0)
	if err != 0 || len(producers) != 1 || producers[0].LastSequence != 2 {
		t.Fatalf("producers %+v %v", producers, err)
	}
}

func TestLogAppendTime(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1, "message.timestamp.type", "LogAppendTime")
	n.now.Add(5000)
	if p := n.produce("t", 0, "a"); p.LogAppendTimeMs != startMs+5000 {
		t.Fatalf("%+v", p)
	}
	if b := n.fetchNow("t", 0, 0, fetchOptions{}).batches(t); b[0].MaxTimestamp() != startMs+5000 {
		t.Fatalf("stamped %d", b[0].MaxTimestamp())
	}
}

func TestProduceToManyPartitionsAtOnce(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 3)
	r := NewAppendRequest()
	r.Acks, r.NowMs = AcksAll, startMs
	for _, p := range []int32{0, 9, 2} {
		a := r.Add()
		a.Topic, a.Partition, a.Records = "t", p, batch(t, "x")
	}
	a := r.Add()
	a.Topic, a.Err = "t", protocol.ErrInvalidRecord
	done := 0
	r.Done = func(r *AppendRequest) {
		done++
		for i, want := range []protocol.Error{0, protocol.ErrUnknownTopicOrPartition, 0, protocol.ErrInvalidRecord} {
			if r.Parts[i].Err != want {
				t.Errorf("part %d: %v, want %v", i, r.Parts[i].Err, want)
			}
		}
	}
	n.m.Append(r)
	n.logs.Commit()
	if done != 1 {
		t.Fatalf("done was called %d times", done)
	}
}

func TestFlushMessages(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1, "flush.messages", "3")
	for i := range 2 {
		if n.send("t", 0, AcksLeader, batch(t, "x")).Load() == nil {
			t.Fatalf("message %d waits", i)
		}
	}
	third := n.send("t", 0, AcksLeader, batch(t, "x"))
	if third.Load() != nil {
		t.Fatal("the third message must be flushed before the answer")
	}
	n.logs.Commit()
	if third.Load() == nil || n.m.Partition("t", 0).Log().RecoveryPoint() != 3 {
		t.Fatal("not flushed")
	}
}
