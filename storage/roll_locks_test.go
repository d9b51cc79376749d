package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// rollHook returns a disk that calls during before each file of a segment is made, while armed is
// true.
func rollHook(disk vfs.FS, armed *bool, during func(op vfs.Op) error) vfs.FS {
	return vfs.WithHook(disk, func(op vfs.Op) error {
		_, suffix, ok := segfile.ParseOffsetName(filepath.Base(op.Path))
		if !*armed || op.Kind != vfs.OpCreate || !ok || suffix == ".snapshot" {
			return nil
		}
		*armed = false
		defer func() { *armed = true }()
		return during(op)
	})
}

// A group commit, readers and the maintenance of producers go on while a roll waits for the disk.
// Another append of the log waits. What the group commit has synced survives a power cut.
func TestNoSyncAndNoReaderWaitsForTheFilesOfARoll(t *testing.T) {
	disk := vfs.NewCrashableMem()
	check(t, disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm))
	check(t, syncMount(disk, ""))
	c := testConfig()
	c.SegmentBytes = 700
	var l *Log
	armed, files := false, 0
	o := testOptions(rollHook(disk, &armed, func(op vfs.Op) error {
		files++
		if l.appends.TryLock() {
			t.Errorf("another append could run during %v", op)
			l.appends.Unlock()
		}
		end := l.LogEndOffset()
		l.SetHighWatermark(end)
		l.RemoveExpiredProducers(1 << 50)
		if files%2 == 0 {
			check(t, l.Sync(end))
		} else {
			upTo, gen, err := l.PrepareSync()
			check(t, err)
			check(t, syncMount(disk, ""))
			l.SyncDone(upTo, gen)
		}
		if l.RecoveryPoint() != end {
			t.Errorf("recovery point %d, log end %d", l.RecoveryPoint(), end)
		}
		data := readAll(t, l, 0, 1000)
		o := testOptions(disk.CrashClone(vfs.CrashOptions{}), c)
		o.RecoveryPoint = end
		again := mustOpen(t, o)
		if got := readAll(t, again, 0, 1000); again.LogEndOffset() != end || !bytes.Equal(got, data) {
			t.Errorf("log end %d after a power cut during %v, want %d", again.LogEndOffset(), op, end)
		}
		return nil
	}), c)
	l = mustOpen(t, o)
	armed = true
	for i := range 30 {
		if info := mustAppend(t, l, idempotent(t, 7, int32(i))); info.FirstOffset != int64(i) || info.Duplicate {
			t.Fatal(info)
		}
		if p := l.Producers(); len(p) != 1 || p[0].LastSequence != int32(i) || p[0].LastOffset != int64(i) {
			t.Fatalf("append %d: producers %v", i, p)
		}
	}
	if files < 9 {
		t.Errorf("%d files were made", files)
	}
	files = 0
	check(t, l.Roll(1000))
	if files == 0 {
		t.Error("Roll made no file")
	}
}

// A log that fails while a roll makes its files takes no append, and keeps no file open.
func TestLogFailsDuringARoll(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 700
	var l *Log
	armed := false
	offline := errors.New("offline")
	o := testOptions(rollHook(memDisk(t), &armed, func(vfs.Op) error {
		l.Fail(offline)
		return nil
	}), c)
	l = mustOpen(t, o)
	for l.SegmentCount() < 3 {
		mustAppend(t, l, batchOf(t, 1, 10, 1))
	}
	armed = true
	var err error
	for err == nil {
		_, err = l.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
	}
	if !errors.Is(err, offline) || l.SegmentCount() != 3 {
		t.Errorf("%v, %d segments", err, l.SegmentCount())
	}
	_ = l.Close(false)
	if n := l.pool.OpenFiles(); n != 0 {
		t.Errorf("%d files are open", n)
	}
}

// A lack of file descriptors at any file of a roll leaves the log as it was, and the next append
// rolls.
func TestRollIsRepeatedAfterALackOfDescriptors(t *testing.T) {
	for at := range 3 {
		c := testConfig()
		c.SegmentBytes = 700
		armed, n := false, 0
		l := mustOpen(t, testOptions(rollHook(memDisk(t), &armed, func(op vfs.Op) error {
			if n++; n > at && n <= at+2 { // also the second try, after the pool has closed its files
				return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
			}
			return nil
		}), c))
		armed = true
		var refused error
		for range 30 {
			end := l.LogEndOffset()
			info, err := l.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
			if err != nil {
				if !OutOfDescriptors(err) || l.LogEndOffset() != end || l.SegmentCount() != 1 {
					t.Fatal(err)
				}
				refused = err
				info = mustAppend(t, l, batchOf(t, 1, 10, 1))
				if !info.Rolled {
					t.Error("the next append does not roll")
				}
			}
			if info.FirstOffset != end {
				t.Fatal(info)
			}
		}
		if refused == nil {
			t.Error("no append was refused")
		}
		readAll(t, l, 0, 1000)
	}
}
