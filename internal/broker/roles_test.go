package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/vfs"
)

const threeVoters = "controller.quorum.voters=1@127.0.0.1:1,2@127.0.0.1:2,3@127.0.0.1:3"

// registeredNodes is the condition that the metadata has so many controllers, and so many brokers
// that are not fenced.
func registeredNodes(controllers, brokers int) func(*metadata.Image) bool {
	return func(image *metadata.Image) bool {
		c, b := 0, 0
		for range image.Controllers() {
			c++
		}
		for n := range image.Brokers() {
			if !n.Fenced {
				b++
			}
		}
		return c == controllers && b == brokers
	}
}

// roundTrip produces to a topic and consumes the record again.
func (c *localCluster) roundTrip(through int32, topic string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.nodes[through].Addr("")), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		c.t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
		c.t.Fatal(err)
	}
	if got := cl.PollFetches(ctx); got.NumRecords() == 0 || got.Err() != nil {
		c.t.Fatalf("%d records, %v", got.NumRecords(), got.Errors())
	}
}

// Three controllers without a broker and two brokers without a controller form one cluster. It goes
// on when the active controller dies, and the controller takes part again after its restart.
func TestDedicatedRoles(t *testing.T) {
	c := newLocalCluster(t)
	for id := int32(1); id <= 3; id++ {
		c.add(id, "controller", threeVoters)
	}
	c.add(4, "broker", threeVoters)
	c.add(5, "broker", "controller.quorum.bootstrap.servers=127.0.0.1:1,127.0.0.1:2,127.0.0.1:3")
	c.start(1, 2, 3, 4, 5)
	for id := range c.nodes { // any order
		c.await(id, "all registrations", registeredNodes(3, 2))
	}
	c.create(4, "a", 4, 1)
	c.await(5, "topic a", func(image *metadata.Image) bool { return image.Topics().ByName("a") != nil })
	leaders := map[int32]bool{}
	for _, p := range c.nodes[5].quorum.Image().Topics().ByName("a").Partitions {
		leaders[p.Leader] = true
	}
	if !leaders[4] || !leaders[5] || len(leaders) != 2 {
		t.Errorf("the leaders are %v", leaders)
	}
	c.roundTrip(5, "a")
	old := c.leader()
	incarnation := c.nodes[old].ownController.IncarnationID
	c.kill(old)
	c.roundTrip(4, "a") // brokers serve without a controller
	c.create(5, "b", 1, 1)
	c.start(old)
	c.await(4, "the new incarnation of the controller", func(image *metadata.Image) bool {
		n := image.Controller(old)
		return image.Topics().ByName("b") != nil && n != nil && n.IncarnationID != incarnation && len(n.Endpoints) == 1 && n.Endpoints[0].Name == "CONTROLLER"
	})
	c.stop(5)
	c.await(4, "broker 5 is fenced", func(image *metadata.Image) bool { return image.Broker(5).Fenced })
	c.start(5)
	c.await(4, "broker 5 is back", registeredNodes(3, 2))
}

// Three combined nodes: a clean stop of the active controller hands the leadership over without
// waiting for a timeout.
func TestCombinedNodes(t *testing.T) {
	c := newLocalCluster(t)
	for id := int32(1); id <= 3; id++ {
		c.add(id, "broker,controller", threeVoters, "controller.quorum.fetch.timeout.ms=60000")
	}
	c.start(1, 2, 3)
	c.await(1, "all registrations", registeredNodes(3, 3))
	c.create(1, "a", 3, 1)
	first := c.leader()
	c.stop(first)
	c.create(first%3+1, "b", 1, 1) // the fetch timeout of a minute is not over
	c.start(first)
	c.await(first, "all are back", registeredNodes(3, 3))
	c.await(first, "topic b", func(image *metadata.Image) bool { return image.Topics().ByName("b") != nil })
}

// A controller listens on controller listeners only, and has neither replicas nor a registration as
// a broker.
func TestControllerOnly(t *testing.T) {
	c := newLocalCluster(t)
	c.add(1, "controller", "controller.quorum.voters=1@127.0.0.1:1")
	c.start(1)
	n := c.nodes[1]
	if n.Addr("") != "" || n.BoundAddr("CONTROLLER") == "" {
		t.Errorf("addresses %q and %q", n.Addr(""), n.BoundAddr("CONTROLLER"))
	}
	if n.replicas != nil || n.registration.epoch.Load() >= 0 {
		t.Error("the controller has the parts of a broker")
	}
	c.await(1, "its own registration", registeredNodes(1, 0))
	c.stop(1)
	c.start(1)
}

// noFrontEnd is the front end of a simulator that never serves.
type noFrontEnd struct{ FrontEnd }

func (noFrontEnd) CloseListeners() {}

func (noFrontEnd) Stop(_ context.Context, stopped func()) { stopped() }

// A node that is one of several does not start without a way to reach the others, and leaves
// nothing behind.
func TestOneOfSeveralNeedsANetwork(t *testing.T) {
	for _, props := range []map[string]string{
		{"process.roles": "broker", "controller.quorum.voters": "2@h:1", "listeners": "PLAINTEXT://127.0.0.1:0"},
		{"process.roles": "controller", "controller.quorum.voters": "1@h:1", "listeners": "CONTROLLER://127.0.0.1:0"},
		{"process.roles": "broker,controller", "controller.quorum.voters": "1@h:1,2@h:2", "listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"},
	} {
		props["node.id"], props["controller.listener.names"], props["log.dirs"] = "1", "CONTROLLER", "/data"
		cfg, _, err := config.ParseMap(props)
		if err != nil {
			t.Fatal(err)
		}
		fsys := vfs.NewMem()
		if _, err := Start(t.Context(), Options{Config: cfg, FS: fsys, FrontEnd: noFrontEnd{}}); err == nil || !strings.Contains(err.Error(), "one of several") {
			t.Errorf("%s: %v", props["process.roles"], err)
		}
		if vfs.Exists(fsys, "/data") {
			t.Error("the directory was made")
		}
	}
}

// A node of several is not formatted with a cluster id of its own.
func TestOneOfSeveralIsNotFormattedAlone(t *testing.T) {
	c := newLocalCluster(t)
	c.add(4, "broker", threeVoters)
	cfg, _, err := config.ParseMap(c.props[4])
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem()})
	if err == nil || !strings.Contains(err.Error(), "kafka-storage") {
		t.Error(err)
	}
}

// A second process under the id of a live broker does not register. It stops after
// initial.broker.registration.timeout.ms, with one line about the reason. The first one lives on.
func TestSecondProcessUnderOneID(t *testing.T) {
	c := newLocalCluster(t)
	c.add(1, "controller", "controller.quorum.voters=1@127.0.0.1:1")
	c.add(4, "broker", "controller.quorum.voters=1@127.0.0.1:1", "initial.broker.registration.timeout.ms=400")
	c.start(1, 4)
	epoch := c.nodes[4].registration.epoch.Load()
	cfg, _, err := config.ParseMap(c.props[4])
	if err != nil {
		t.Fatal(err)
	}
	lines := &logLines{}
	_, err = Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem(), ClusterID: localClusterID,
		Logger: func(string) *slog.Logger { return slog.New(slog.NewTextHandler(lines, nil)) }})
	if !errors.Is(err, errNotRegistered) {
		t.Errorf("the second process: %v", err)
	}
	if n := len(lines.with("DUPLICATE_BROKER_REGISTRATION")); n != 1 {
		t.Errorf("%d lines about the reason", n)
	}
	c.create(4, "a", 1, 1)
	if c.nodes[4].registration.epoch.Load() != epoch {
		t.Error("the first process has lost its registration")
	}
}

// After kill -9 a broker replaces its own registration: at once when the controller knows that the
// process is gone.
func TestRestartAfterKill(t *testing.T) {
	c := newLocalCluster(t)
	c.add(1, "controller", "controller.quorum.voters=1@127.0.0.1:1")
	c.add(4, "broker", "controller.quorum.voters=1@127.0.0.1:1")
	c.start(1, 4)
	for range 3 {
		epoch := c.nodes[4].registration.epoch.Load()
		c.kill(4)
		c.nodes[1].quorum.BrokerGone(4, epoch)
		c.start(4)
		if c.nodes[4].registration.epoch.Load() <= epoch {
			t.Error("the broker epoch did not rise")
		}
	}
}

// A node of another cluster is refused.
func TestForeignCluster(t *testing.T) {
	c := newLocalCluster(t)
	c.add(1, "controller", "controller.quorum.voters=1@127.0.0.1:1")
	c.add(4, "broker", "controller.quorum.voters=1@127.0.0.1:1", "initial.broker.registration.timeout.ms=400")
	c.start(1)
	cfg, _, err := config.ParseMap(c.props[4])
	if err != nil {
		t.Fatal(err)
	}
	lines := &logLines{}
	_, err = Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem(), ClusterID: "5L6g3nShT-eMCtK--X86sw",
		Logger: func(string) *slog.Logger { return slog.New(slog.NewTextHandler(lines, nil)) }})
	if !errors.Is(err, errNotRegistered) || len(lines.with("another cluster")) == 0 {
		t.Errorf("%v, %v", err, lines.lines)
	}
}

// A broker that stops hands its partitions over first: the others see no partition without a
// leader.
func TestControlledShutdownMovesLeaders(t *testing.T) {
	c := newLocalCluster(t)
	c.add(1, "controller", "controller.quorum.voters=1@127.0.0.1:1")
	c.add(4, "broker", "controller.quorum.voters=1@127.0.0.1:1")
	c.add(5, "broker", "controller.quorum.voters=1@127.0.0.1:1")
	c.start(1, 4, 5)
	c.await(1, "both brokers", registeredNodes(1, 2))
	c.create(4, "a", 4, 2)
	var leaderless atomic.Bool
	c.nodes[1].quorum.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		for _, p := range image.Topics().ByName("a").Partitions {
			if p.Leader == metadata.NoLeader {
				leaderless.Store(true)
			}
		}
	})
	c.stop(4)
	image := c.nodes[1].quorum.Image()
	for i, p := range image.Topics().ByName("a").Partitions {
		if p.Leader != 5 {
			t.Errorf("partition %d is led by %d", i, p.Leader)
		}
	}
	if leaderless.Load() || !image.Broker(4).Fenced {
		t.Errorf("a partition had no leader: %v; the broker is %+v", leaderless.Load(), image.Broker(4))
	}
	c.start(4)
	if b := c.nodes[1].quorum.Image().Broker(4); b.Fenced || b.InControlledShutdown {
		t.Errorf("after its restart the broker is %+v", b)
	}
}

// Three combined nodes that were formatted with initial voters find each other by bootstrap servers
// (KIP-853). The port of one of them is not that of the formatting: that voter sends its new one. A
// fourth controller without voters follows as an observer.
func TestDynamicQuorumOfNodes(t *testing.T) {
	c := newLocalCluster(t)
	const servers = "controller.quorum.bootstrap.servers=127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"
	var initial []quorum.Voter
	for id := int32(1); id <= 3; id++ {
		at := netip.MustParseAddrPort(c.controller(fmt.Sprint(id)))
		endpoint := metadata.Endpoint{Name: "CONTROLLER", Host: "127.0.0.1", Port: at.Port()}
		if id == 3 {
			endpoint.Port = 1
		}
		initial = append(initial, quorum.Voter{ID: id, DirectoryID: wire.UUID{0: byte(id), 15: 200}, MaxVersion: 1, Endpoints: []metadata.Endpoint{endpoint}})
	}
	for id := int32(1); id <= 4; id++ {
		c.add(id, "broker,controller", servers)
		o := quorum.FormatOptions{FS: c.disks[id], MetadataDir: "/data", LogDirs: []string{"/data"}, NodeID: id, ClusterID: localClusterID,
			Voters: initial, NewUUID: func() wire.UUID { return wire.UUID{0: byte(id), 15: 200} }}
		if id == 4 {
			o.Voters, o.NoVoters = nil, true
		}
		if _, err := quorum.Format(o); err != nil {
			t.Fatal(err)
		}
	}
	c.start(1, 2, 3)
	c.start(4)
	c.await(4, "all registrations", registeredNodes(4, 4))
	c.create(4, "a", 4, 1)
	deadline := time.Now().Add(20 * time.Second)
	for c.nodes[4].quorum.Status().Voters[2].Endpoints[0].Port == 1 {
		if time.Now().After(deadline) {
			t.Fatalf("voter 3 has the port of the formatting: %+v", c.nodes[4].quorum.Status().Voters)
		}
	}
	old := c.leader()
	c.kill(old)
	c.create(4, "b", 1, 1)
	c.await(4, "topic b", func(image *metadata.Image) bool { return image.Topics().ByName("b") != nil })
	if n := len(c.nodes[4].quorum.Status().Voters); n != 3 {
		t.Errorf("%d voters", n)
	}
}
