package quorum

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// manual is a host whose clock the test moves. It runs nothing by itself.
type manual struct {
	host.Host
	now, began time.Time
	rng        *rand.ChaCha8
}

func newManual(start time.Time) *manual {
	return &manual{now: start, began: start, rng: rand.NewChaCha8([32]byte{1})}
}

func (m *manual) Now() time.Time         { return m.now }
func (m *manual) Elapsed() time.Duration { return m.now.Sub(m.began) + 1 }
func (m *manual) Uint64() uint64         { return m.rng.Uint64() }

// process performs the queued input, as a step does.
func (c *Controller) process() { c.engine.step(c.take()) }

// node drives one member of a quorum of one by hand.
type node struct {
	*manual
	t  testing.TB
	fs vfs.FS
	c  *Controller

	dir         wire.UUID
	incarnation byte
	epoch       int64
}

const (
	testDir     = "/data"
	testCluster = "Z3JlZ29yLXBlZXItMDAwMA"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func formatTest(t testing.TB, fsys vfs.FS, standalone bool) {
	t.Helper()
	formatFeatures(t, fsys, standalone, nil)
}

func formatFeatures(t testing.TB, fsys vfs.FS, standalone bool, levels map[string]int16) {
	t.Helper()
	next := byte(0)
	_, err := Format(FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: 1,
		ClusterID: testCluster, Standalone: standalone, NowMs: 1000, Features: levels,
		ControllerEndpoints: []metadata.Endpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: 9093}},
		NewUUID:             func() wire.UUID { next++; return wire.UUID{0: 1, 15: 200 + next} }})
	if err != nil {
		t.Fatal(err)
	}
}

func testOptions(fsys vfs.FS, standalone bool) Options {
	o := Options{FS: fsys, Dir: testDir, NodeID: 1, ClusterID: testCluster, DirectoryID: wire.UUID{0: 1, 15: 201},
		Broker: config.Default(), Logger: quiet}
	if !standalone {
		o.Voters = []Voter{{ID: 1}}
	}
	return o
}

func openNode(t testing.TB, fsys vfs.FS, o Options, start time.Time) *node {
	t.Helper()
	n, err := tryNode(t, fsys, o, start)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tryNode(t testing.TB, fsys vfs.FS, o Options, start time.Time) (*node, error) {
	t.Helper()
	n := &node{manual: newManual(start), t: t, fs: fsys, dir: o.DirectoryID}
	o.Host = n.manual
	c, err := Open(o)
	if err != nil {
		return nil, err
	}
	n.c = c
	c.engine.begin()
	if !c.Status().Active {
		t.Fatalf("a quorum of one did not elect itself: %+v", c.Status())
	}
	return n, nil
}

func (n *node) close() {
	n.t.Helper()
	if err := n.c.Close(); err != nil {
		n.t.Fatal(err)
	}
}

// wait runs the queued functions and advances the time until done.
func (n *node) wait(what string, done func() bool) {
	n.t.Helper()
	for i := 0; !done(); i++ {
		if i > 1000 {
			n.t.Fatalf("no end of %s", what)
		}
		n.c.process()
		if job := n.c.engine.snapshots.takeJob(); job != nil {
			n.c.enqueue(op{internal: job()})
			continue
		}
		if i > 0 {
			n.now = n.now.Add(tickInterval)
			n.c.engine.tick()
		}
	}
}

func call[Q, R protocol.Message](n *node, api *controller.API[Q, R], version int16, req Q) R {
	n.t.Helper()
	var got R
	answered := false
	api.Call(n.c, Request{Version: version, Principal: "User:test", ClientID: "c-1", Address: "/10.0.0.1"}, req, func(r R) { got, answered = r, true })
	n.wait(fmt.Sprintf("%T", req), func() bool { return answered })
	return got
}

// register brings a broker in and unfences it.
func (n *node) register() {
	n.t.Helper()
	n.incarnation++
	r := call(n, controller.BrokerRegistration, 4, &protocol.BrokerRegistrationRequest{
		BrokerID: 1, ClusterID: testCluster, IncarnationID: wire.UUID{0: n.incarnation, 1: byte(n.now.Unix())},
		Listeners:           []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "localhost", Port: 9092}},
		Features:            supported(),
		LogDirs:             []wire.UUID{n.dir},
		PreviousBrokerEpoch: n.epoch,
	})
	if r.ErrorCode != 0 {
		n.t.Fatalf("register: %v", protocol.Error(r.ErrorCode))
	}
	n.epoch = r.BrokerEpoch
	n.heartbeat()
}

func (n *node) heartbeat() {
	n.t.Helper()
	hb := call(n, controller.BrokerHeartbeat, 2, &protocol.BrokerHeartbeatRequest{BrokerID: 1, BrokerEpoch: n.epoch,
		CurrentMetadataOffset: n.c.Image().Offset()})
	if hb.ErrorCode != 0 || hb.IsFenced || !hb.IsCaughtUp {
		n.t.Fatalf("heartbeat: %+v", hb)
	}
}

// sendHeartbeat queues a heartbeat and returns whether it is answered.
func (n *node) sendHeartbeat() *bool {
	answered := new(bool)
	controller.BrokerHeartbeat.Call(n.c, Request{Version: 2}, &protocol.BrokerHeartbeatRequest{BrokerID: 1, BrokerEpoch: n.epoch,
		CurrentMetadataOffset: n.c.Image().Offset()}, func(*protocol.BrokerHeartbeatResponse) { *answered = true })
	return answered
}

func supported() []protocol.BrokerRegistrationRequestFeature {
	var out []protocol.BrokerRegistrationRequestFeature
	for _, f := range metadata.SupportedFeatures() {
		out = append(out, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return out
}

func (n *node) create(name string, partitions int32) protocol.Error {
	n.t.Helper()
	r := call(n, controller.CreateTopics, 7, &protocol.CreateTopicsRequest{TimeoutMs: 5000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: name, NumPartitions: partitions, ReplicationFactor: -1}}})
	return protocol.Error(r.Topics[0].ErrorCode)
}

func TestCreateAndRestart(t *testing.T) {
	for _, standalone := range []bool{false, true} {
		t.Run(fmt.Sprintf("standalone=%v", standalone), func(t *testing.T) {
			fsys := vfs.NewMem()
			formatTest(t, fsys, standalone)
			start := time.UnixMilli(1_800_000_000_000)
			n := openNode(t, fsys, testOptions(fsys, standalone), start)
			n.register()
			if err := n.create("pet", 3); err != protocol.ErrNone {
				t.Fatal(err)
			}
			if err := n.create("pet", 3); err != protocol.ErrTopicAlreadyExists {
				t.Fatal(err)
			}
			id, epoch := n.c.Image().Topics().ByName("pet").ID, n.c.Status().Epoch
			n.close()

			n = openNode(t, fsys, testOptions(fsys, standalone), n.now)
			topic := n.c.Image().Topics().ByName("pet")
			if topic == nil || topic.ID != id || len(topic.Partitions) != 3 || topic.Partitions[0].Leader != 1 {
				t.Fatalf("after a restart the topic is %+v", topic)
			}
			if got := n.c.Status().Epoch; got <= epoch {
				t.Fatalf("epoch %d after %d", got, epoch)
			}
			n.register()
			n.close()
		})
	}
}
