package broker

import (
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// createTopic creates a topic with one partition and waits for the answer.
func createTopic(t *testing.T, n *Node, name string) {
	t.Helper()
	answered := make(chan *protocol.CreateTopicsResponse, 1)
	controller.CreateTopics.Call(n.controller, n.request(7), &protocol.CreateTopicsRequest{TimeoutMs: 10_000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: name, NumPartitions: 1, ReplicationFactor: 1}}},
		func(r *protocol.CreateTopicsResponse) { answered <- r })
	if r := <-answered; r.Topics[0].ErrorCode != 0 {
		t.Fatalf("create %s: %v", name, protocol.Error(r.Topics[0].ErrorCode))
	}
}

func partitionOf(t *testing.T, n *Node, topic string) metadata.Partition {
	t.Helper()
	p := n.quorum.Image().Topics().ByName(topic).Partition(0)
	if p == nil {
		t.Fatalf("topic %s is missing", topic)
	}
	return *p
}

// After a clean stop, the broker registers with its previous broker epoch. The controller then
// elects the same leader from the eligible leader replicas, which loses no records.
func TestCleanRestartElectsCleanly(t *testing.T) {
	fsys := vfs.NewMem()
	n := startNode(t, fsys)
	createTopic(t, n, "orders")
	for life := range 3 {
		epoch := n.registration.epoch.Load()
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		n = startNode(t, fsys)
		if n.registration.epoch.Load() <= epoch {
			t.Errorf("life %d: broker epoch %d after %d", life, n.registration.epoch.Load(), epoch)
		}
		p := partitionOf(t, n, "orders")
		if p.Leader != 1 || len(p.ISR) != 1 || len(p.ELR) != 0 || len(p.LastKnownELR) != 0 || p.LeaderRecovery != metadata.LeaderRecovered {
			t.Errorf("life %d: after a clean restart the partition is %+v", life, p)
		}
		if n := n.elections.unclean.Load(); n != 0 {
			t.Errorf("life %d: %d unclean elections", life, n)
		}
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A killed broker returns as the last known leader by an unclean election, because the records that
// it acknowledged last may be lost (KIP-966). As leader it then reports that the partitions have
// recovered.
func TestKilledBrokerIsElectedUncleanlyAndRecovers(t *testing.T) {
	mem := vfs.NewCrashableMem()
	n := startNode(t, mem)
	createTopic(t, n, "orders")
	crashed := mem.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1))})
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	n = startNode(t, crashed)
	if p := partitionOf(t, n, "orders"); p.Leader != 1 || len(p.LastKnownELR) != 0 || n.elections.unclean.Load() != 1 {
		t.Errorf("after a crash the partition is %+v, %d unclean elections", p, n.elections.unclean.Load())
	}
	recovered := make(chan struct{})
	n.quorum.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		if image.Topics().ByName("orders").Partition(0).LeaderRecovery == metadata.LeaderRecovered && !isClosed(recovered) {
			close(recovered)
		}
	})
	select {
	case <-recovered:
	case <-t.Context().Done():
		t.Error("the partition never recovers")
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
