package storage

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// poolOf opens n logs over one pool, and tells which of their .log files were synced and closed since it was last asked.
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

// The kernel tells those who hold a file open, and whoever opens it before it leaves memory, that it failed to write it out.
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
	if _, _, err := logs[1].PrepareSync(); err != nil { // its file system's sync is for who called it
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
