package storage

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// withoutDescriptors returns disk with calls that need a file descriptor failing with EMFILE while
// the result is set. A path must contain part.
func withoutDescriptors(disk vfs.FS, part string) (vfs.FS, *atomic.Bool) {
	var armed atomic.Bool
	return vfs.WithHook(disk, func(op vfs.Op) error {
		if !armed.Load() || !strings.Contains(op.Path, part) {
			return nil
		}
		switch op.Kind {
		case vfs.OpCreate, vfs.OpOpen, vfs.OpSyncDir, vfs.OpReadDir:
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	}), &armed
}

func memDisk(t *testing.T) *vfs.Mem {
	t.Helper()
	disk := vfs.NewCrashableMem()
	if err := disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	if err := syncMount(disk, ""); err != nil {
		t.Fatal(err)
	}
	return disk
}

// expectRetry fails the test unless err asks for a second try.
func expectRetry(t *testing.T, err error) {
	t.Helper()
	if Classify(err) != ClassRetry {
		t.Errorf("class %v: %v", Classify(err), err)
	}
}

// An append that cannot roll for lack of a descriptor is refused. The same append succeeds later,
// at the same offset.
func TestRollWithoutDescriptors(t *testing.T) {
	for _, suffix := range []string{segfile.IndexSuffix, segfile.TimeIndexSuffix, segfile.LogSuffix} {
		disk := memDisk(t)
		fs, armed := withoutDescriptors(disk, suffix)
		c := testConfig()
		c.SegmentBytes, c.IndexIntervalBytes = 400, 100
		o := testOptions(fs, c)
		l := mustOpen(t, o)
		refused, seq := 0, int32(0)
		for i := range 40 {
			end := l.LogEndOffset()
			armed.Store(i%2 == 1)
			b := keyed(t, record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: 7, Epoch: 0, Sequence: seq}}, "k=v")
			_, err := l.AppendAsLeader(b, AppendOptions{LeaderEpoch: int32(i), NowMs: 1000})
			if err != nil {
				refused++
				expectRetry(t, err)
				if l.LogEndOffset() != end {
					t.Fatalf("%s: the log ends at %d after a refused append at %d", suffix, l.LogEndOffset(), end)
				}
				continue
			}
			seq++
			l.pool.Sweep()
			l.pool.Sweep()
		}
		armed.Store(false)
		if refused == 0 {
			t.Errorf("%s: no append was refused", suffix)
		}
		mustAppend(t, l, batchOf(t, 1, 10, 1))
		if err := l.Close(true); err != nil {
			t.Fatal(err)
		}
		end := l.LogEndOffset()
		o.RecoveryPoint = 0
		if l = mustOpen(t, o); l.LogEndOffset() != end || int(end) != len(allBatches(t, l)) {
			t.Errorf("%s: end %d, want %d", suffix, l.LogEndOffset(), end)
		}
	}
}

// allBatches returns every batch of the log.
func allBatches(t *testing.T, l *Log) (out []record.Batch) {
	t.Helper()
	for b, err := range record.Batches(readAll(t, l, l.LogStartOffset(), 1<<20)) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// A sync that finds no descriptor left is due again. Nothing counts as synced in between.
func TestSyncWithoutDescriptors(t *testing.T) {
	for _, part := range []string{"", segfile.LogSuffix, segfile.IndexSuffix, producer.SnapshotSuffix, LeaderEpochCheckpoint, "topic-0"} {
		for _, half := range []bool{false, true} {
			disk := memDisk(t)
			fs, armed := withoutDescriptors(disk, part)
			c := testConfig()
			c.SegmentBytes = 400
			o := testOptions(fs, c)
			l := mustOpen(t, o)
			for range 20 {
				mustAppend(t, l, batchOf(t, 1, 50, 1))
			}
			l.pool.Shed()
			armed.Store(true)
			var err error
			if half {
				_, _, err = l.PrepareSync()
			} else {
				err = l.Sync(20)
				expectRetry(t, err)
			}
			if err != nil {
				expectRetry(t, err)
			}
			if l.RecoveryPoint() != 0 {
				t.Errorf("recovery point %d after a failed sync", l.RecoveryPoint())
			}
			armed.Store(false)
			mustAppend(t, l, batchOf(t, 1, 50, 1))
			if err := l.Sync(21); err != nil {
				t.Fatalf("%s: %v", part, err)
			}
			o.FS, o.RecoveryPoint = disk.CrashClone(vfs.CrashOptions{}), 21
			if l = mustOpen(t, o); l.LogEndOffset() != 21 {
				t.Errorf("%s: the log ends at %d after a power cut, 21 records were synced", part, l.LogEndOffset())
			}
		}
	}
}

// An index that must be read for an append, and cannot be for lack of a descriptor, delays the
// append.
func TestAppendReadsIndexWithoutDescriptors(t *testing.T) {
	fs, armed := withoutDescriptors(memDisk(t), segfile.IndexSuffix)
	c := testConfig()
	c.IndexIntervalBytes = 100
	l := mustOpen(t, testOptions(fs, c))
	for i := range 10 {
		mustAppend(t, l, batchOf(t, 1, 50, int64(1000+i)))
	}
	l.pool.Sweep()
	l.pool.Sweep()
	armed.Store(true)
	_, err := l.AppendAsLeader(batchOf(t, 1, 50, 2000), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
	expectRetry(t, err)
	armed.Store(false)
	mustAppend(t, l, batchOf(t, 1, 50, 2000))
	if to, found, err := l.MaxTimestampOffset(); err != nil || !found || to.Offset != 10 {
		t.Error(to, found, err)
	}
}

// Cleaning without a descriptor does not look like a failed disk, and can be done again.
func TestCleanWithoutDescriptors(t *testing.T) {
	image, _, end, _ := compactedImage(t)
	fs, armed := withoutDescriptors(image, "")
	o := compactOptions(image, end)
	o.FS = fs
	l := mustOpen(t, o)
	l.SetHighWatermark(end)
	want := committed(t, l)
	l.pool.Shed()
	armed.Store(true)
	_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
	expectRetry(t, err)
	armed.Store(false)
	if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
		t.Fatal(err)
	}
	if got := committed(t, l); len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
}

// A clean close without a descriptor is no clean close.
func TestCloseWithoutDescriptors(t *testing.T) {
	disk := memDisk(t)
	fs, armed := withoutDescriptors(disk, "")
	l := mustOpen(t, testOptions(fs, testConfig()))
	mustAppend(t, l, batchOf(t, 1, 50, 1))
	l.pool.Shed()
	armed.Store(true)
	expectRetry(t, l.Close(true))
}

// A roll at the base offset of an empty active segment does not disturb the sync that has this
// segment in its work.
func TestRollAtTheSameBaseOffsetBesideASync(t *testing.T) {
	disk := memDisk(t)
	o := testOptions(disk, testConfig())
	l := mustOpen(t, o)
	if err := l.Close(false); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, o) // recovery marks the empty segment as not synced
	l.maint.Lock()
	w, err := l.gatherSync()
	if err != nil || len(w.segments) != 1 {
		t.Fatal(w, err)
	}
	b := keyed(t, record.BuilderOptions{LeaderEpoch: 1, BaseOffset: 1 << 32}, "k=v")
	if _, err := l.AppendAsFollower(b, AnyEpoch, 1000); err != nil {
		t.Fatal(err)
	}
	if err := l.doSync(w); err != nil {
		t.Error(err)
	}
	l.SyncDone(w.upTo, w.gen)
	l.maint.Unlock()
	if err := l.Sync(l.LogEndOffset()); err != nil {
		t.Fatal(err)
	}
	o.FS, o.RecoveryPoint = disk.CrashClone(vfs.CrashOptions{}), l.RecoveryPoint()
	if got := mustOpen(t, o); got.LogEndOffset() != l.LogEndOffset() {
		t.Errorf("log ends at %d, want %d", got.LogEndOffset(), l.LogEndOffset())
	}
}

// withoutDescriptorsAfter is withoutDescriptors for every path. The first n calls succeed.
func withoutDescriptorsAfter(disk vfs.FS, n int) (vfs.FS, *atomic.Bool) {
	var armed atomic.Bool
	return vfs.WithHook(disk, func(op vfs.Op) error {
		if !armed.Load() {
			return nil
		}
		switch op.Kind {
		case vfs.OpCreate, vfs.OpOpen, vfs.OpSyncDir, vfs.OpReadDir:
			if n--; n < 0 {
				return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
			}
		}
		return nil
	}), &armed
}
