package storage

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// TestIdlePartitions opens many stopped partitions on real files, each with some data: it must
// be quick, hold no file open after the pool's sweeps, and cost little memory. GREGOR_PARTITIONS
// sets how many; the bar is 10,000 in 5 s and 32 KiB each (the bounds here are looser in time,
// for busy machines, and tighter in memory).
func TestIdlePartitions(t *testing.T) {
	n := 500
	if v, err := strconv.Atoi(os.Getenv("GREGOR_PARTITIONS")); err == nil {
		n = v
	}
	root := t.TempDir()
	pool := NewFilePool(64)
	c := testConfig()
	options := func(i int, clean bool) Options {
		recoveryPoint := int64(0)
		if clean {
			recoveryPoint = 6
		}
		return Options{FS: vfs.OS(), Dir: filepath.Join(root, PartitionDirName("idle", int32(i))), Topic: "idle",
			Partition: int32(i), Config: c, Pool: pool, Logger: quiet, NowMs: 1000, CleanShutdown: clean, RecoveryPoint: recoveryPoint}
	}
	b := batchOf(t, 3, 100, 1)
	began := time.Now()
	for i := range n {
		l := mustOpen(t, options(i, false))
		for range 2 {
			b.SetBaseOffset(0)
			mustAppend(t, l, b)
		}
		if _, _, err := l.PrepareClose(); err != nil { // no disk is waited for: this is not about syncs
			t.Fatal(err)
		}
		if err := l.Close(false); err != nil {
			t.Fatal(err)
		}
	}
	made := time.Since(began)
	before := heap()
	logs := make([]*Log, n)
	began = time.Now()
	for i := range n {
		logs[i] = mustOpen(t, options(i, true))
	}
	took := time.Since(began)
	pool.Sweep()
	pool.Sweep()
	each := int64(heap()-before) / int64(n)
	t.Logf("%d partitions: made in %v, opened in %v, %v and %d bytes of heap each, %d files open", n, made, took, took/time.Duration(n), each, pool.OpenFiles())
	if pool.OpenFiles() != 0 {
		t.Errorf("%d files open", pool.OpenFiles())
	}
	if each > 4096 {
		t.Errorf("%d bytes of heap per idle partition", each)
	}
	if took > time.Duration(n)*5*time.Millisecond {
		t.Errorf("opened in %v", took)
	}
	for _, l := range logs {
		if l.LogEndOffset() != 6 {
			t.Fatalf("end %d", l.LogEndOffset())
		}
	}
	runtime.KeepAlive(logs)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
