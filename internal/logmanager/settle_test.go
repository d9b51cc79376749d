package logmanager

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A deletion that found no file descriptor frees the disk in the end. A new log of the same name
// does not get into its way.
func TestDeletionWithoutDescriptorsIsRepeated(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		for _, again := range []bool{false, true} {
			var armed atomic.Bool
			mem := vfs.NewCrashableMem()
			fs := vfs.WithHook(mem, func(op vfs.Op) error {
				switch op.Kind {
				case vfs.OpOpen, vfs.OpCreate, vfs.OpSyncDir, vfs.OpReadDir, vfs.OpRename:
					if armed.Load() {
						return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
					}
				}
				return nil
			})
			m := open(t, fs, "/data")
			l := create(t, m, "t", 0, nil)
			fill(t, l, "k", "1")
			must(t, l.Sync(1))
			if damaged {
				m.Fail(l, storage.ErrCorruptLog)
			}
			armed.Store(true)
			err := m.Delete(l, nowMs)
			armed.Store(false)
			if again {
				create(t, m, "t", 0, nil)
			}
			for i := range int64(20) {
				m.Tick(nowMs + i*600_000)
			}
			names, _ := mem.ReadDir("/data")
			for _, e := range names {
				if e.IsDir() && !(again && e.Name() == "t-0") {
					t.Errorf("damaged %v, new log %v: Delete: %v; folder %s stays", damaged, again, err, e.Name())
				}
			}
			if l := m.Log("t", 0); again && (l == nil || l.LogEndOffset() != 0 || !vfs.Exists(mem, l.Dir())) {
				t.Errorf("damaged %v: the new log is gone or has the records of the deleted one", damaged)
			}
			m.Stop(false, 0)
		}
	}
}

// The folder of a deleted topic goes while a new topic of the same name is damaged. The recovery
// point of the new one stays: it tells which of its records were synced.
func TestDeletionKeepsTheCheckpointsOfADamagedNamesake(t *testing.T) {
	mem := vfs.NewMem()
	m := open(t, mem, "/data")
	must(t, m.Delete(create(t, m, "t", 0, nil), nowMs))
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2")
	must(t, l.Sync(2))
	m.CheckpointRecoveryPoints()
	m.Fail(l, storage.ErrCorruptLog)
	m.removeDeleted(m.dirs[0], nowMs+1<<40)
	if got := checkpointed(t, mem, "/data", storage.RecoveryPointCheckpoint)[l.TP]; got != 2 {
		t.Errorf("the recovery point is %d", got)
	}
	m.Stop(true, 1)
}

// A power cut tears a log. In the next run its folder cannot be opened, and that run ends cleanly.
// The run after it must recover the log: no clean-shutdown marker may say that it is whole.
func TestCleanShutdownMarkerLeavesOutNoDamagedLog(t *testing.T) {
	for seed := range uint64(40) {
		mem := vfs.NewCrashableMem()
		m := open(t, mem, "/data")
		l := create(t, m, "t", 0, storage.DefaultConfig())
		create(t, m, "u", 0, storage.DefaultConfig())
		fill(t, l, "k", "1", "2", "3")
		must(t, l.Sync(3))
		checkpointAll(m)
		fill(t, l, "k", fmt.Sprintf("%01000d", 4), fmt.Sprintf("%01000d", 5), fmt.Sprintf("%01000d", 6)) // not synced
		disk := mem.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: rand.New(rand.NewPCG(seed, 1))})
		path := "/data/t-0"
		var match atomic.Pointer[string]
		match.Store(&path)
		m = open(t, corrupt(disk, &match), "/data")
		if m.Log("t", 0) != nil || m.Log("u", 0) == nil {
			t.Fatal("t-0 is in service or u-0 is not")
		}
		m.Stop(true, 2)
		m = open(t, disk, "/data")
		l = m.Log("t", 0)
		for from := int64(0); from < l.LogEndOffset(); {
			r, err := l.Read(from, storage.ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
			if err != nil {
				t.Errorf("seed %d: read at %d of %d: %v", seed, from, l.LogEndOffset(), err)
				break
			}
			from = r.NextOffset
			r.Slice.Close()
		}
		m.Stop(false, 0)
	}
}

// A symbolic link moves a partition's folder, or a segment, to another file system. One syncfs of
// the log directory does not cover it, so it is synced on its own.
func TestGroupCommitCoversLogsOnOtherFileSystems(t *testing.T) {
	for _, linked := range []string{"t-0", "t-0/00000000000000000000.log"} {
		data := filepath.Join(t.TempDir(), "data")
		const n = fsFrom + 2
		m := open(t, vfs.OS(), data)
		for i := range int32(n) {
			fill(t, create(t, m, "t", i, nil), "k", "1")
		}
		m.Stop(true, 1)
		other := filepath.Join(t.TempDir(), "other")
		must(t, os.Rename(filepath.Join(data, linked), other))
		must(t, os.Symlink(other, filepath.Join(data, linked)))
		var synced []string
		fs := elsewhere{vfs.WithHook(vfs.OS(), func(op vfs.Op) error {
			if op.Kind == vfs.OpSync {
				synced = append(synced, op.Path)
			}
			return nil
		}), filepath.Join(data, linked)}
		m = open(t, fs, data)
		for _, stop := range []bool{false, true} {
			synced = nil
			ws := make([]waiter, n)
			for i := range int32(n) {
				l := m.Log("t", i)
				fill(t, l, "k", "2")
				if !stop {
					m.AwaitSync(l, l.LogEndOffset(), &ws[i])
				}
			}
			if stop {
				m.Stop(true, 1)
			} else {
				m.Commit()
			}
			log := 0
			for _, path := range synced {
				if strings.HasSuffix(path, "t-0/00000000000000000000.log") {
					log++
				}
			}
			if log == 0 {
				t.Errorf("%s leads to another file system; stop %v synced only %v", linked, stop, synced)
			}
		}
	}
}

// elsewhere is a file system in which one path leads to another file system.
type elsewhere struct {
	vfs.FS
	path string
}

func (e elsewhere) OpenMount(dir string) (vfs.Mount, error) {
	return elsewhereMount{path: e.path}, nil
}

type elsewhereMount struct {
	vfs.Mount
	path string
}

func (elsewhereMount) SyncFS() error                     { return nil }
func (m elsewhereMount) Holds(path string) (bool, error) { return path != m.path, nil }
func (elsewhereMount) Close() error                      { return nil }
