package replication

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/replica"
)

// fetchAs begins a fetch of partition t-0 as broker 2 with epochs. The answer is nil until it is
// done.
func (n *node) fetchAs(brokerEpoch int64, offset int64, leaderEpoch, lastFetchedEpoch int32) *FetchPart {
	f := NewFetchRequest()
	f.ReplicaID, f.ReplicaEpoch, f.NowMs = 2, brokerEpoch, n.now.Load()
	p := f.Add()
	p.Topic, p.Offset, p.MaxBytes, p.FollowerStart = "t", offset, 1<<20, 0
	p.CurrentLeaderEpoch, p.LastFetchedEpoch = leaderEpoch, lastFetchedEpoch
	var out *FetchPart
	f.Done = func(f *FetchRequest) {
		part := f.Parts[0]
		out = &part
		f.Parts[0].Slice.Close()
	}
	n.m.Fetch(f)
	return out
}

// A follower whose log diverges below its fetch offset does not have what this leader has there.
// Records must not be acknowledged because of it.
func TestDivergedFollowerDoesNotCount(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a"))
	n.logs.Commit()
	n.follow(1, 0)
	// Broker 2 led in epoch 1 and wrote offset 1 there. This broker leads again in epoch 2.
	n.apply(partitionRecord(topicID("t"), 0, 2, 1, 1, 2))
	n.apply(partitionRecord(topicID("t"), 0, 1, 2, 1, 2))
	res := n.send("t", 0, AcksAll, batch(t, "b"))
	n.logs.Commit()
	if g := n.fetchAs(7, 2, 2, 1); g == nil || !g.Diverging || g.DivergingEpoch != 0 || g.DivergingEndOffset != 1 {
		t.Fatalf("the fetch is answered with %+v", g)
	}
	if p := res.Load(); p != nil || n.m.Partition("t", 0).Log().HighWatermark() != 1 {
		t.Fatalf("acknowledged: %+v, high watermark %d", p, n.m.Partition("t", 0).Log().HighWatermark())
	}
	// It truncates to offset 1 and fetches what it lacks.
	n.fetchAs(7, 1, 2, 0)
	if res.Load() != nil {
		t.Fatal("acknowledged before the follower has the record")
	}
	n.fetchAs(7, 2, 2, 2)
	if p := res.Load(); p == nil || p.Err != protocol.ErrNone {
		t.Fatalf("not acknowledged: %+v", p)
	}
}

// A fetch that is refused says nothing about the follower: one out of the log's range, one of an
// older leader epoch, one that the broker sent before it restarted.
func TestRefusedFetchOfAFollowerDoesNotCount(t *testing.T) {
	n := replicated(t)
	n.apply(partitionRecord(topicID("t"), 0, 1, 1, 1, 2))
	res := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	for name, c := range map[string]struct {
		brokerEpoch int64
		offset      int64
		leaderEpoch int32
		want        protocol.Error
	}{
		"beyond the log end":  {7, 2, 1, protocol.ErrOffsetOutOfRange},
		"of leader epoch 0":   {7, 1, 0, protocol.ErrFencedLeaderEpoch},
		"of leader epoch 2":   {7, 1, 2, protocol.ErrUnknownLeaderEpoch},
		"of before a restart": {6, 1, 1, protocol.ErrNotLeaderOrFollower},
	} {
		if g := n.fetchAs(c.brokerEpoch, c.offset, c.leaderEpoch, -1); g == nil || g.Err != c.want {
			t.Errorf("%s: %+v", name, g)
		}
		if res.Load() != nil {
			t.Fatalf("acknowledged after a fetch %s", name)
		}
	}
	n.fetchAs(7, 1, 1, -1)
	if p := res.Load(); p == nil || p.Err != protocol.ErrNone {
		t.Fatalf("%+v", p)
	}
}

// An append of a coordinator is committed once the high watermark has passed it. A shrink of the
// ISR after that does not make it fail: the coordinator would forget what every other broker will
// load.
func TestCommittedCoordinatorAppendSucceedsAfterAShrink(t *testing.T) {
	n := replicated(t, "min.insync.replicas", "2")
	var committed []error
	n.m.CoordinatorLog("t").Append(0, 0, batch(t, "b"), func(_ int64, err error) { committed = append(committed, err) })
	produced := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	if committed != nil || produced.Load() != nil {
		t.Fatal("answered before the follower has the records")
	}
	// The high watermark reaches the end, then the ISR shrinks, then the waiting requests look.
	p := n.m.Partition("t", 0)
	p.mu.Lock()
	fx := p.step(replica.FollowerFetched{Replica: 2, BrokerEpoch: 7, FetchOffset: 2, Eligible: true})
	p.mu.Unlock()
	r := partitionRecord(topicID("t"), 0, 1, 0, 1, 2)
	r.PartitionEpoch, r.ISR = 1, []int32{1}
	n.apply(r)
	p.perform(fx, unknownBytes)
	if len(committed) != 1 || committed[0] != nil {
		t.Errorf("the coordinator's append: %v", committed)
	}
	if a := produced.Load(); a == nil || a.Err != protocol.ErrNotEnoughReplicasAfterAppend {
		t.Errorf("the produce: %+v", a)
	}
}

// The leader epoch rises while this broker stays leader. A coordinator that has not seen the rise
// appends with the epoch before, and an append that waited for the follower succeeds.
func TestCoordinatorAppendSucceedsWhenTheLeaderKeepsTheLeadership(t *testing.T) {
	n := replicated(t)
	log := n.m.CoordinatorLog("t")
	var answers []error
	log.Append(0, 0, batch(t, "a"), func(_ int64, err error) { answers = append(answers, err) })
	n.apply(partitionRecord(topicID("t"), 0, 1, 1, 1, 2))
	log.Append(0, 0, batch(t, "b"), func(_ int64, err error) { answers = append(answers, err) })
	n.logs.Commit()
	if answers != nil {
		t.Fatalf("answered before the follower has the records: %v", answers)
	}
	n.fetchAs(7, 2, 1, -1)
	if len(answers) != 2 || answers[0] != nil || answers[1] != nil {
		t.Errorf("%v", answers)
	}
	// After another leader's term the coordinator's epoch is too old.
	n.apply(partitionRecord(topicID("t"), 0, 2, 2, 1, 2))
	n.apply(partitionRecord(topicID("t"), 0, 1, 3, 1, 2))
	log.Append(0, 1, batch(t, "c"), func(_ int64, err error) { answers = append(answers, err) })
	if len(answers) != 3 || answers[2] != protocol.ErrFencedLeaderEpoch {
		t.Errorf("after another leader: %v", answers)
	}
}

// DeleteRecords waits for the replicas on live brokers only.
func TestDeleteRecordsDoesNotWaitForFencedBrokers(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a"))
	n.logs.Commit()
	n.follow(1, 0)
	n.apply(&mr.RegisterBrokerRecord{BrokerID: 2, BrokerEpoch: 7, Fenced: true})
	var answers []DeletePart
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Offset: 1}}, 1000, func(p []DeletePart) { answers = p })
	if len(answers) != 1 || answers[0].Err != protocol.ErrNone || answers[0].LowWatermark != 1 {
		t.Errorf("%+v", answers)
	}
}

// A follower that has everything dies. Produces with acks=all go on once the controller has taken
// it out of the ISR: the leader does not wait for replica.lag.time.max.ms.
func TestAcksAllGoesOnAfterABrokerIsFenced(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a"))
	n.follow(1, 0)
	res := n.send("t", 0, AcksAll, batch(t, "b"))
	n.logs.Commit()
	if res.Load() != nil {
		t.Fatal("acknowledged before the follower has it")
	}
	r := partitionRecord(topicID("t"), 0, 1, 0, 1, 2)
	r.PartitionEpoch, r.ISR = 1, []int32{1}
	n.apply(r, &mr.RegisterBrokerRecord{BrokerID: 2, BrokerEpoch: 7, Fenced: true})
	if p := res.Load(); p == nil || p.Err != protocol.ErrNone {
		t.Errorf("%+v", p)
	}
}

// A follower is below the leader's log start and diverges. It must begin again at the log start, so
// the answer is OFFSET_OUT_OF_RANGE, as Kafka's Partition.readRecords decides. A diverging epoch
// that ends above the follower's own log would change nothing.
func TestDivergedFollowerBelowTheLogStart(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a", "b", "c", "d"))
	n.apply(partitionRecord(topicID("t"), 0, 1, 3, 1, 2))
	n.send("t", 0, AcksLeader, batch(t, "e"))
	n.follow(5, 0)
	n.logs.Commit()
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Partition: 0, Offset: 3}}, 0, func([]DeletePart) {})
	if start := n.m.Partition("t", 0).Log().LogStartOffset(); start != 3 {
		t.Fatal(start)
	}
	// Broker 2 wrote offset 1 as leader of epoch 2. Its log ends at 2.
	if g := n.fetchAs(7, 2, 3, 2); g == nil || g.Err != protocol.ErrOffsetOutOfRange {
		t.Errorf("%+v", g)
	}
}

// While no controller answers, the leader repeats its request every 50 ms. One line says so.
func TestRepeatedAlterPartitionHasOneLine(t *testing.T) {
	n := replicated(t)
	n.send("t", 0, AcksLeader, batch(t, "a"))
	var lines bytes.Buffer
	n.m.logger = slog.New(slog.NewTextHandler(&lines, nil))
	p := n.m.Partition("t", 0)
	answer := func(id uint64, err protocol.Error) {
		p.altered(replica.PartitionAltered{ID: id, Err: err})
	}
	request := func() uint64 {
		n.now.Add(40_000)
		p.mu.Lock()
		defer p.mu.Unlock()
		fx := p.step(replica.Tick{})
		if fx.Alter == nil {
			t.Fatal("no request")
		}
		return fx.Alter.ID
	}
	id := request()
	for range 1200 { // 60 s / 50 ms
		answer(id, protocol.ErrNetworkException)
		id++
	}
	answer(id, protocol.ErrIneligibleReplica)
	answer(request(), protocol.ErrNetworkException)
	if got := bytes.Count(lines.Bytes(), []byte("\n")); got != 3 {
		t.Errorf("%d lines:\n%.500s", got, lines.String())
	}
}
