package logmanager

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A group commit does not wait for the unlink of an old segment, of another partition or of its
// own.
func TestCommitDoesNotWaitForUnlinks(t *testing.T) {
	disk := vfs.NewMem()
	unlinking, goOn := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if op.Kind == vfs.OpRemove && strings.HasSuffix(op.Path, ".log.deleted") && armed.CompareAndSwap(true, false) {
			close(unlinking)
			<-goOn
		}
		return nil
	})
	m := open(t, fs, "/data")
	c := storage.DefaultConfig()
	c.SegmentBytes, c.RetentionBytes, c.FileDeleteDelayMs = 300, 300, 0
	a, b := create(t, m, "a", 0, c), create(t, m, "b", 0, nil)
	fill(t, a, "k", make([]string, 30)...)
	if n, _, err := a.DeleteOldSegments(nowMs); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	fill(t, a, "k", "x")
	fill(t, b, "k", "x")
	armed.Store(true)
	deleted := make(chan error, 1)
	go func() { _, err := a.DeleteFiles(nowMs + 1); deleted <- err }()
	<-unlinking
	wa, wb := &waiter{}, &waiter{}
	m.AwaitSync(a, a.LogEndOffset(), wa)
	m.AwaitSync(b, b.LogEndOffset(), wb)
	m.Commit() // would wait for ever
	if wa.calls != 1 || wa.err != nil || wb.calls != 1 || wb.err != nil {
		t.Errorf("%+v %+v", wa, wb)
	}
	close(goOn)
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
}

// noFiles is a file system on which no file can be opened while it is armed.
func noFiles(fs vfs.FS) (vfs.FS, *atomic.Bool) {
	var armed atomic.Bool
	return vfs.WithHook(fs, func(op vfs.Op) error {
		switch op.Kind {
		case vfs.OpOpen, vfs.OpCreate, vfs.OpReadDir, vfs.OpSyncDir:
			if armed.Load() {
				return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
			}
		}
		return nil
	}), &armed
}

// A commit without file descriptors is repeated until it succeeds. Its requests get no error.
func TestCommitIsRepeatedWhenThereAreNoDescriptors(t *testing.T) {
	for _, logs := range []int{1, 2 * fsFrom} {
		t.Run(fmt.Sprint(logs, " logs"), func(t *testing.T) {
			fs, armed := noFiles(vfs.NewMem())
			h := newHost()
			m := openOn(t, h, fs, "/data")
			m.Run()
			waiters := make([]waiter, logs)
			for i := range logs {
				c := storage.DefaultConfig()
				c.SegmentBytes = 200
				fill(t, create(t, m, "t", int32(i), c), "k", make([]string, 10)...) // several segments to sync
			}
			closeFiles(m)
			armed.Store(true)
			for i, l := range m.Logs() {
				m.AwaitSync(l, 10, &waiters[i])
			}
			h.advance(3 * time.Second)
			for i := range waiters {
				if waiters[i].calls != 0 {
					t.Fatalf("waiter %d has an answer, error %v", i, waiters[i].err)
				}
			}
			armed.Store(false)
			h.advance(time.Second)
			for i := range waiters {
				if w := &waiters[i]; w.calls != 1 || w.err != nil {
					t.Errorf("waiter %d: %d calls, error %v", i, w.calls, w.err)
				}
			}
			if err := m.Dirs()[0].Err(); err != nil {
				t.Error(err)
			}
			m.Stop(true, 0)
		})
	}
}

// closeFiles makes the pool close every file that is not in use.
func closeFiles(m *Manager) {
	for range 4 {
		m.pool.Sweep()
	}
}

// A stop answers the requests that wait for a sync which cannot be done.
func TestStopAnswersWhatCannotBeSynced(t *testing.T) {
	fs, armed := noFiles(vfs.NewMem())
	m := openOn(t, newHost(), fs, "/data")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "v")
	w := &waiter{}
	m.AwaitSync(l, 1, w)
	closeFiles(m)
	armed.Store(true)
	m.Stop(true, 1)
	armed.Store(false)
	if w.calls != 1 || w.err == nil {
		t.Errorf("%+v", w)
	}
	if _, ok, _ := storage.ReadCleanShutdown(fs, "/data"); ok {
		t.Error("a log could not be closed, and its directory has the marker of a clean stop")
	}
	if l = open(t, fs, "/data").Log("t", 0); l == nil || l.LogEndOffset() != 1 {
		t.Error("the log is not opened again")
	}
}

// The committer, the flusher and the cleaner need no goroutine of their own.
func TestOneGoroutineRunsEverything(t *testing.T) {
	h := newHost()
	m := openOn(t, h, vfs.NewMem(), "/data")
	m.Run()
	c := storage.DefaultConfig()
	c.SegmentBytes, c.CleanupPolicy = 300, storage.CleanupCompact
	l := create(t, m, "t", 0, c)
	fill(t, l, "k", make([]string, 40)...)
	w := &waiter{}
	m.AwaitSync(l, 40, w)
	h.run()
	if w.calls != 1 || w.err != nil {
		t.Errorf("commit: %+v", w)
	}
	fill(t, l, "k", "1")
	m.FlushSoon(l, 41)
	h.run()
	if l.RecoveryPoint() != 41 {
		t.Errorf("flush: the recovery point is %d", l.RecoveryPoint())
	}
	h.advance(time.Minute)
	if got, _ := m.cleanerOffset(l); got <= 0 {
		t.Errorf("compaction: the cleaner offset is %d", got)
	}
	m.Stop(true, 0)
	if len(h.queue) != 0 {
		t.Errorf("%d functions run after the stop", len(h.queue))
	}
}

// Requests that arrive during the sync of a group form the next group.
func TestRequestsDuringASyncFormTheNextGroup(t *testing.T) {
	var m *Manager
	var l *Log
	first, second := &waiter{}, &waiter{}
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpSync && strings.HasSuffix(op.Path, ".log") && second != nil && l != nil {
			w := second
			second = nil
			fill(t, l, "k", "2")
			m.AwaitSync(l, 2, w)
		}
		return nil
	})
	h := newHost()
	m = openOn(t, h, fs, "/data")
	m.Run()
	l = create(t, m, "t", 0, nil)
	fill(t, l, "k", "1")
	w := second
	m.AwaitSync(l, 1, first)
	h.run()
	if first.calls != 1 || w.calls != 1 || first.err != nil || w.err != nil || l.RecoveryPoint() != 2 {
		t.Errorf("%+v %+v, recovery point %d", first, w, l.RecoveryPoint())
	}
	m.Stop(true, 0)
}

// A group over two directories loses one of them: only its requests fail.
func TestCommitOverTwoDirectories(t *testing.T) {
	var armed atomic.Bool
	fs := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if armed.Load() && op.Kind == vfs.OpSync && strings.HasPrefix(op.Path, "/b/") {
			return errors.New("input/output error")
		}
		return nil
	})
	m := open(t, fs, "/a", "/b")
	waiters := map[*Log]*waiter{}
	for i := range int32(4) {
		l := create(t, m, "t", i, nil)
		fill(t, l, "k", "v")
		waiters[l] = &waiter{}
		m.AwaitSync(l, 1, waiters[l])
	}
	armed.Store(true)
	for _, d := range m.dirs {
		d.commit.costs.eachNs, d.commit.costs.fsNs = 1, 1000 // one sync for each log
	}
	if n := m.Commit(); n != 4 {
		t.Errorf("%d requests in the group", n)
	}
	for l, w := range waiters {
		failed := l.LogDir().Path() == "/b"
		if w.calls != 1 || (w.err != nil) != failed || failed && !errors.Is(w.err, ErrOffline) {
			t.Errorf("%s: %+v", filepath.Base(l.Dir()), w)
		}
	}
	if len(m.Logs()) != 2 || m.Dirs()[0].Err() != nil {
		t.Errorf("%d logs are left", len(m.Logs()))
	}
}

// A clean stop syncs a directory once, and not each of its logs.
func TestStopSyncsADirectoryOnce(t *testing.T) {
	syncs, armed := 0, false
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if armed && op.Kind == vfs.OpSync {
			syncs++
		}
		return nil
	})
	for life := range 2 {
		m := openOn(t, newHost(), fs, "/data")
		for i := range int32(50) {
			fill(t, create(t, m, "t", i, nil), "k", "v")
		}
		if life == 0 {
			must(t, m.Logs()[0].Sync(1)) // the first sync of a log writes its leader epochs
		}
		armed = life == 1
		m.Stop(true, 1)
	}
	if syncs > 4 {
		t.Errorf("%d files were synced, want the checkpoints and the marker only", syncs)
	}
	m := open(t, fs, "/data")
	if l := m.Log("t", 49); len(m.Logs()) != 50 || l.LogEndOffset() != 2 || l.RecoveryPoint() != 2 {
		t.Errorf("%d logs", len(m.Logs()))
	}
}
