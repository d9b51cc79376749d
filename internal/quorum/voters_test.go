package quorum

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// voters drives three voters by hand, over a network that delivers in order.
type voters struct {
	t     *testing.T
	now   time.Time
	nodes map[int32]*node
	queue []func()
	// cut is a node that no message reaches, 0 for none.
	cut int32
}

// from is the transport of one node.
type from struct {
	*voters
	id int32
}

// Send implements Transport. The port of a node is its id.
func (v from) Send(to int32, endpoints []kraft.Endpoint, request kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure)) {
	if to < 0 {
		to = int32(endpoints[0].Port)
	}
	v.queue = append(v.queue, func() {
		if v.nodes[to] == nil {
			done(nil, kraft.Unreachable)
			return
		}
		if to == v.cut || v.id == v.cut {
			done(nil, kraft.TimedOut)
			return
		}
		v.nodes[to].c.Serve(request, func(r kraft.ResponseBody) {
			v.queue = append(v.queue, func() { done(r, kraft.NotFailed) })
		})
	})
}

func voterAt(id int32) Voter {
	return Voter{ID: id, Endpoints: []metadata.Endpoint{{Name: "C", Host: "h", Port: uint16(id)}}}
}

func openVoters(t *testing.T) *voters {
	v := &voters{t: t, now: time.UnixMilli(1_800_000_000_000), nodes: map[int32]*node{}}
	for id := int32(1); id <= 3; id++ {
		v.open(id, v.format(id))
	}
	return v
}

// format makes the disk of a node.
func (v *voters) format(id int32) *vfs.Mem {
	v.t.Helper()
	fsys, next := vfs.NewMem(), byte(0)
	if _, err := Format(FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: id, ClusterID: testCluster,
		NowMs: 1000, NewUUID: func() wire.UUID { next++; return wire.UUID{0: byte(id), 15: 200 + next} }}); err != nil {
		v.t.Fatal(err)
	}
	return fsys
}

func (v *voters) open(id int32, fsys vfs.FS) *node {
	v.t.Helper()
	return v.openAs(id, fsys, func(o *Options) { o.Voters = []Voter{voterAt(1), voterAt(2), voterAt(3)} })
}

// openAs starts a node with options of its own.
func (v *voters) openAs(id int32, fsys vfs.FS, set func(*Options)) *node {
	v.t.Helper()
	o := testOptions(fsys, true)
	o.NodeID, o.DirectoryID, o.Transport = id, wire.UUID{0: byte(id), 15: 201}, from{v, id}
	if set(&o); !o.Observer {
		o.Endpoints = voterAt(id).Endpoints
	}
	n := &node{manual: newManual(v.now), t: v.t, fs: fsys, dir: wire.UUID{0: byte(id), 15: 201}}
	n.rng.Seed([32]byte{byte(id)}) // with equal pauses the election would never end
	o.Host = n.manual
	c, err := Open(o)
	if err != nil {
		v.t.Fatal(err)
	}
	n.c = c
	c.engine.begin()
	v.nodes[id] = n
	return n
}

// run passes time until done.
func (v *voters) run(what string, done func() bool) {
	v.t.Helper()
	ids := slices.Sorted(maps.Keys(v.nodes))
	for range 1000 {
		for _, id := range ids {
			v.nodes[id].c.process()
		}
		for range 100 {
			queue := v.queue
			v.queue = nil
			for _, deliver := range queue {
				deliver()
			}
			for _, id := range ids {
				v.nodes[id].c.process()
			}
		}
		if done() {
			return
		}
		v.now = v.now.Add(tickInterval)
		for _, id := range ids {
			v.nodes[id].now = v.now
			v.nodes[id].c.engine.tick()
		}
	}
	v.t.Fatalf("never: %s", what)
}

func (v *voters) leader() *node {
	for id := int32(1); id <= 3; id++ {
		if v.nodes[id] != nil && v.nodes[id].c.Status().Active {
			return v.nodes[id]
		}
	}
	return nil
}

// ask sends a request to the leader and waits for the answer.
func ask[Q, R protocol.Message](v *voters, api *controller.API[Q, R], version int16, req Q) (resp R) {
	v.t.Helper()
	answered := false
	api.Call(v.leader().c, Request{Version: version}, req, func(r R) { resp, answered = r, true })
	v.run(fmt.Sprintf("%T", req), func() bool { return answered })
	return resp
}

// registerAt registers a broker with the leader and unfences it.
func (v *voters) registerAt(id int32) {
	v.t.Helper()
	r := ask(v, controller.BrokerRegistration, 4, &protocol.BrokerRegistrationRequest{BrokerID: id, ClusterID: testCluster, IncarnationID: wire.UUID{5},
		Features: supported(), LogDirs: []wire.UUID{{7: 7}}, Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "P", Host: "h", Port: 1}}})
	ask(v, controller.BrokerHeartbeat, 1, &protocol.BrokerHeartbeatRequest{BrokerID: id, BrokerEpoch: r.BrokerEpoch, CurrentMetadataOffset: r.BrokerEpoch + 10})
}

// create makes a topic of one partition.
func (v *voters) create(name string) {
	v.t.Helper()
	r := ask(v, controller.CreateTopics, 7, &protocol.CreateTopicsRequest{TimeoutMs: 5000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: name, NumPartitions: 1, ReplicationFactor: 1}}})
	if r.Topics[0].ErrorCode != 0 {
		v.t.Fatal(protocol.Error(r.Topics[0].ErrorCode))
	}
}

// follower returns a node that does not lead.
func (v *voters) follower() *node {
	for id := int32(1); id <= 3; id++ {
		if n := v.nodes[id]; n != v.leader() {
			return n
		}
	}
	return nil
}

// A follower that was away while the leader has cut its log gets the leader's snapshot. Its
// publishers learn of new and of deleted topics. The follower goes on behind the snapshot, also
// after a restart.
func TestFollowerFetchesASnapshot(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("old")
	follower := v.follower()
	has := func(n *node, names ...string) func() bool {
		return func() bool {
			for _, name := range names {
				if n.c.Image().Topics().ByName(name) == nil {
					return false
				}
			}
			return n.c.Image().Topics().Len() == len(names)
		}
	}
	v.run("the follower has the topic", has(follower, "old"))
	changes := map[string]string{}
	follower.c.Subscribe(func(_ *metadata.Image, d *metadata.Delta) {
		for _, topic := range d.Topics() {
			changes[topic.Name] = fmt.Sprint(topic.Old != nil, topic.New != nil)
		}
	})
	id, fsys := follower.c.engine.o.NodeID, follower.fs
	v.run("the publisher has the topic", func() bool { return changes["old"] == "false true" })
	v.cut = id
	leader := v.leader()
	ask(v, controller.DeleteTopics, 5, &protocol.DeleteTopicsRequest{TopicNames: []string{"old"}, TimeoutMs: 5000})
	for i := range 20 {
		v.create(fmt.Sprint("new", i))
	}
	e := leader.c.engine
	e.snapshots.begin(e)
	e.snapshots.takeJob()()(e)
	for i := range 2 { // the log begins at the second newest snapshot
		v.create(fmt.Sprint("later", i))
		e.snapshots.begin(e)
		e.snapshots.takeJob()()(e)
		e.set.retentionBytes = 0
		if err := e.snapshots.clean(e); err != nil {
			t.Fatal(err)
		}
	}
	start := leader.c.Status().LogStartOffset
	if start <= follower.c.Status().LogEndOffset {
		t.Fatalf("the leader's log begins at %d, the follower's ends at %d", start, follower.c.Status().LogEndOffset)
	}
	v.cut = 0
	v.run("the follower has the snapshot", func() bool {
		return follower.c.Status().LogStartOffset >= start && follower.c.Image().Topics().Len() == 22
	})
	if changes["old"] != "true false" || changes["new3"] != "false true" {
		t.Errorf("published changes: %v", changes)
	}
	v.create("last")
	v.run("the follower has a topic behind the snapshot", func() bool { return follower.c.Image().Topics().ByName("last") != nil })
	follower.close()
	follower = v.open(id, fsys)
	if n := follower.c.Image().Topics().Len(); n != 22 {
		t.Errorf("%d topics in the snapshot after a restart", n)
	}
	v.run("the restarted follower has everything", func() bool { return follower.c.Image().Topics().Len() == 23 })
}

// A voter that restarts publishes nothing before it has replayed what the leader has committed.
// With its local snapshot as the first image, its broker would set the partitions of newer topics
// aside.
func TestFirstPublishedImageIsTheLeaders(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("first")
	follower := v.follower()
	v.run("the follower has the topic", func() bool { return follower.c.Image().Topics().Len() == 1 })
	fsys, id := follower.fs, follower.c.engine.o.NodeID
	follower.close()
	follower = v.open(id, fsys)
	var published []int
	follower.c.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		published = append(published, image.Topics().Len())
	})
	follower.c.process()
	if len(published) != 0 {
		t.Errorf("before it heard of the leader it published an image of %d topics", published[0])
	}
	v.create("second")
	v.run("the follower publishes", func() bool { return len(published) > 0 })
	if published[0] == 0 {
		t.Errorf("images of %v topics", published)
	}
	v.run("the follower has both", func() bool { return published[len(published)-1] == 2 })
}

// After old segments are deleted and the node restarts, the log begins exactly at a snapshot that
// is kept, so that a follower that lacks the beginning can fetch that snapshot.
func TestLogBeginsAtASnapshot(t *testing.T) {
	mem := vfs.NewMem()
	formatTest(t, mem, false)
	o := testOptions(mem, false)
	n := openNode(t, mem, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	for i := range 30 {
		n.create(fmt.Sprintf("t%d", i), 3)
		if i%7 == 6 {
			if err := n.c.engine.store.log.(*storage.Log).Roll(n.now.UnixMilli()); err != nil {
				t.Fatal(err)
			}
		}
		if i%10 == 9 {
			n.c.engine.snapshots.begin(n.c.engine)
			n.wait("snapshot", func() bool { return !n.c.engine.snapshots.busy })
		}
	}
	n.c.engine.set.retentionBytes = 0
	if err := n.c.engine.snapshots.clean(n.c.engine); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		start := n.c.engine.store.log.LogStartOffset()
		kept := n.c.engine.snapshots.kept
		if start == 0 || len(kept) == 0 || kept[0].id.Offset != start || n.c.engine.store.start != kept[0].id {
			t.Errorf("the log begins at %d, the snapshots are %+v", start, kept)
		}
	}
	check()
	n.close()
	n = openNode(t, mem, o, n.now)
	check()
	if n.c.Image().Topics().Len() != 30 {
		t.Errorf("%d topics", n.c.Image().Topics().Len())
	}
	n.close()
}
