package logmanager

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A clean stop syncs a file system twice, and not the files and folders of each log, also when no
// log was ever synced.
func TestStopOfNewLogsSyncsNoLogOnItsOwn(t *testing.T) {
	var files, dirs, whole atomic.Int64
	var armed atomic.Bool
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if armed.Load() {
			switch op.Kind {
			case vfs.OpSync:
				files.Add(1)
			case vfs.OpSyncDir:
				dirs.Add(1)
			case vfs.OpSyncFS:
				whole.Add(1)
			}
		}
		return nil
	})
	m := open(t, fs, "/data")
	const n = 2000
	for i := range n {
		fill(t, create(t, m, fmt.Sprint("t", i), 0, nil), "k", "v")
	}
	armed.Store(true)
	m.Stop(true, 1)
	if files.Load()+dirs.Load() > 10 || whole.Load() != 2 {
		t.Errorf("%d syncs of files, %d of folders, %d of the file system", files.Load(), dirs.Load(), whole.Load())
	}
	m = open(t, fs, "/data")
	if l := m.Log("t7", 0); len(m.Logs()) != n || l.LogEndOffset() != 1 || l.RecoveryPoint() != 1 {
		t.Errorf("%d logs", len(m.Logs()))
	}
	m.Stop(false, 1)
}

// A power cut at any moment of a clean stop loses no synced record and no leader epoch below one,
// and leaves no log that looks as if it had lost its first segment.
func TestPowerCutDuringAStop(t *testing.T) {
	for n := 0; ; n++ {
		mem := vfs.NewCrashableMem()
		limit, ops := 1<<30, 0
		fs := vfs.NewErrorFS(mem, func(op vfs.Op) error {
			if !op.Mutates() {
				return nil
			}
			if ops++; ops > limit {
				return errors.New("power cut")
			}
			return nil
		})
		m := openOn(t, newHost(), fs, "/data")
		old := create(t, m, "old", 0, nil)
		for epoch := range int32(3) {
			must(t, old.AssignEpoch(epoch, old.LogEndOffset()))
			_, err := old.AppendAsLeader(batchOf(t, "v"), storage.AppendOptions{LeaderEpoch: epoch, NowMs: nowMs})
			must(t, err)
			must(t, old.Sync(int64(epoch)+1))
		}
		_, err := old.AppendAsLeader(batchOf(t, "v"), storage.AppendOptions{LeaderEpoch: 7, NowMs: nowMs})
		must(t, err)
		for i := range int32(3) {
			fill(t, create(t, m, "new", i, nil), "k", "v")
		}
		checkpointAll(m)
		ops, limit = 0, n
		m.Stop(true, 1)
		cuts := []vfs.CrashOptions{{}, {Keep: 1, Rand: rand.New(rand.NewPCG(uint64(n), 0))}}
		for i := range uint64(4) {
			cuts = append(cuts, vfs.CrashOptions{Keep: 0.5, Rand: rand.New(rand.NewPCG(uint64(n), i+1))})
		}
		for _, o := range cuts {
			x := openOn(t, newHost(), mem.CrashClone(o), "/data")
			l := x.Log("old", 0)
			if len(x.broken) > 0 || l == nil {
				t.Fatalf("power cut after %d changes, keep %v: damaged logs %v", n, o.Keep, x.broken)
			}
			if l.LogEndOffset() < 3 || len(l.Damage()) > 0 {
				t.Fatalf("power cut after %d changes, keep %v: the log ends at %d, damage %v", n, o.Keep, l.LogEndOffset(), l.Damage())
			}
			for offset := range int64(3) {
				if epoch, ok := l.EpochForOffset(offset); !ok || epoch != int32(offset) {
					t.Fatalf("power cut after %d changes, keep %v: offset %d is of epoch %d", n, o.Keep, offset, epoch)
				}
			}
			x.Stop(false, 1)
		}
		if ops <= limit {
			return
		}
	}
}
