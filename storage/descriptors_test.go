package storage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// TestIdleFilesMakeWayWhenDescriptorsRunOut checks that the pool closes an idle file to open a
// needed one when no descriptor is free.
func TestIdleFilesMakeWayWhenDescriptorsRunOut(t *testing.T) {
	disk := vfs.NewMem()
	var open atomic.Int64
	const most = 4
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if !strings.HasSuffix(op.Path, segfile.LogSuffix) {
			return nil
		}
		switch op.Kind {
		case vfs.OpCreate, vfs.OpOpen:
			if open.Load() >= most {
				return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
			}
			open.Add(1)
		case vfs.OpClose:
			open.Add(-1)
		}
		return nil
	})
	pool := NewFilePool(100)
	var logs []*Log
	for i := range 3 * most {
		dir := PartitionDirName("topic", int32(i))
		if err := disk.MkdirAll(filepath.Dir(dir), vfs.DirPerm); err != nil {
			t.Fatal(err)
		}
		logs = append(logs, mustOpen(t, Options{FS: fs, Dir: dir, Topic: "topic", Partition: int32(i), Config: testConfig(), Logger: quiet, Pool: pool}))
	}
	for range 2 {
		for _, l := range logs {
			mustAppend(t, l, batchOf(t, 1, 10, 1))
			if err := l.Sync(l.LogEndOffset()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Files in use stay open. A read that needs one more gets the error of the file limit.
	var held []ReadResult
	for i, l := range logs {
		r, err := l.Read(0, ReadOptions{MaxBytes: 1000, Below: 1})
		if i < most && err != nil || i >= most && (!OutOfDescriptors(err) || errors.As(err, new(*StorageError))) {
			t.Errorf("read %d: %v", i, err)
		}
		held = append(held, r)
	}
	last := logs[len(logs)-1]
	end := last.LogEndOffset()
	_, err := last.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
	var failed *StorageError
	if !OutOfDescriptors(err) || errors.As(err, &failed) || last.LogEndOffset() != end {
		t.Errorf("append: %v, log end %d", err, last.LogEndOffset())
	}
	for i := range held {
		held[i].Slice.Close()
	}
	mustAppend(t, last, batchOf(t, 1, 10, 1))
}
