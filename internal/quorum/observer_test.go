package quorum

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// observe starts a broker that finds the quorum by one bootstrap server.
func (v *voters) observe(id int32, fsys vfs.FS) *node {
	v.t.Helper()
	return v.openAs(id, fsys, func(o *Options) {
		o.Observer, o.Bootstrap = true, []kraft.Endpoint{{Host: "h", Port: 2}}
	})
}

// broker starts a broker with the voters of controller.quorum.voters.
func (v *voters) broker(id int32, fsys vfs.FS) *node {
	v.t.Helper()
	return v.openAs(id, fsys, func(o *Options) { o.Observer, o.Voters = true, []Voter{voterAt(1), voterAt(2), voterAt(3)} })
}

func topics(n *node, count int) func() bool {
	return func() bool { return n.c.Image().Topics().Len() == count }
}

// A broker without a controller has the metadata of the voters, also behind a change of the leader
// and after a restart. It never votes: the voters know no more members than before.
func TestObserverFollowsTheVoters(t *testing.T) {
	for name, start := range map[string]func(*voters, int32, vfs.FS) *node{ // any order
		"bootstrap servers": (*voters).observe, "static voters": (*voters).broker,
	} {
		t.Run(name, func(t *testing.T) {
			v := openVoters(t)
			fsys := v.format(4)
			n := start(v, 4, fsys)
			var published []int
			n.c.Subscribe(func(image *metadata.Image, _ *metadata.Delta) { published = append(published, image.Topics().Len()) })
			v.run("a leader", func() bool { return v.leader() != nil })
			v.registerAt(9)
			v.create("a")
			v.run("the observer has the topic", topics(n, 1))
			if len(published) == 0 {
				t.Error("nothing was published")
			}
			old := v.leader()
			v.cut = old.c.engine.o.NodeID
			v.run("another leader", func() bool { return !old.c.Status().Active && v.leader() != nil })
			v.cut = 0
			v.registerAt(9)
			v.create("b")
			v.run("the observer has both", topics(n, 2))
			n.close()
			n = start(v, 4, fsys)
			n.c.Subscribe(func(image *metadata.Image, _ *metadata.Delta) { published = append(published, image.Topics().Len()) })
			before := len(published)
			n.c.process()
			if len(published) != before {
				t.Error("published before it heard of the leader")
			}
			v.create("c")
			v.run("the restarted observer has all", func() bool { return len(published) > before && published[len(published)-1] == 3 })
			s := n.c.Status()
			if s.Active || name == "static voters" && len(s.Voters) != 3 || n.c.engine.saved.VotedID >= 0 {
				t.Errorf("%+v, vote %+v", s, n.c.engine.saved)
			}
		})
	}
}

// An observer takes a snapshot of the leader in place of a log that begins too late, and writes
// snapshots of its own.
func TestObserverHasSnapshots(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	for i := range 4 {
		v.create("t" + string(rune('a'+i)))
		e := v.leader().c.engine
		e.snapshots.begin(e)
		e.snapshots.takeJob()()(e)
		e.set.retentionBytes = 0
		if err := e.snapshots.clean(e); err != nil {
			t.Fatal(err)
		}
	}
	n := v.observe(4, v.format(4))
	v.run("the observer has the snapshot", topics(n, 4))
	if n.c.Status().LogStartOffset == 0 {
		t.Error("the observer's log begins at 0")
	}
	n.c.engine.set.snapshotBytes = 1
	v.create("last")
	v.run("the observer writes a snapshot", func() bool {
		if job := n.c.engine.snapshots.takeJob(); job != nil {
			n.c.enqueue(op{internal: job()})
		}
		return n.c.Stats().SnapshotBytes.Load() > 0 && !n.c.engine.snapshots.busy && n.c.Image().Topics().Len() == 5
	})
}

// A new leader whose own disk knows only an old high watermark announces none before the first
// record of its epoch is committed. An observer that starts then would publish an image that lacks
// topics, and set their partitions aside (L28).
func TestObserverWaitsForTheHighWatermarkOfTheEpoch(t *testing.T) {
	v := openVoters(t)
	fsys := v.format(4)
	n := v.observe(4, fsys)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("a")
	v.run("the observer has the topic", topics(n, 1))
	n.close()
	delete(v.nodes, 4)
	v.run("all voters have the topic", func() bool { return topics(v.nodes[1], 1)() && topics(v.nodes[2], 1)() && topics(v.nodes[3], 1)() })
	for id := int32(1); id <= 3; id++ {
		e := v.nodes[id].c.engine
		e.snapshots.begin(e)
		e.snapshots.takeJob()()(e)
	}
	v.create("b")
	disks := map[int32]vfs.FS{}
	for id := int32(1); id <= 3; id++ {
		disks[id] = v.nodes[id].fs
		v.nodes[id].close()
		delete(v.nodes, id)
	}
	v.queue = nil
	for id := int32(1); id <= 3; id++ {
		v.open(id, disks[id])
	}
	n = v.observe(4, fsys)
	first := -1
	n.c.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		if first < 0 {
			first = image.Topics().Len()
		}
	})
	v.run("the observer publishes", func() bool { return first >= 0 })
	if first != 2 {
		t.Errorf("the first image has %d topics, want 2", first)
	}
}

// An observer refuses what only the active controller decides.
func TestObserverDecidesNothing(t *testing.T) {
	v := openVoters(t)
	n := v.observe(4, v.format(4))
	v.run("the observer knows the leader", func() bool { return n.c.Status().LeaderID >= 0 })
	got := protocol.ErrNone
	controller.AllocateProducerIDs.Call(n.c, Request{}, &protocol.AllocateProducerIDsRequest{}, func(r *protocol.AllocateProducerIDsResponse) {
		got = protocol.Error(r.ErrorCode)
	})
	if n.c.process(); got != protocol.ErrNotController {
		t.Errorf("answered %v", got)
	}
}

// A node that cannot find the quorum, or that the quorum does not have, does not open.
func TestNodesOutsideTheQuorum(t *testing.T) {
	v := openVoters(t)
	try := func(id int32, set func(*Options)) error {
		o := testOptions(v.format(id), true)
		o.NodeID, o.Host, o.Transport = id, newManual(v.now), from{v, id}
		set(&o)
		_, err := Open(o)
		return err
	}
	if err := try(5, func(o *Options) { o.Observer = true }); !errors.Is(err, ErrNoVoters) {
		t.Errorf("a broker without the address of a controller: %v", err)
	}
	err := try(5, func(o *Options) { o.Voters = []Voter{voterAt(1), voterAt(2)} })
	if err == nil || !strings.Contains(err.Error(), "node 5 is not one of the voters [1 2]") {
		t.Errorf("a controller that controller.quorum.voters does not name: %v", err)
	}
	err = try(5, func(o *Options) { o.Observer, o.Voters, o.Transport = true, []Voter{voterAt(1)}, nil })
	if err == nil {
		t.Error("a broker opens without a transport")
	}
	if err := try(5, func(o *Options) { o.Bootstrap = []kraft.Endpoint{{Host: "h", Port: 1}} }); err != nil {
		t.Errorf("a controller that may be added later: %v", err)
	}
}

// A broker never votes, so that a damaged quorum-state does not stop it.
func TestObserverReplacesDamagedQuorumState(t *testing.T) {
	v := openVoters(t)
	fsys := v.format(4)
	n := v.broker(4, fsys)
	v.run("a leader", func() bool { return n.c.Status().LeaderID >= 0 })
	n.close()
	if err := vfs.WriteFileAtomic(fsys, testDir+"/"+Folder+"/"+quorumStateFile, []byte("{")); err != nil {
		t.Fatal(err)
	}
	n = v.broker(4, fsys)
	v.registerAt(9)
	v.create("a")
	v.run("the observer has the topic", topics(n, 1))
}
