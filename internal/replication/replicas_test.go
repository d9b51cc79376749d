package replication

import (
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/coordinator"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/vfs"
)

var _ coordinator.PartitionLog = (*CoordinatorLog)(nil)

// replicated is a node that leads a partition with a replica on broker 2 in sync.
func replicated(t *testing.T, configs ...string) *node {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 0, configs...)
	n.apply(partitionRecord(topicID("t"), 0, 1, 0, 1, 2), &mr.RegisterBrokerRecord{BrokerID: 2, BrokerEpoch: 7})
	return n
}

// follow fetches as broker 2.
func (n *node) follow(offset int64, maxWaitMs int32) *atomic.Pointer[FetchPart] {
	var out atomic.Pointer[FetchPart]
	f := NewFetchRequest()
	f.ReplicaID, f.ReplicaEpoch, f.MaxWaitMs, f.MinBytes, f.NowMs = 2, 7, maxWaitMs, 1, n.now.Load()
	p := f.Add()
	p.Topic, p.Offset, p.MaxBytes, p.FollowerStart = "t", offset, 1<<20, 0
	f.Done = func(f *FetchRequest) {
		part := f.Parts[0]
		out.Store(&part)
	}
	n.m.Fetch(f)
	return &out
}

func TestAcksAllWaitsForTheFollower(t *testing.T) {
	n := replicated(t)
	res := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	if res.Load() != nil {
		t.Fatal("acknowledged before the follower had it")
	}
	consumer := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500})
	if consumer.Load() != nil {
		t.Fatal("a consumer read above the high watermark")
	}
	if f := n.follow(0, 0).Load(); f == nil || f.Slice.Size() == 0 {
		t.Fatalf("the follower got %+v", f)
	}
	if res.Load() != nil {
		t.Fatal("acknowledged when the follower was only asked")
	}
	waiting := n.follow(1, 500)
	if p := res.Load(); p == nil || p.Err != 0 || p.BaseOffset != 0 {
		t.Fatalf("%+v", p)
	}
	if g := consumer.Load(); g == nil || len(g.data) == 0 {
		t.Fatal("the consumer was not woken")
	}
	if waiting.Load() != nil {
		t.Fatal("a follower at the end must wait")
	}
	n.send("t", 0, AcksLeader, batch(t, "b"))
	if f := waiting.Load(); f == nil || f.Slice.Size() == 0 || f.HighWatermark != 1 {
		t.Fatalf("the follower was not woken by the append: %+v", f)
	}
}

func TestAcksAllTimesOut(t *testing.T) {
	n := replicated(t)
	res := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	n.m.Expire(startMs + 999)
	if res.Load() != nil {
		t.Fatal("too early")
	}
	n.m.Expire(startMs + 1000)
	if p := res.Load(); p == nil || p.Err != protocol.ErrRequestTimedOut {
		t.Fatalf("%+v", p)
	}
}

func TestAcksAllHearsOfLostLeadership(t *testing.T) {
	n := replicated(t)
	res := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	n.apply(partitionRecord(topicID("t"), 0, 2, 1, 1, 2))
	if p := res.Load(); p == nil || p.Err != protocol.ErrNotLeaderOrFollower {
		t.Fatalf("%+v", p)
	}
}

// alterations collects the requests to the controller.
type alterations struct {
	asked []*replica.Alteration
	done  []func(replica.PartitionAltered)
}

func (a *alterations) AlterPartition(_ wire.UUID, _ int32, x *replica.Alteration, done func(replica.PartitionAltered)) {
	a.asked, a.done = append(a.asked, x), append(a.done, done)
}

func TestLaggingFollowerLeaves(t *testing.T) {
	n := replicated(t)
	asked := &alterations{}
	n.m.opts.Controller = asked
	res := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	n.now.Store(startMs + 30_001)
	n.m.Tick(n.now.Load())
	if len(asked.asked) != 1 || len(asked.asked[0].NewISR) != 1 {
		t.Fatalf("%+v", asked.asked)
	}
	if res.Load() != nil {
		t.Fatal("acknowledged before the controller agreed")
	}
	asked.done[0](replica.PartitionAltered{ID: asked.asked[0].ID, PartitionEpoch: 1, ISR: []int32{1}})
	if p := res.Load(); p == nil || p.Err != 0 {
		t.Fatalf("%+v", p)
	}
	if c := n.m.Counts(); c.UnderReplicated != 1 {
		t.Fatalf("%+v", c)
	}
	n.follow(1, 0)
	if len(asked.asked) != 2 || len(asked.asked[1].NewISR) != 2 || asked.asked[1].NewISR[1].Epoch != 7 {
		t.Fatalf("the follower has caught up: %+v", asked.asked)
	}
}

func TestNotEnoughReplicas(t *testing.T) {
	n := replicated(t, "min.insync.replicas", "2")
	r := partitionRecord(topicID("t"), 0, 1, 1, 1, 2)
	r.ISR = []int32{1}
	n.apply(r)
	p := n.send("t", 0, AcksAll, batch(t, "a")).Load()
	if p == nil || p.Err != protocol.ErrNotEnoughReplicas || p.Message == "" {
		t.Fatalf("%+v", p)
	}
	if p := n.send("t", 0, AcksLeader, batch(t, "a")).Load(); p == nil || p.Err != 0 {
		t.Fatalf("acks=1: %+v", p)
	}
}

// Refuses gives the answer of an append without one.
func TestCoordinatorLogRefusesBelowMinISR(t *testing.T) {
	n := replicated(t, "min.insync.replicas", "2")
	log := n.m.CoordinatorLog("t")
	if err := log.Refuses(0); err != nil {
		t.Error(err)
	}
	r := partitionRecord(topicID("t"), 0, 1, 1, 1, 2)
	r.ISR = []int32{1}
	n.apply(r)
	var appended error
	log.Append(0, 1, batch(t, "a"), func(_ int64, err error) { appended = err })
	if err := log.Refuses(0); err != protocol.ErrNotEnoughReplicas || appended != err {
		t.Errorf("refuses: %v, append: %v", err, appended)
	}
	if err := log.Refuses(7); err != nil {
		t.Errorf("a partition that does not exist: %v", err)
	}
}

func TestDeleteRecordsWaitsForTheFollower(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a", "b"))
	n.logs.Commit()
	n.follow(2, 0)
	n.follow(2, 0)
	var answers []DeletePart
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Offset: ToHighWatermark}}, 1000, func(p []DeletePart) { answers = p })
	if answers != nil {
		t.Fatal("answered before the follower moved its start")
	}
	f := NewFetchRequest()
	f.ReplicaID, f.ReplicaEpoch, f.NowMs = 2, 7, startMs
	p := f.Add()
	p.Topic, p.Offset, p.FollowerStart = "t", 2, 2
	f.Done = func(*FetchRequest) {}
	n.m.Fetch(f)
	if len(answers) != 1 || answers[0].Err != 0 || answers[0].LowWatermark != 2 {
		t.Fatalf("%+v", answers)
	}
	n.send("t", 0, AcksLeader, batch(t, "c"))
	n.logs.Commit()
	n.follow(3, 0)
	answers = nil
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Offset: 3}}, 1000, func(p []DeletePart) { answers = p })
	n.m.Expire(startMs + 1000)
	if len(answers) != 1 || answers[0].Err != protocol.ErrRequestTimedOut {
		t.Fatalf("%+v", answers)
	}
}

func TestCoordinatorLog(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	log := n.m.CoordinatorLog("__consumer_offsets")
	var failed error
	log.Append(0, 0, batch(t, "x"), func(_ int64, err error) { failed = err })
	if failed != protocol.ErrUnknownTopicOrPartition {
		t.Fatalf("no such topic: %v", failed)
	}
	n.createTopic("__consumer_offsets", 1)
	last := int64(-9)
	log.Append(0, 0, batch(t, "x", "y"), func(offset int64, err error) { last, failed = offset, err })
	if last != -9 {
		t.Fatal("answered before the disk had it")
	}
	n.logs.Commit()
	if last != 1 || failed != nil {
		t.Fatalf("offset %d, %v", last, failed)
	}
	log.Append(0, 3, batch(t, "x"), func(_ int64, err error) { failed = err })
	if failed != protocol.ErrUnknownLeaderEpoch {
		t.Fatalf("another epoch: %v", failed)
	}
	start, high, end, err := log.Bounds(0)
	b, _, _, rerr := log.Read(0, 0, 10)
	if start != 0 || high != 2 || end != 2 || err != nil || len(b) == 0 || rerr != nil {
		t.Fatalf("%d %d %v, %d bytes %v", start, end, err, len(b), rerr)
	}
	if b, _, _, err := log.Read(0, 2, 10); len(b) != 0 || err != nil {
		t.Fatalf("at the end: %d bytes %v", len(b), err)
	}
	committed := 0
	log.AwaitCommitted(0, 2, func(err error) {
		if err == nil {
			committed++
		}
	})
	log.AwaitCommitted(0, 3, func(err error) {
		if err == nil {
			committed++
		}
	})
	if committed != 1 {
		t.Fatalf("%d waits are over", committed)
	}
	n.send("__consumer_offsets", 0, AcksLeader, batch(t, "z"))
	if committed != 2 {
		t.Fatalf("%d waits are over", committed)
	}
	failed = nil
	log.AwaitCommitted(0, 99, func(err error) { failed = err })
	n.apply(partitionRecord(topicID("__consumer_offsets"), 0, 2, 5, 2, 1))
	if failed != protocol.ErrNotLeaderOrFollower {
		t.Fatalf("after the leader moved: %v", failed)
	}
}

// A broker without a replica of the partition may not read above the high watermark. The codes are
// those of Apache Kafka 4.4.
func TestFetchOfAStrangerAsReplica(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a"))
	for _, c := range []struct {
		replica, epoch int32
		want           protocol.Error
	}{
		{5, -1, protocol.ErrNotLeaderOrFollower}, {5, 0, protocol.ErrUnknownLeaderEpoch}, {1, -1, protocol.ErrNotLeaderOrFollower},
		{2, -1, protocol.ErrNone},
	} {
		f := NewFetchRequest()
		f.ReplicaID, f.ReplicaEpoch, f.MinBytes = c.replica, 7, 1
		p := f.Add()
		p.Topic, p.MaxBytes, p.CurrentLeaderEpoch = "t", 1<<20, c.epoch
		done := false
		f.Done = func(f *FetchRequest) {
			done = true
			if got := &f.Parts[0]; got.Err != c.want || (c.want != protocol.ErrNone && (got.Slice.Size() > 0 || got.HighWatermark != -1)) {
				t.Errorf("replica %d, epoch %d: %v, %d bytes, high watermark %d", c.replica, c.epoch, got.Err, got.Slice.Size(), got.HighWatermark)
			}
			f.Parts[0].Slice.Close()
		}
		if n.m.Fetch(f); !done {
			t.Errorf("replica %d waits", c.replica)
		}
	}
}
