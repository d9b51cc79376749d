package quorum

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// unanswered is no error code.
const unanswered protocol.Error = -100

// The controller goes on after a lack of file descriptors at a roll of the metadata log. The
// requests under way are answered once there are descriptors again.
func TestRollWithoutDescriptors(t *testing.T) {
	mem := vfs.NewMem()
	formatTest(t, mem, false)
	few, hits := false, 0
	o := testOptions(vfs.NewErrorFS(mem, func(op vfs.Op) error {
		if few && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpCreate || op.Kind == vfs.OpSyncDir) {
			hits++
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	}), false)
	var failure error
	o.OnFailure = func(err error) { failure = err }
	n := openNode(t, o.FS, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	n.create("a", 1)
	few = true
	n.now = n.now.Add(8 * 24 * time.Hour) // the next append rolls the log
	answer := unanswered
	controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 60_000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "b", NumPartitions: 1, ReplicationFactor: -1}}},
		func(r *protocol.CreateTopicsResponse) { answer = protocol.Error(r.Topics[0].ErrorCode) })
	n.c.process()
	n.c.engine.tick()
	if hits == 0 {
		t.Fatal("no file was opened: the log did not roll")
	}
	if answer != unanswered {
		t.Errorf("answered %v without the log", answer)
	}
	// A request that arrives meanwhile waits. Its batch does not join the write of the earlier one:
	// the times of the batches of one write would be far apart.
	end, late := n.c.engine.nextOffset, unanswered
	n.now = n.now.Add(2 * time.Second)
	controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 60_000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "c", NumPartitions: 1, ReplicationFactor: -1}}},
		func(r *protocol.CreateTopicsResponse) { late = protocol.Error(r.Topics[0].ErrorCode) })
	n.c.process()
	n.c.engine.tick()
	if late != unanswered || n.c.engine.nextOffset != end {
		t.Errorf("the later request: answer %v, %d records proposed", late, n.c.engine.nextOffset-end)
	}
	few = false
	n.wait("the later answer", func() bool { return late != unanswered })
	if late != protocol.ErrNone {
		t.Errorf("the later request: %v", late)
	}
	n.wait("the answer", func() bool { return answer != unanswered })
	if answer != protocol.ErrNone || failure != nil {
		t.Errorf("answer %v, failure %v", answer, failure)
	}
	if e := n.create("later", 1); e != protocol.ErrNone {
		t.Error(e)
	}
}

// Control batches alone make no second snapshot at the offset of the newest one: both would be one
// file, which the deletion of the older one removes.
func TestNoSecondSnapshotOfOneOffset(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	n.create("t0", 1)
	snapshot := func() {
		n.c.engine.set.snapshotBytes = 1
		n.c.engine.tick()
		n.wait("a snapshot", func() bool { return !n.c.engine.snapshots.busy && n.c.engine.snapshots.job == nil })
	}
	snapshot()
	n.close()
	n = openNode(t, fsys, o, n.now.Add(8*24*time.Hour)) // a new epoch: a LeaderChange and no record
	n.c.engine.set.retentionBytes, n.c.engine.set.retention = 1, 0
	snapshot()
	ids, _, err := listSnapshots(fsys, n.c.engine.dir)
	if err != nil || len(ids) == 0 {
		t.Errorf("snapshots %v, %v", ids, err)
	}
	n.now = n.now.Add(time.Second)
	n.close()
	n = openNode(t, fsys, o, n.now)
	if n.c.Image().Topics().Len() != 1 {
		t.Errorf("%d topics after the restart", n.c.Image().Topics().Len())
	}
}

// KnownDirectories passes over a damaged snapshot, as the start does.
func TestKnownDirectoriesWithADamagedSnapshot(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
	n.register()
	for i := range 3 {
		n.create(string(rune('a'+i)), 1)
		n.c.engine.snapshots.begin(n.c.engine)
		n.wait("a snapshot", func() bool { return !n.c.engine.snapshots.busy })
	}
	dir := n.c.engine.dir
	n.close()
	ids, _, err := listSnapshots(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ids[len(ids)-1].fileName())
	data, err := vfs.ReadFile(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := vfs.WriteFile(fsys, path, data); err != nil {
		t.Fatal(err)
	}
	if known, err := KnownDirectories(fsys, testDir, 1); err != nil || len(known) == 0 {
		t.Errorf("known %v, %v", known, err)
	}
}
