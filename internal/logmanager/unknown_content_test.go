package logmanager

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// lastStepFails is a file system on which the next sync of /a lacks a descriptor while armed is
// set: the last step of the write of a checkpoint file, which has its new content then.
func lastStepFails(fsys vfs.FS, armed *bool) vfs.FS {
	tries := 0
	return vfs.WithHook(fsys, func(op vfs.Op) error {
		if *armed && op.Kind == vfs.OpSyncDir && op.Path == "/a" {
			tries++
			*armed = tries%2 > 0 // the second try comes after the pool has closed idle files
			return syscall.EMFILE
		}
		return nil
	})
}

// refused is a log of 100 synced records in /a whose directory lacks a descriptor on demand.
type refused struct {
	mem   *vfs.Mem
	armed bool
	m     *Manager
	l     *Log
}

func newRefused(t *testing.T) *refused {
	t.Helper()
	r := &refused{mem: vfs.NewMem()}
	r.m = open(t, lastStepFails(r.mem, &r.armed), "/a")
	r.l = create(t, r.m, "t", 0, storage.DefaultConfig())
	recordAll(r.m)
	for i := range 100 {
		fill(t, r.l, fmt.Sprint("k", i), "v")
	}
	must(t, r.l.Sync(100))
	return r
}

// deleteRecords is DeleteRecords below at.
func (r *refused) deleteRecords(t *testing.T, at int64) {
	t.Helper()
	must(t, r.l.SetLogStartOffset(at))
	r.m.CheckpointStartOffsets(r.m.dirs[0])
}

// A checkpoint file may have its new content in spite of an error. A topic that is deleted and made
// again has none of the entries of the first one.
func TestNewTopicAfterACheckpointThatMayBeWritten(t *testing.T) {
	r := newRefused(t)
	r.armed = true
	r.deleteRecords(t, 80)
	if r.m.StartOffsetSaved(r.l, 80) {
		t.Error("DeleteRecords is answered without an error")
	}
	must(t, r.m.Delete(r.l, nowMs))
	r.m.removeDeleted(r.m.dirs[0], nowMs+1<<40)
	l, err := r.m.Create(CreateOptions{Topic: "t", TopicID: otherID, Config: storage.DefaultConfig(), NowMs: nowMs})
	must(t, err)
	recordAll(r.m)
	for i := range 50 {
		fill(t, l, fmt.Sprint("k", i), "new")
	}
	must(t, l.Sync(50))
	r.m.Stop(false, 1)
	m := topics{"t": otherID}.start(t, r.mem, "/a")
	if l := m.Log("t", 0); l.LogStartOffset() != 0 || l.LogEndOffset() != 50 {
		t.Errorf("the log is [%d, %d), damage %+v", l.LogStartOffset(), l.LogEndOffset(), l.Damage())
	}
	m.Stop(true, 1)
}

// A truncation brings an entry down that a failed write may have raised, also when its own write
// lacks a descriptor.
func TestTruncationAfterACheckpointThatMayBeWritten(t *testing.T) {
	r := newRefused(t)
	r.armed = true
	r.deleteRecords(t, 80)
	must(t, r.l.TruncateTo(30))
	if at := onDisk(t, r.mem, "/a", r.l.TP); at[startOffsets] > 30 {
		t.Errorf("entries %v, the log ends at 30", at)
	}
	r.m.Stop(false, 1)

	r = newRefused(t)
	checkpointAll(r.m)
	r.armed = true
	if err := r.l.TruncateTo(30); storage.Classify(err) != storage.ClassRetry {
		t.Fatal(err)
	}
	must(t, r.l.Sync(30))
	r.m.CheckpointRecoveryPoints()
	if at := onDisk(t, r.mem, "/a", r.l.TP); at[recoveryPoints] != 30 {
		t.Errorf("entries %v, the log ends at 30", at)
	}
	r.m.Stop(false, 1)
}

// DeleteRecords is answered when the file is known to have the log start offset.
func TestDeleteRecordsAfterACheckpointThatMayBeWritten(t *testing.T) {
	r := newRefused(t)
	r.deleteRecords(t, 20)
	r.armed = true
	must(t, r.m.forget(r.m.dirs[0], storage.TopicPartition{Topic: "gone"}))
	if !r.armed {
		t.Fatal("a file without the entry was written")
	}
	r.deleteRecords(t, 40)
	if r.m.StartOffsetSaved(r.l, 20) {
		t.Error("the content of the file is taken for known")
	}
	r.m.CheckpointStartOffsets(r.m.dirs[0])
	if !r.m.StartOffsetSaved(r.l, 40) {
		t.Error("the next write changes nothing")
	}
	r.m.Stop(false, 1)
}

// The process ends between the rename of a checkpoint file and the sync of its name. What the next
// start reads stays at a later power cut.
func TestContentThatAStartHasReadStays(t *testing.T) {
	mem := vfs.NewCrashableMem()
	killed := false
	m := open(t, vfs.WithHook(mem, func(op vfs.Op) error {
		if killed && op.Kind == vfs.OpSyncDir {
			return syscall.EIO
		}
		return nil
	}), "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	recordAll(m)
	fill(t, l, "k", strings.Split(strings.Repeat("v", 100), "")...)
	must(t, l.Sync(100))
	must(t, l.SetLogStartOffset(80))
	checkpointAll(m)
	must(t, m.Delete(l, nowMs))
	killed = true
	m.removeDeleted(m.dirs[0], nowMs+1<<40) // writes a file without the entry
	m.Stop(false, 1)
	if at := onDisk(t, mem, "/a", l.TP); at[recoveryPoints] != 0 {
		t.Fatalf("entries %v", at)
	}

	m = topics{"t": otherID}.start(t, mem, "/a")
	if at := onDisk(t, mem.CrashClone(vfs.CrashOptions{}), "/a", l.TP); at[recoveryPoints] != 0 {
		t.Errorf("after a power cut the entries of the deleted topic are back: %v", at)
	}
	m.Stop(true, 1)
}

// The name of a new folder is on disk before its entry is, also when a checkpoint is written
// between the two steps of its creation.
func TestNoEntryComesBeforeItsFolder(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var m *Manager
	var x *Log
	armed, cutting := false, false
	hooked := vfs.WithHook(mem, func(op vfs.Op) error {
		if armed && op.Kind == vfs.OpMkdir && strings.HasSuffix(op.Path, "new-0") {
			armed = false
			x.SetHighWatermark(x.LogEndOffset())
			m.CheckpointHighWatermarks()
		}
		if cutting && op.Kind == vfs.OpRename && strings.HasSuffix(op.Path, ".tmp") {
			disk := mem.CrashClone(vfs.CrashOptions{})
			if !vfs.Exists(disk, "/a/new-0") {
				t.Error("the folder is not on disk when its entry gets there")
			}
		}
		return nil
	})
	m = open(t, hooked, "/a")
	x = create(t, m, "x", 0, storage.DefaultConfig())
	recordAll(m)
	fill(t, x, "k", "v")
	armed = true
	create(t, m, "new", 0, storage.DefaultConfig())
	cutting = true
	recordAll(m)
	m.Stop(false, 1)
}

// leader-epoch-checkpoint gets its first content by a write with an error. DeleteRecords then
// removes all records, and they stay deleted after a clean stop.
func TestDeleteRecordsAfterEpochsThatMayBeWritten(t *testing.T) {
	mem := vfs.NewMem()
	lacks, done := false, false
	m := open(t, vfs.WithHook(mem, func(op vfs.Op) error {
		lacks = lacks || !done && op.Kind == vfs.OpRename && filepath.Base(op.To) == storage.LeaderEpochCheckpoint
		if lacks && op.Kind == vfs.OpSyncDir {
			return syscall.EMFILE
		}
		return nil
	}), "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	recordAll(m)
	must(t, l.AssignEpoch(0, 0))
	fill(t, l, "k", make([]string, 5)...)
	if err := l.Sync(5); storage.Classify(err) != storage.ClassRetry {
		t.Fatal(err)
	}
	lacks, done = false, true
	must(t, l.SetLogStartOffset(5))
	m.CheckpointStartOffsets(m.dirs[0])
	must(t, l.Sync(5))
	m.Stop(true, 1)
	m = open(t, mem, "/a")
	if l := m.Log("t", 0); l.LogStartOffset() != 5 || len(l.DamagedFiles()) > 0 {
		t.Errorf("the log is [%d, %d), damaged files %v", l.LogStartOffset(), l.LogEndOffset(), l.DamagedFiles())
	}
	m.Stop(true, 1)
}
