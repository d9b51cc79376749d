package logmanager

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// deletedBelow5 makes a log of 40 synced records whose first five are deleted, all on disk.
func deletedBelow5(t *testing.T, m *Manager, partition int32) *Log {
	t.Helper()
	l := create(t, m, "t", partition, storage.DefaultConfig())
	for i := range 40 {
		fill(t, l, fmt.Sprint("k", i), "v")
	}
	must(t, l.Sync(40))
	must(t, l.SetLogStartOffset(5))
	checkpointAll(m)
	return l
}

// damageBatch10 changes one byte of a batch in a log of count batches.
func damageBatch10(t *testing.T, fsys vfs.FS, folder string, count int) {
	t.Helper()
	path := logFiles(t, fsys, folder)[0]
	data, err := vfs.ReadFile(fsys, path)
	must(t, err)
	f, err := fsys.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{0xff}, int64(len(data)/count*10+65))
	must(t, err)
	must(t, f.Close())
}

func onDisk(t *testing.T, fsys vfs.FS, dir string, tp storage.TopicPartition) (all logOffsets) {
	t.Helper()
	for k := range checkpointKinds {
		all[k] = checkpointed(t, fsys, dir, k.name())[tp]
	}
	return all
}

// Whatever writes a checkpoint file when the directory fails, as while an earlier write hangs on
// the disk, leaves the entries of its logs: the next start tells damage from a torn write by them.
func TestEntriesOfADirectoryThatFailsStay(t *testing.T) {
	for name, write := range map[string]func(m *Manager, l *Log, d *Dir) error{
		"recovery points": func(m *Manager, _ *Log, d *Dir) error { return m.writeOffsets(d, recoveryPoints) },
		"start offsets":   func(m *Manager, _ *Log, d *Dir) error { return m.writeOffsets(d, startOffsets) },
		"high watermarks": func(m *Manager, _ *Log, d *Dir) error { return m.writeOffsets(d, highWatermarks) },
		"removal of the folder of a deleted topic of the same name": func(m *Manager, l *Log, d *Dir) error {
			return m.forget(d, l.TP)
		},
		"truncation": func(_ *Manager, l *Log, _ *Dir) error {
			l.gone.Store(false)
			return l.lowerCheckpoints(3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			formatted(t, fsys, "/a", "/b")
			m := open(t, fsys, "/a", "/b")
			deletedBelow5(t, m, 0)
			l := deletedBelow5(t, m, 1)
			d := l.dir
			fill(t, l, "k", "v")
			before := onDisk(t, fsys, d.path, l.TP)
			m.Fail(l, &storage.StorageError{Op: "sync", Dir: l.Dir(), Err: syscall.ENOSPC})
			if err := write(m, l, d); err == nil {
				t.Error("a directory that is offline was written to")
			}
			if after := onDisk(t, fsys, d.path, l.TP); after != before {
				t.Errorf("entries %v, want %v", after, before)
			}
			m.Stop(true, 1)

			// The disk has space again, and a byte of a synced batch has changed.
			damageBatch10(t, fsys, filepath.Join(d.path, "t-1"), 41)
			m = open(t, fsys, "/a", "/b")
			if l := m.Log("t", 1); l.LogStartOffset() != 5 || l.LogEndOffset() != 41 {
				t.Errorf("after the restart the log is [%d, %d), damage %+v", l.LogStartOffset(), l.LogEndOffset(), l.Damage())
			}
			m.Stop(true, 1)
		})
	}
}

// A log that fails while checkpoint files are written keeps its entries in all of them.
func TestEntriesOfALogThatFailsStay(t *testing.T) {
	fsys := vfs.NewMem()
	var m *Manager
	var l *Log
	var failed chan bool
	m = open(t, vfs.WithHook(fsys, func(op vfs.Op) error {
		// The caller is a writer and holds the lock of the files.
		if failed != nil || l == nil || op.Kind != vfs.OpSync || filepath.Dir(op.Path) != "/a" {
			return nil
		}
		failed = make(chan bool)
		go func() { defer close(failed); m.Fail(l, fmt.Errorf("read: %w", storage.ErrCorruptLog)) }()
		for began := time.Now(); time.Since(began) < 50*time.Millisecond && m.Log("t", 0) != nil; {
			runtime.Gosched()
		}
		if m.Log("t", 0) == nil && !m.dirs[0].checkpoints.keep[l.TP] {
			t.Error("the log is out of service, and the next checkpoint has no entry for it")
		}
		return nil
	}), "/a")
	made := deletedBelow5(t, m, 0)
	before := onDisk(t, fsys, "/a", made.TP)
	other := create(t, m, "u", 0, storage.DefaultConfig())
	damageBatch10(t, fsys, made.Dir(), 40)
	fill(t, other, "k", "v")
	must(t, other.Sync(1))
	l = made
	checkpointAll(m)
	<-failed
	must(t, other.SetLogStartOffset(1))
	fill(t, other, "k", "v")
	must(t, other.Sync(2))
	checkpointAll(m)
	if after := onDisk(t, fsys, "/a", made.TP); after != before {
		t.Errorf("entries %v, want %v", after, before)
	}
	m.Stop(true, 1)
	m = open(t, fsys, "/a")
	if l := m.Log("t", 0); l.LogStartOffset() != 5 || l.LogEndOffset() != 40 {
		t.Errorf("after the restart the log is [%d, %d), damage %+v", l.LogStartOffset(), l.LogEndOffset(), l.Damage())
	}
	m.Stop(true, 1)
}
