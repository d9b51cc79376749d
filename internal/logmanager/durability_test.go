package logmanager

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The kernel reports lost writes once, so an error of the first syncfs counts.
func TestFirstSyncFSFails(t *testing.T) {
	calls := 0
	fs := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind != vfs.OpSyncFS {
			return nil
		}
		if calls++; calls == 1 {
			return errors.New("input/output error")
		}
		return nil
	})
	m := open(t, fs, "/a")
	var waiters [fsFrom]waiter
	for i := range waiters {
		l := create(t, m, "t", int32(i), nil)
		fill(t, l, "k", "1")
		if m.AwaitSync(l, 1, &waiters[i]) {
			t.Fatal("durable at once")
		}
	}
	m.Commit()
	for i := range waiters {
		if w := &waiters[i]; w.calls != 1 || w.err == nil {
			t.Errorf("waiter %d: %d calls, error %v", i, w.calls, w.err)
		}
	}
	if m.Dirs()[0].Err() == nil {
		t.Error("the directory stays online")
	}
}

// A checkpoint is on disk when the call returns, also when another call is just writing it.
func TestCheckpointWaitsForTheWriteUnderWay(t *testing.T) {
	writing, goOn := make(chan struct{}), make(chan struct{})
	first := true
	fs := hooked(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpRename && strings.HasSuffix(op.To, storage.LogStartOffsetCheckpoint) && first {
			first = false
			close(writing)
			<-goOn
		}
		return nil
	})
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2")
	if err := l.SetLogStartOffset(2); err != nil {
		t.Fatal(err)
	}
	go m.CheckpointStartOffsets(m.dirs...)
	<-writing
	if m.dirs[0].checkpoints.mu.TryLock() {
		t.Error("a second call returns before the checkpoint is on disk")
		m.dirs[0].checkpoints.mu.Unlock()
	}
	close(goOn)
	m.CheckpointStartOffsets(m.dirs...)
	if got := checkpointed(t, fs, "/a", storage.LogStartOffsetCheckpoint); got[l.TP] != 2 {
		t.Errorf("%v", got)
	}
}

// With a recovery point above a truncated log, a recovery trusts records that are appended later.
func TestTruncationLowersTheRecoveryPointOnDisk(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	for i, cut := range []func(*Log) error{
		func(l *Log) error { return l.TruncateTo(2) },
		func(l *Log) error { return l.TruncateFullyAndStartAt(1) },
	} {
		l := create(t, m, "t", int32(i), nil)
		fill(t, l, "k", "1", "2", "3", "4")
		if err := l.Sync(4); err != nil {
			t.Fatal(err)
		}
		m.CheckpointRecoveryPoints()
		if got := checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint)[l.TP]; got != 4 {
			t.Fatal(got)
		}
		if err := cut(l); err != nil {
			t.Fatal(err)
		}
		if got := checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint)[l.TP]; got > l.RecoveryPoint() {
			t.Errorf("recovery point %d on disk, the log ends at %d", got, l.LogEndOffset())
		}
	}
}

// A clock that is set back delays a periodic task by its interval at most.
func TestTickWhenTheClockIsSetBack(t *testing.T) {
	const hour = 3600_000
	fs := vfs.NewMem()
	c := defaultConfig()
	c.InitialTaskDelayMs = 0
	m, err := New(Options{FS: fs, Dirs: []string{"/a"}, Config: c, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	load(t, m)
	flushed := storage.DefaultConfig()
	flushed.FlushMs = 1000
	l := create(t, m, "t", 0, flushed)
	m.Tick(nowMs)
	m.Tick(nowMs + 1)
	fill(t, l, "k", "1")
	for at := int64(nowMs - hour); at < nowMs-hour+config.Default().Int64("log.flush.offset.checkpoint.interval.ms")+5000; at += 500 {
		m.Tick(at)
	}
	if l.Dirty() {
		t.Error("flush.ms is not kept")
	}
	if got := checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint)[l.TP]; got != 1 {
		t.Errorf("recovery point %d on disk", got)
	}
}

// Records that are appended after a truncation are not clean, although the offsets were clean
// before. Otherwise a compaction removes their tombstones and leaves the records that they delete.
func TestTruncationLowersTheCleanerCheckpoint(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2", "3")
	_, cuts := m.cleanerOffset(l)
	if err := m.setCleanerOffset(l, 3, cuts); err != nil {
		t.Fatal(err)
	}
	if err := l.TruncateTo(1); err != nil {
		t.Fatal(err)
	}
	clean := func() {
		t.Helper()
		onDisk, err := storage.ReadOffsetCheckpoint(fs, "/a/"+storage.CleanerOffsetCheckpoint)
		if at, _ := m.cleanerOffset(l); err != nil || at != 1 || onDisk[l.TP] != 1 {
			t.Fatalf("clean up to %d, on disk %v (%v), after truncation to 1", at, onDisk, err)
		}
	}
	clean()
	// A cleaning that had begun before ends after others have been appended.
	fill(t, l, "k", "4", "5", "6")
	if err := m.setCleanerOffset(l, 3, cuts); err != nil {
		t.Fatal(err)
	}
	clean()
}

// A truncation lowers the checkpoint files. The offsets of the last checkpoint are written again
// when the log reaches them again.
func TestOffsetsAreSavedAgainAfterATruncation(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	for i := range 40 {
		fill(t, l, fmt.Sprint("k", i), "v")
	}
	must(t, l.SetLogStartOffset(30))
	m.CheckpointStartOffsets(m.dirs...)
	if !m.StartOffsetSaved(l, 30) {
		t.Fatal("not saved")
	}
	must(t, l.TruncateTo(20)) // the leader's log is another one
	for i := range 20 {
		fill(t, l, fmt.Sprint("k", i), "w")
	}
	must(t, l.SetLogStartOffset(30))
	for range 3 {
		m.CheckpointStartOffsets(m.dirs...)
	}
	if !m.StartOffsetSaved(l, 30) {
		t.Errorf("log start %d, on disk %v: never saved", l.LogStartOffset(), checkpointed(t, fs, "/a", storage.LogStartOffsetCheckpoint))
	}
	must(t, l.Sync(40))
	m.CheckpointRecoveryPoints()
	must(t, l.TruncateTo(35))
	for i := range 5 {
		fill(t, l, fmt.Sprint("k", i), "w")
	}
	must(t, l.Sync(40))
	m.CheckpointRecoveryPoints()
	if got := checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint)[l.TP]; got != 40 {
		t.Errorf("recovery point 40, on disk %d", got)
	}
}
