package storage

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// poolOf opens n logs over one pool. ops returns which of their .log files were synced and closed
// since its last call. fail sets the error of every sync.
func poolOf(t *testing.T, maxOpen, n int) (pool *FilePool, logs []*Log, ops func() []string, fail func(error)) {
	t.Helper()
	var seen []string
	var failure error
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if strings.HasSuffix(op.Path, segfile.LogSuffix) && (op.Kind == vfs.OpSync || op.Kind == vfs.OpClose) {
			seen = append(seen, string(op.Kind)+" "+strings.SplitN(op.Path, "/", 2)[0])
		}
		if op.Kind == vfs.OpSync {
			return failure
		}
		return nil
	})
	pool = NewFilePool(maxOpen)
	for i := range n {
		dir := PartitionDirName("t", int32(i))
		logs = append(logs, mustOpen(t, Options{FS: fs, Dir: dir, Topic: "t", Partition: int32(i), Config: testConfig(), Logger: quiet, Pool: pool}))
	}
	ops = func() []string {
		defer func() { seen = nil }()
		return seen
	}
	ops()
	return pool, logs, ops, func(err error) { failure = err }
}

// The kernel reports a failed write-back to the handles that are open, and to handles that are
// opened while the inode is in memory. So the pool keeps files with unsynced writes open longest.
func TestFilesWithUnsyncedWritesAreClosedLast(t *testing.T) {
	_, logs, ops, _ := poolOf(t, 2, 4)
	mustAppend(t, logs[0], batchOf(t, 1, 10, 1))
	mustAppend(t, logs[1], batchOf(t, 1, 10, 1))
	if err := logs[1].Sync(1); err != nil {
		t.Fatal(err)
	}
	ops()
	mustAppend(t, logs[2], batchOf(t, 1, 10, 1))
	if got := ops(); !slices.Equal(got, []string{"close t-1"}) {
		t.Errorf("third file: %q", got)
	}
	// Nothing but unsynced ones: the bound holds all the same.
	mustAppend(t, logs[3], batchOf(t, 1, 10, 1))
	if got := ops(); len(got) != 1 || got[0] == "close t-3" {
		t.Errorf("fourth file: %q", got)
	}
}

func TestSweepSyncsBeforeItCloses(t *testing.T) {
	pool, logs, ops, fail := poolOf(t, 10, 3)
	for _, l := range logs {
		mustAppend(t, l, batchOf(t, 1, 10, 1))
	}
	if err := logs[0].Sync(1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := logs[1].PrepareSync(); err != nil { // the caller syncs the file system
		t.Fatal(err)
	}
	ops()
	fail(errors.New("write back failed"))
	for range 3 {
		pool.Sweep()
	}
	got := ops()
	slices.Sort(got)
	if !slices.Equal(got, []string{"close t-0", "close t-1", "close t-2", "sync t-2"}) {
		t.Errorf("%q", got)
	}
	for i, l := range logs {
		var failed *StorageError
		if _, err := l.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); errors.As(err, &failed) != (i == 2) {
			t.Errorf("append to %d: %v", i, err)
		}
	}
}

// Files that only answers hold count against the bound. When the pool is full, reads copy what they
// return, and every answer has its bytes until it is closed.
func TestAnswersInFlightCountAgainstTheBound(t *testing.T) {
	var open, most atomic.Int64
	fs := vfs.WithHook(memDisk(t), func(op vfs.Op) error {
		if !strings.HasSuffix(op.Path, segfile.LogSuffix) {
			return nil
		}
		switch op.Kind {
		case vfs.OpOpen, vfs.OpCreate:
			most.Store(max(most.Load(), open.Add(1)))
		case vfs.OpClose:
			open.Add(-1)
		}
		return nil
	})
	c := testConfig()
	c.SegmentBytes = 100
	l := mustOpen(t, testOptions(fs, c)) // the pool keeps 8
	for i := range 300 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	l.SetHighWatermark(300)
	var slices []Slice
	for i := range int64(300) {
		r, err := l.Read(i, ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: 300})
		if err != nil || r.FirstOffset != i || r.NextOffset != i+1 {
			t.Fatal(r, err)
		}
		slices = append(slices, r.Slice)
	}
	if most.Load() > 8+2 {
		t.Errorf("%d files were open, the bound is 8", most.Load())
	}
	for i := range slices {
		var out bytes.Buffer
		n, err := slices[i].WriteTo(&out)
		if err != nil || n != int64(slices[i].Size()) || record.Batch(out.Bytes()).BaseOffset() != int64(i) || record.Batch(out.Bytes()).Validate() != nil {
			t.Fatalf("slice %d: %d bytes, %v", i, n, err)
		}
		slices[i].Close()
	}
	l.pool.Shed()
	if n := l.pool.OpenFiles(); n != 0 || open.Load() != 0 {
		t.Errorf("%d files are counted as open, %d are", n, open.Load())
	}
}

// A copied answer is bounded, ends with a whole batch, and holds no file.
func TestCopiedAnswersAreBounded(t *testing.T) {
	pool, logs, _, _ := poolOf(t, 1, 2)
	mustAppend(t, logs[1], batchOf(t, 1, 10, 1))
	other, err := logs[1].Read(0, ReadOptions{MaxBytes: 1000, Below: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Slice.Close() // its file alone fills the pool
	l := logs[0]
	for range 6 {
		mustAppend(t, l, batchOf(t, 1, 20_000, 1))
	}
	for _, size := range []int{1, 30_000, 1 << 20} {
		r, err := l.Read(1, ReadOptions{MaxBytes: size, MinOneBatch: true, Below: 6})
		if err != nil || r.Slice.Size() == 0 || r.Slice.Size() > maxCopy {
			t.Fatalf("%d bytes, %v", r.Slice.Size(), err)
		}
		pool.files.Shed()
		if n := pool.OpenFiles(); n != 1 {
			t.Errorf("%d files are open", n)
		}
		b, err := r.Slice.ReadInto(nil)
		if err != nil || lastBatch(b).NextOffset() != r.NextOffset {
			t.Errorf("next offset %d: %v", r.NextOffset, err)
		}
	}
}
