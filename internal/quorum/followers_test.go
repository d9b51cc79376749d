package quorum

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// pass lets the voters run for some time.
func (v *voters) pass(d time.Duration) {
	v.t.Helper()
	end := v.now.Add(d)
	v.run(d.String(), func() bool { return v.now.After(end) })
}

// request asks a node to create a topic, and does not wait for the answer.
func (n *node) request(topic string) {
	controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 1000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: topic, NumPartitions: 1, ReplicationFactor: 1}}}, func(*protocol.CreateTopicsResponse) {})
}

// takeSnapshot writes a snapshot of a node's metadata.
func (n *node) takeSnapshot() {
	e := n.c.engine
	e.snapshots.begin(e)
	e.snapshots.takeJob()()(e)
}

// cleanLog removes all snapshots but the newest, and the log below it.
func (n *node) cleanLog(t *testing.T) {
	t.Helper()
	e := n.c.engine
	retention := e.set.retentionBytes
	e.set.retentionBytes = 0
	if err := e.snapshots.clean(e); err != nil {
		t.Fatal(err)
	}
	e.set.retentionBytes = retention
	e.report()
}

// The leader goes on after a change of the voters: its next offset is behind the record of the
// change, which the core has appended.
func TestLeaderGoesOnAfterAChangeOfTheVoters(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("before")
	leader := v.leader()
	for v.serve(&kraft.UpgradeVersionRequest{Version: 1}).(*kraft.VotersResponse).Err != protocol.ErrNone {
		v.pass(time.Second) // the leader must first learn what the voters support
	}
	v.pass(15 * time.Second) // the session of the broker ends, and the leader fences it
	if v.leader() != leader {
		t.Fatal("the leader is not the active controller any more")
	}
	broker := leader.c.Image().Broker(9)
	ask(v, controller.BrokerHeartbeat, 1, &protocol.BrokerHeartbeatRequest{BrokerID: 9, BrokerEpoch: broker.Epoch, CurrentMetadataOffset: leader.c.Image().Offset()})
	v.create("after")
}

// behind makes a follower with a long tail of an old epoch, and a leader whose log begins at a
// snapshot below the end of that tail. The follower is cut off.
func behind(t *testing.T) (v *voters, follower int32) {
	t.Helper()
	v = openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("first")
	old := v.leader()
	follower = old.c.engine.o.NodeID
	v.run("all nodes have the topic", func() bool {
		for _, n := range v.nodes { // any order
			if n.c.Image().Topics().Len() != 1 {
				return false
			}
		}
		return true
	})
	v.cut = follower
	v.pass(800 * time.Millisecond) // parked fetches are answered
	for i := range 60 {
		old.request(fmt.Sprint("lost", i))
	}
	old.c.process()
	v.run("another leader", func() bool { l := v.leader(); return l != nil && l != old && !old.c.Status().Active })
	leader := v.leader()
	v.create("second")
	leader.takeSnapshot()
	v.create("third")
	leader.takeSnapshot()
	leader.cleanLog(t)
	if start, end := leader.c.Status().LogStartOffset, old.c.Status().LogEndOffset; start >= end {
		t.Fatalf("the leader's log begins at %d, the follower's tail ends at %d", start, end)
	}
	return v, follower
}

// A follower is killed between the rename of a fetched snapshot and the replacement of its log. The
// start completes the replacement, although the log ends behind the snapshot.
func TestKillBeforeTheLogIsReplacedByASnapshot(t *testing.T) {
	v, id := behind(t)
	disk := v.nodes[id].fs
	v.nodes[id].close()
	renamed, synced, dead := false, false, false
	follower := v.open(id, vfs.WithHook(disk, func(op vfs.Op) error {
		switch {
		case dead && op.Mutates():
			return errors.New("killed")
		case op.Kind == vfs.OpRename && strings.HasSuffix(op.To, checkpointSuffix):
			renamed = true
		case renamed && !synced && op.Kind == vfs.OpSyncDir:
			synced = true
		case synced && op.Mutates():
			dead = true
			return errors.New("killed")
		}
		return nil
	}))
	v.cut = 0
	v.run("the kill", func() bool { return dead })
	_ = follower.c.Close() // its disk has failed
	follower = v.open(id, disk)
	v.create("last")
	v.run("the follower has all topics", func() bool { return follower.c.Image().Topics().Len() == 4 })
}

// A snapshot of a node's own ends after a newer one was fetched, and is dropped: the log begins
// behind it.
func TestOwnSnapshotAfterANewerOne(t *testing.T) {
	v, id := behind(t)
	follower := v.nodes[id]
	e := follower.c.engine
	e.snapshots.begin(e)
	job := e.snapshots.takeJob()
	v.cut = 0
	v.run("the snapshot is fetched", func() bool { return follower.c.Image().Topics().Len() == 3 })
	follower.c.enqueue(op{internal: job()})
	v.run("the own snapshot has ended", func() bool { return !e.snapshots.busy })
	follower.cleanLog(t)
	follower.close()
	follower = v.open(id, follower.fs)
	if n := follower.c.Image().Topics().Len(); n != 3 {
		t.Errorf("%d topics after the restart", n)
	}
}

// A follower that catches up writes the batches of hours at once. A power cut that tears this write
// is no damage.
func TestPowerCutOfAFollowerThatCatchesUp(t *testing.T) {
	fsys := vfs.NewMem()
	if _, err := Format(FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: 1, ClusterID: testCluster,
		NowMs: 1000, NewUUID: func() wire.UUID { return wire.UUID{1} }}); err != nil {
		t.Fatal(err)
	}
	var file []byte
	var second int // position of the second batch
	for i := range 3 {
		b := record.NewBuilder(record.BuilderOptions{BaseOffset: int64(i), LeaderEpoch: 1})
		if err := appendRecord(b, noOp(), metadata.LatestMetadataVersion, 1_800_000_000_000+int64(i)*3_600_000); err != nil {
			t.Fatal(err)
		}
		batch, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			second = len(file)
		}
		file = append(file, batch...)
	}
	clear(file[second+61 : second+68]) // the records, behind the header, have not reached the disk
	if err := vfs.WriteFile(fsys, firstSegment, file); err != nil {
		t.Fatal(err)
	}
	o := testOptions(fsys, false)
	o.Voters, o.Transport, o.Host = []Voter{voterAt(1), voterAt(2), voterAt(3)}, from{&voters{}, 1}, newManual(time.UnixMilli(1_900_000_000_000))
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if end := c.Status().LogEndOffset; end != 1 {
		t.Errorf("the log ends at %d", end)
	}
}
