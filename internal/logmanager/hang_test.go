package logmanager

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// answers is a Waiter for another goroutine.
type answers chan error

func (a answers) Synced(err error) { a <- err }

// hangingDisk is a manager over /a and /b. Changes of files in /b hang while it is on.
type hangingDisk struct {
	m    *Manager
	a, b *Log
	on   atomic.Bool
	hung chan struct{}
	over chan struct{}
}

// newHangingDisk makes the logs a and b in the directories of their names.
func newHangingDisk(t *testing.T, c *storage.Config) *hangingDisk {
	h := &hangingDisk{hung: make(chan struct{}, 1000), over: make(chan struct{})}
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if h.on.Load() && strings.HasPrefix(op.Path, "/b") && op.Mutates() {
			h.hung <- struct{}{}
			<-h.over
		}
		return nil
	})
	h.m = open(t, fs, "/a", "/b")
	h.m.Run()
	for h.a == nil || h.b == nil {
		l := create(t, h.m, "t", int32(len(h.m.Logs())), c)
		if l.LogDir().Path() == "/a" {
			h.a = l
		} else {
			h.b = l
		}
	}
	for _, l := range []*Log{h.a, h.b} {
		fill(t, l, "k", make([]string, 50)...)
	}
	t.Cleanup(func() {
		h.on.Store(false)
		close(h.over)
		h.m.Stop(false, 1)
	})
	return h
}

// await waits for something that happens in another goroutine.
func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !happened(); {
		if time.Now().After(end) {
			t.Fatalf("%s does not happen while the disk of the other directory hangs", what)
		}
		runtime.Gosched()
	}
}

// A disk that hangs in a sync stops the acknowledgements of its own directory only.
func TestHangingDiskStopsNoOtherCommit(t *testing.T) {
	h := newHangingDisk(t, storage.DefaultConfig())
	h.on.Store(true)
	wa, wb := make(answers, 1), make(answers, 1)
	if h.m.AwaitSync(h.b, h.b.LogEndOffset(), wb) {
		t.Fatal("durable already")
	}
	<-h.hung // the committer of /b is in its sync
	h.m.AwaitSync(h.a, h.a.LogEndOffset(), wa)
	await(t, "the commit", func() bool { return len(wa) == 1 })
	must(t, <-wa)
	if len(wb) > 0 {
		t.Error("a sync that hangs is answered")
	}
}

// Nor does it stop the flusher, retention, flush.ms, the deletion of files, or the checkpoints.
func TestHangingDiskStopsNoOtherWork(t *testing.T) {
	c := smallSegments()
	c.FlushMs, c.FileDeleteDelayMs, c.RetentionBytes = 1000, 1000, 600
	h := newHangingDisk(t, c)
	m, fs := h.m, h.m.opts.FS
	h.on.Store(true)
	m.FlushSoon(h.b, 50)
	<-h.hung
	m.FlushSoon(h.a, 50)
	await(t, "the flush", func() bool { return h.a.RecoveryPoint() == 50 })

	fill(t, h.a, "k", "v")
	m.Tick(nowMs)
	await(t, "the first step", func() bool { return !h.a.Dirty() })
	fill(t, h.a, "k", "v")
	m.Tick(nowMs + 100_000)
	await(t, "flush.ms", func() bool { return !h.a.Dirty() })
	await(t, "the checkpoint", func() bool {
		return checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint)[h.a.TP] >= 50 &&
			checkpointed(t, fs, "/a", storage.ReplicationOffsetCheckpoint)[h.a.TP] >= 50
	})
	await(t, "retention", func() bool { return h.a.LogStartOffset() > 0 })
	m.Tick(nowMs + 200_000)
	await(t, "the deletion of files", func() bool { return !h.a.PendingDeletes() })
}

// DeleteRecords waits for the checkpoint of its own directory.
func TestHangingDiskStopsNoOtherStartOffset(t *testing.T) {
	h := newHangingDisk(t, storage.DefaultConfig())
	for _, l := range []*Log{h.a, h.b} {
		must(t, l.SetLogStartOffset(10))
	}
	h.on.Store(true)
	go h.m.CheckpointStartOffsets(h.b.LogDir())
	<-h.hung
	h.m.CheckpointStartOffsets(h.a.LogDir())
	if !h.m.StartOffsetSaved(h.a, 10) {
		t.Error("the start offset is not on disk")
	}
}
