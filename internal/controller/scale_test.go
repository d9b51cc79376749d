package controller

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

const scaleBrokers = 30

// largeImage has 30 brokers, and topics with ten partitions of three replicas.
func largeImage(t testing.TB, topics int, dynamic bool) *metadata.Image {
	t.Helper()
	d := metadata.NewDelta(metadata.Empty())
	replay := func(r metadata.Record) {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	replay(&mr.FeatureLevelRecord{Name: metadata.FeatureMetadataVersion, FeatureLevel: metadata.LatestMetadataVersion})
	replay(&mr.FeatureLevelRecord{Name: metadata.FeatureELRVersion, FeatureLevel: 1})
	dirs := make([]wire.UUID, scaleBrokers)
	for b := range int32(scaleBrokers) {
		dirs[b] = wire.UUID{0: byte(b), 15: 200}
		replay(&mr.RegisterBrokerRecord{BrokerID: b, BrokerEpoch: int64(b), LogDirs: []wire.UUID{dirs[b]}})
	}
	if dynamic {
		replay(&mr.ConfigRecord{ResourceType: metadata.ResourceBroker, Name: "log.retention.ms", Value: new("1000")})
	}
	n := int32(0)
	for i := range topics {
		id := wire.UUID{0: byte(i * 7919), 1: byte(i * 7919 >> 8), 2: byte(i >> 16), 3: byte(i >> 8), 4: byte(i)}
		replay(&mr.TopicRecord{Name: fmt.Sprintf("topic-%07d", i), TopicID: id})
		for p := range int32(10) {
			r := []int32{n % scaleBrokers, (n + 1) % scaleBrokers, (n + 2) % scaleBrokers}
			n++
			replay(&mr.PartitionRecord{TopicID: id, PartitionID: p, Replicas: r, ISR: r, Leader: r[0],
				Directories: []wire.UUID{dirs[r[0]], dirs[r[1]], dirs[r[2]]}})
		}
	}
	image, err := d.Apply(int64(n), 1)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// work are the decisions whose cost is measured. Each is linear in the partitions of the cluster or
// in the elements of its request.
var work = []struct {
	name string
	// topics are those of the cluster at scale n, run makes the decision.
	topics  func(n int) int
	dynamic bool
	run     func(c *Core, e Env, n int)
}{
	{"fence a broker", func(n int) int { return n }, false, func(c *Core, e Env, _ int) {
		c.fenceRecords(e.Image, e.Image.Broker(3))
	}},
	{"start a controlled shutdown", func(n int) int { return n }, false, func(c *Core, e Env, _ int) {
		c.heartbeat(e, Request{Version: 1}, &protocol.BrokerHeartbeatRequest{BrokerID: 4, BrokerEpoch: 4, CurrentMetadataOffset: e.Image.Offset(), WantShutDown: true})
	}},
	{"create topics", func(int) int { return 10 }, false, createMany},
	{"create topics under a dynamic config", func(int) int { return 10 }, true, createMany},
	{"delete topics", func(n int) int { return n }, false, func(c *Core, e Env, n int) {
		req := &protocol.DeleteTopicsRequest{}
		for i := range n {
			req.TopicNames = append(req.TopicNames, fmt.Sprintf("topic-%07d", i))
		}
		c.deleteTopics(e, Request{Version: 5}, req)
	}},
	{"alter partitions", func(n int) int { return n }, false, func(c *Core, e Env, n int) {
		req := &protocol.AlterPartitionRequest{BrokerID: 3, BrokerEpoch: 3}
		for t := range e.Image.Topics().All() {
			for i, p := range t.Partitions {
				if p.Leader == 3 {
					req.Topics = append(req.Topics, protocol.AlterPartitionRequestTopicData{TopicID: t.ID, Partitions: []protocol.AlterPartitionRequestPartitionData{{
						PartitionIndex: int32(i), NewISRWithEpochs: []protocol.AlterPartitionRequestBrokerState{{BrokerID: 3, BrokerEpoch: 3}}}}})
				}
			}
		}
		c.alterPartition(e, Request{Version: 3}, req)
	}},
}

func createMany(c *Core, e Env, n int) {
	req := &protocol.CreateTopicsRequest{}
	for i := range n {
		req.Topics = append(req.Topics, protocol.CreateTopicsRequestCreatableTopic{Name: fmt.Sprintf("new-%d", i), NumPartitions: 1, ReplicationFactor: 3})
	}
	c.createTopics(e, Request{Version: 7}, req)
}

func scaleCore(image *metadata.Image) (*Core, Env) {
	c := New(Config{Broker: config.Default(), SessionTimeout: 9 * time.Second})
	e := Env{Image: image, Awake: time.Second, NextOffset: image.Offset() + 1, Rand: rand.New(rand.NewPCG(1, 2))}
	c.Activate(e)
	return c, e
}

// The allocations of a decision grow with its input, not with the square of it.
func TestDecisionsScale(t *testing.T) {
	for _, w := range work {
		cost := func(n int) float64 {
			c, e := scaleCore(largeImage(t, w.topics(n), w.dynamic))
			return testing.AllocsPerRun(3, func() { w.run(c, e, n) })
		}
		small, large := cost(100), cost(400)
		t.Logf("%s: %.0f allocations for 100, %.0f for 400", w.name, small, large)
		if large > 5*small {
			t.Errorf("%s: %.0f allocations for 400 topics are more than 5 times the %.0f for 100", w.name, large, small)
		}
	}
}

// A dynamic config does not make every topic of a request more expensive: the settings are computed
// once for each decision.
func TestDynamicConfigCostsOncePerDecision(t *testing.T) {
	cost := func(dynamic bool) float64 {
		c, e := scaleCore(largeImage(t, 1, dynamic))
		return testing.AllocsPerRun(3, func() { createMany(c, e, 200) })
	}
	if plain, dynamic := cost(false), cost(true); dynamic > plain*1.2 {
		t.Errorf("%.0f allocations, without a dynamic config %.0f", dynamic, plain)
	}
}

func BenchmarkDecisions(b *testing.B) {
	for _, w := range work {
		b.Run(w.name, func(b *testing.B) {
			c, e := scaleCore(largeImage(b, w.topics(1000), w.dynamic))
			b.ReportAllocs()
			for b.Loop() {
				w.run(c, e, 1000)
			}
		})
	}
}

func BenchmarkDeltaOfOneTopic(b *testing.B) {
	image := largeImage(b, 10_000, false)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d := metadata.NewDelta(image)
		if err := d.Replay(&mr.TopicRecord{Name: fmt.Sprint("new-", i), TopicID: wire.UUID{9, 9, byte(i), byte(i >> 8)}}); err != nil {
			b.Fatal(err)
		}
		if _, err := d.Apply(1, 1); err != nil {
			b.Fatal(err)
		}
	}
}
