package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/vfs"
)

// joinBroker registers one more broker and unfences it.
func (n *node) joinBroker(id int32) {
	n.t.Helper()
	r := call(n, controller.BrokerRegistration, 4, &protocol.BrokerRegistrationRequest{BrokerID: id, ClusterID: testCluster,
		IncarnationID: wire.UUID{1: byte(id)}, Features: supported(), LogDirs: []wire.UUID{{1: byte(id), 15: 220}}, PreviousBrokerEpoch: -1,
		Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "h", Port: 9092}}})
	hb := call(n, controller.BrokerHeartbeat, 2, &protocol.BrokerHeartbeatRequest{BrokerID: id, BrokerEpoch: r.BrokerEpoch,
		CurrentMetadataOffset: n.c.Image().Offset()})
	if r.ErrorCode != 0 || hb.ErrorCode != 0 || hb.IsFenced {
		n.t.Fatalf("broker %d: %+v, %+v", id, r, hb)
	}
}

// The brokers that happen to be up when an internal topic is first needed do not decide its
// replication factor. Only the single node of a cluster lowers Kafka's default, which it can never
// reach.
func TestReplicationFactorOfInternalTopics(t *testing.T) {
	for _, tc := range []struct {
		name     string
		brokers  int32
		set      string
		replicas int // 0: the topic cannot be created
	}{
		{"the only node", 1, "", 1},
		{"the only node, set", 1, "3", 0},
		{"two of three brokers are up", 2, "", 0},
		{"three brokers", 3, "", 3},
		{"three brokers, set", 3, "2", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := vfs.NewMem()
			formatTest(t, fsys, true)
			o := testOptions(fsys, true)
			overrides := []string{"node.id=1", "offsets.topic.num.partitions=2"}
			if tc.set != "" {
				overrides = append(overrides, "offsets.topic.replication.factor="+tc.set)
			}
			var err error
			if o.Broker, _, err = config.Parse(config.Input{Overrides: overrides}); err != nil {
				t.Fatal(err)
			}
			n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
			defer n.close()
			n.register()
			for id := int32(2); id <= tc.brokers; id++ {
				n.joinBroker(id)
			}
			NewAutoCreator(n.c, n.c, o.Broker, []shard.Topic{group.Topic}).Create(Request{Principal: "User:test"}, group.Topic.Name)
			n.c.process()
			n.c.process()
			topic := n.c.Image().Topics().ByName(group.Topic.Name)
			switch {
			case tc.replicas == 0 && topic != nil:
				t.Errorf("created with replicas %v", topic.Partitions[0].Replicas)
			case tc.replicas > 0 && (topic == nil || len(topic.Partitions) != 2 || len(topic.Partitions[0].Replicas) != tc.replicas):
				t.Errorf("topic %+v, want %d replicas", topic, tc.replicas)
			}
		})
	}
}
