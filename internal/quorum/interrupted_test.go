package quorum

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// A change of the voters leaves the controller's next offset behind.
func TestLeaderAfterVoterChange(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("before")
	id := v.leader().c.engine.o.NodeID
	for i := 0; ; i++ {
		r := v.serve(&kraft.UpgradeVersionRequest{Version: 1}).(*kraft.VotersResponse)
		if r.Err == protocol.ErrNone {
			break
		}
		if i > 100 {
			t.Fatal(r.Err, r.Message)
		}
		end := v.now.Add(time.Second)
		v.run("time", func() bool { return v.now.After(end) })
	}
	e := v.nodes[id].c.engine
	t.Logf("node leads: %v, active %v, nextOffset %d, log end %d", e.node.Status().Role == kraft.Leading, e.active, e.nextOffset, e.node.Status().End)
	end := v.now.Add(20 * time.Second)
	var got []protocol.Error
	asked := 0
	v.run("20 s", func() bool {
		if v.now.Sub(end.Add(-20*time.Second)) > time.Duration(asked)*2*time.Second {
			asked++
			controller.CreateTopics.Call(v.nodes[id].c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 1000,
				Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: fmt.Sprint("after", asked), NumPartitions: 1, ReplicationFactor: 1}}},
				func(r *protocol.CreateTopicsResponse) { got = append(got, protocol.Error(r.Topics[0].ErrorCode)) })
		}
		return v.now.After(end)
	})
	t.Logf("node leads: %v, active %v, nextOffset %d, log end %d, answers %v", e.node.Status().Role == kraft.Leading, e.active, e.nextOffset, e.node.Status().End, got)
	if !slices.Contains(got, protocol.ErrNone) || v.leader() == nil {
		t.Errorf("the leader answers %v after kraft.version was raised; it leads (%v) and is active: %v", got, e.node.Status().Role == kraft.Leading, e.active)
	}
}

// behind makes a follower that has a long tail of an old epoch, and a leader whose log begins at a
// snapshot below the end of that tail.
func behind(t *testing.T) (v *voters, old int32) {
	v = openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("first")
	a := v.leader()
	old = a.c.engine.o.NodeID
	v.run("all have it", func() bool {
		for _, n := range v.nodes {
			if n.c.Image().Topics().Len() != 1 {
				return false
			}
		}
		return true
	})
	v.cut = old
	wait := v.now.Add(800 * time.Millisecond) // parked fetches are answered
	v.run("0.8 s", func() bool { return v.now.After(wait) })
	for i := range 60 {
		controller.CreateTopics.Call(a.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 1000,
			Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: fmt.Sprint("lost", i), NumPartitions: 1, ReplicationFactor: 1}}}, func(*protocol.CreateTopicsResponse) {})
	}
	a.c.process()
	v.run("another leader", func() bool { l := v.leader(); return l != nil && l != a && !a.c.Status().Active })
	leader := v.leader()
	e := leader.c.engine
	v.create("second")
	e.snapshots.begin(e)
	e.snapshots.takeJob()()(e)
	v.create("third")
	e.snapshots.begin(e)
	e.snapshots.takeJob()()(e)
	e.set.retentionBytes = 0
	if err := e.snapshots.clean(e); err != nil {
		t.Fatal(err)
	}
	e.set.retentionBytes = 1 << 30
	e.report()
	t.Logf("leader: start %d end %d epoch %d; old leader: end %d epoch %d", leader.c.Status().LogStartOffset, leader.c.Status().LogEndOffset,
		leader.c.Status().Epoch, a.c.Status().LogEndOffset, a.c.Status().Epoch)
	if leader.c.Status().LogStartOffset >= a.c.Status().LogEndOffset {
		t.Fatal("the tail is too short")
	}
	return v, old
}

// The process dies between the rename of a fetched snapshot and the truncation of the log.
func TestKilledBeforeTheLogIsReplaced(t *testing.T) {
	v, old := behind(t)
	fsys := v.nodes[old].fs
	v.nodes[old].close()
	renamed, synced, dead := false, false, false
	n := v.open(old, vfs.WithHook(fsys, func(op vfs.Op) error {
		if dead && op.Mutates() {
			return errors.New("killed")
		}
		switch {
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
	_ = n
	v.cut = 0
	v.run("killed", func() bool { return dead })
	n.c.Close()
	v.nodes[old] = nil
	defer func() {
		if r := recover(); r != nil {
			t.Fatal(r)
		}
	}()
	var buf bytes.Buffer
	n = v.open(old, fsys)
	n.c.engine.log = slog.New(slog.NewTextHandler(&buf, nil))
	t.Logf("after the restart: log %d-%d, snapshots %+v, epochs %v", n.c.Status().LogStartOffset, n.c.Status().LogEndOffset, n.c.engine.snapshots.kept, n.c.engine.store.epochs())
	end := v.now.Add(60 * time.Second)
	v.run("60 s", func() bool { return v.now.After(end) })
	l := v.leader()
	if l == nil {
		t.Fatal("no leader", buf.String())
	}
	v.registerAt(9)
	ask(v, controller.AllocateProducerIDs, 0, &protocol.AllocateProducerIDsRequest{BrokerID: 9, BrokerEpoch: l.c.Image().Broker(9).Epoch})
	end = v.now.Add(60 * time.Second)
	v.run("60 s", func() bool { return v.now.After(end) })
	if n.c.Image().NextProducerID() != v.leader().c.Image().NextProducerID() || n.c.engine.failure != nil {
		t.Errorf("the follower never catches up: log end %d epochs %v, the leader's is %d; %d topics, failure %v\n%s", n.c.Status().LogEndOffset, n.c.engine.store.epochs(), v.leader().c.Status().LogEndOffset,
			n.c.Image().Topics().Len(), n.c.engine.failure, buf.String())
	}
}

// A snapshot of this node's own is finished after a newer one was fetched.
func TestOwnSnapshotAfterFetchedOne(t *testing.T) {
	v, old := behind(t)
	n := v.nodes[old]
	e := n.c.engine
	e.snapshots.begin(e)
	job := e.snapshots.takeJob()
	v.cut = 0
	v.run("the snapshot is fetched", func() bool { return n.c.Image().Topics().Len() == 3 })
	n.c.enqueue(op{internal: job()})
	v.run("finished", func() bool { return !e.snapshots.busy })
	var ids []string
	for _, k := range e.snapshots.kept {
		ids = append(ids, k.id.fileName())
	}
	t.Log("kept", ids)
	e.set.retentionBytes = 0
	if err := e.snapshots.clean(e); err != nil {
		t.Fatal(err)
	}
	files, _, _ := listSnapshots(n.fs, e.dir)
	t.Logf("on disk %v, the log begins at %d", files, n.c.Status().LogStartOffset)
	n.close()
	o := testOptions(n.fs, false)
	o.NodeID, o.Voters, o.Transport = old, []Voter{voterAt(1), voterAt(2), voterAt(3)}, from{v, old}
	o.Host = n.manual
	if _, err := Open(o); err != nil {
		t.Error("restart:", err)
	}
}

// A follower that catches up writes batches of many hours at once. A power cut tears that write.
func TestFollowerThatCatchesUpLosesPower(t *testing.T) {
	fsys := vfs.NewMem()
	if _, err := Format(FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: 1, ClusterID: testCluster,
		NowMs: 1000, NewUUID: func() wire.UUID { return wire.UUID{1} }}); err != nil {
		t.Fatal(err)
	}
	var file []byte
	var second int
	for i := range 3 {
		b := record.NewBuilder(record.BuilderOptions{BaseOffset: int64(i), LeaderEpoch: 1})
		if err := appendRecord(b, noOp(), metadata.LatestMetadataVersion, 1_800_000_000_000+int64(i)*3_600_000); err != nil {
			t.Fatal(err)
		}
		batch, _ := b.Bytes()
		if i == 1 {
			second = len(file)
		}
		file = append(file, batch...)
	}
	// One block of the unsynced write has not reached the disk.
	for i := (second + 63) / 64 * 64; i < (second+63)/64*64+64 && i < len(file)-70; i++ {
		file[i] = 0
	}
	if err := vfs.WriteFile(fsys, firstSegment, file); err != nil {
		t.Fatal(err)
	}
	o := testOptions(fsys, false)
	o.Voters, o.Transport, o.Host = []Voter{voterAt(1), voterAt(2), voterAt(3)}, from{&voters{}, 1}, newManual(time.UnixMilli(1_900_000_000_000))
	if c, err := Open(o); err != nil {
		t.Error(err)
	} else {
		t.Log(c.Status())
	}
}
