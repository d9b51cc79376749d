package replication

import (
	"testing"

	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/host"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/vfs"
)

// fetchDurable fetches as broker 2, with a durable offset.
func (n *node) fetchDurable(offset, durable int64, maxWaitMs int32) (f *FetchRequest, done *bool) {
	f, done = NewFetchRequest(), new(bool)
	f.ReplicaID, f.ReplicaEpoch, f.MaxWaitMs, f.MinBytes, f.NowMs = 2, 7, maxWaitMs, 1, n.now.Load()
	p := f.Add()
	p.Topic, p.Offset, p.MaxBytes, p.FollowerStart, p.FollowerDurable = "t", offset, 1<<20, 0, durable
	f.Done = func(f *FetchRequest) {
		*done = true
		f.Parts[0].Slice.Close()
	}
	n.m.Fetch(f)
	return f, done
}

// acks=all waits until the records are on the follower's disk. A follower that does not report its
// disk is one of Apache Kafka, and its log end counts.
func TestAcksAllWaitsForTheDiskOfTheFollower(t *testing.T) {
	for _, c := range []struct {
		durable int64
		configs []string
		acked   bool
	}{{0, nil, false}, {1, nil, true}, {-1, nil, true}, {0, []string{"write.caching", "true"}, true}} {
		n := replicated(t, c.configs...)
		res := n.send("t", 0, AcksAll, batch(t, "a"))
		n.logs.Commit()
		n.fetchDurable(1, c.durable, 0)
		if got := res.Load() != nil; got != c.acked {
			t.Errorf("durable offset %d, %v: acknowledged %v", c.durable, c.configs, got)
		}
		if hw := n.part().Log().HighWatermark(); (hw == 1) != c.acked {
			t.Errorf("durable offset %d, %v: high watermark %d", c.durable, c.configs, hw)
		}
		n.fetchDurable(1, 1, 0)
		if res.Load() == nil {
			t.Errorf("durable offset %d, %v: not acknowledged", c.durable, c.configs)
		}
	}
}

// A follower may join the ISR when all committed records are on its disk, not earlier.
func TestFollowerJoinsWithADurableLog(t *testing.T) {
	n := replicated(t)
	r := partitionRecord(topicID("t"), 0, 1, 1, 1, 2)
	r.ISR = []int32{1}
	n.apply(r)
	asked := &alterations{}
	n.m.opts.Controller = asked
	n.send("t", 0, AcksLeader, batch(t, "a"))
	n.logs.Commit()
	if n.fetchDurable(1, 0, 0); len(asked.asked) != 0 {
		t.Fatal("it joins with a record that is not on its disk")
	}
	if n.fetchDurable(1, 1, 0); len(asked.asked) != 1 {
		t.Fatal("it does not join")
	}
}

// The next fetch of a follower's session ends the wait of the one before.
func TestNextFetchEndsTheWait(t *testing.T) {
	n := replicated(t)
	s := NewSessions(10, host.Real())
	var x fetchsession.Context
	x.Parts = []fetchsession.Part{{Key: fetchsession.Key{TopicID: topicID("t")}}}
	full := fetchsession.Request{UsesTopicIDs: true, Privileged: true}
	if err := s.Begin(startMs, full, &x); err != 0 {
		t.Fatal(err)
	}
	id, _ := s.Finish(startMs, &x)
	f, done := n.fetchDurable(0, 0, 500)
	s.Poll(id, f)
	if *done {
		t.Fatal("the fetch does not wait")
	}
	next := fetchsession.Request{SessionID: id, Epoch: 1, UsesTopicIDs: true, Privileged: true}
	var y fetchsession.Context
	if err := s.Begin(startMs, next, &y); err != 0 || !*done {
		t.Fatalf("%v, done %v", err, *done)
	}
	s.Polled(id, f)
	other, waits := n.fetchDurable(0, 0, 500)
	s.Poll(id, other)
	consumer := fetchsession.Request{SessionID: id, Epoch: 7, UsesTopicIDs: true}
	s.Begin(startMs, consumer, &y)
	if *waits {
		t.Error("a consumer's request ends a follower's wait")
	}
	s.Polled(id, other)
	if len(s.polls) != 0 {
		t.Error("a fetch that is done stays")
	}
}

// A throttled follower outside the ISR gets nothing while the rate is exceeded. One in the ISR
// does.
func TestLeaderThrottles(t *testing.T) {
	for _, inSync := range []bool{false, true} {
		n := replicated(t, "leader.replication.throttled.replicas", "0:1")
		r := partitionRecord(topicID("t"), 0, 1, 1, 1, 2)
		if !inSync {
			r.ISR = []int32{1}
		}
		n.apply(r)
		n.send("t", 0, AcksLeader, batch(t, "a"))
		n.m.quota.setBound(100)
		if x := n.follow(0, 0).Load(); x == nil || x.Slice.Size() == 0 {
			t.Fatal("throttled below the rate")
		}
		n.m.quota.record(n.m.elapsedMs(), 10_000)
		if x := n.follow(0, 0).Load(); x == nil || (x.Slice.Size() > 0) != inSync || x.HighWatermark != n.part().Log().HighWatermark() {
			t.Errorf("in sync %v: %+v", inSync, x)
		}
		n.now.Add(60_000)
		if x := n.follow(0, 0).Load(); x == nil || x.Slice.Size() == 0 {
			t.Error("throttled for good")
		}
	}
}

func TestThrottledReplicas(t *testing.T) {
	for _, c := range []struct {
		list throttled
		want bool
	}{{nil, false}, {throttled{"*"}, true}, {throttled{"3:1"}, true}, {throttled{"3:11", "31:1", "3:2"}, false}, {throttled{"1:3", "3:1"}, true}} {
		if got := c.list.has(3, 1); got != c.want {
			t.Errorf("%v: %v", c.list, got)
		}
	}
	n, peers := follower(t, vfs.NewMem())
	peers.fetch(t)
	n.apply(topicConfigRecord("t", "follower.replication.throttled.replicas", "0:1"), &mr.RegisterBrokerRecord{BrokerID: 3, BrokerEpoch: 8})
	if !n.part().config.Load().followerThrottled(0, 1) || n.part().config.Load().followerThrottled(1, 1) {
		t.Error("the topic's configuration is not read")
	}
}

// The rates can change while the broker runs.
func TestThrottleRatesFollowTheSettings(t *testing.T) {
	n, peers := follower(t, vfs.NewMem(), "follower.replication.throttled.replicas", "*")
	n.m.config.Set(map[string]string{"follower.replication.throttled.rate": "10", "leader.replication.throttled.rate": "10"}, nil)
	n.m.ConfigChanged()
	n.m.quota.record(n.m.elapsedMs(), 1000)
	if !n.m.quota.exceeded(n.m.elapsedMs()) {
		t.Error("the leader's rate is not the new one")
	}
	s, _ := peers.fetch(t)
	s.answer(5, records(1000, batchAt(t, 0, 0, "a"), batchAt(t, 1, 0, "b"))) // it is behind, and above 10 bytes a second
	n.logs.Commit()
	if x := peers.take(); x != nil {
		t.Fatalf("a throttled partition is fetched: %+v", x.r.Message)
	}
	n.m.config.Set(nil, nil)
	n.m.ConfigChanged()
	if n.m.quota.exceeded(n.m.elapsedMs()) {
		t.Error("the leader's rate stays")
	}
	if s := peers.take(); s == nil {
		t.Error("the follower's rate stays")
	}
}
