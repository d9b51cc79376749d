package logmanager

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// follow appends n records as a follower of leader epoch 2.
func follow(t *testing.T, l *Log, n int) {
	t.Helper()
	for range n {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: 2, BaseOffset: l.LogEndOffset()})
		if err := b.Append(l.LogEndOffset(), nowMs, []byte("k"), []byte("new"), nil); err != nil {
			t.Fatal(err)
		}
		batch, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.AppendAsFollower(batch, storage.AnyEpoch, nowMs); err != nil {
			t.Fatal(err)
		}
	}
}

// A log start offset on disk above the log makes records disappear that are synced after a
// truncation.
func TestSyncedRecordsStayAfterATruncationBelowTheLogStart(t *testing.T) {
	for _, fully := range []bool{false, true} {
		disk := vfs.NewCrashableMem()
		m := open(t, disk, "/data")
		l := create(t, m, "orders", 0, storage.DefaultConfig())
		fill(t, l, "k", make([]string, 100)...)
		must(t, l.Sync(100))
		must(t, l.SetLogStartOffset(50)) // DeleteRecords
		m.CheckpointStartOffsets(m.dirs...)
		m.CheckpointRecoveryPoints()
		m.CheckpointHighWatermarks()
		if fully {
			must(t, l.TruncateFullyAndStartAt(20))
		} else {
			must(t, l.TruncateTo(20)) // an unclean leader ends at 20
		}
		for k := range checkpointKinds {
			if at := checkpointed(t, disk, "/data", k.name())[l.TP]; at > 20 {
				t.Errorf("fully=%v: %s says %d, the log ends at 20", fully, k.name(), at)
			}
		}
		follow(t, l, 20)
		must(t, l.Sync(40))
		l2 := open(t, disk.CrashClone(vfs.CrashOptions{}), "/data").Log("orders", 0)
		if l2.LogEndOffset() != 40 || l2.LogStartOffset() > 20 {
			t.Errorf("fully=%v: offsets %d to %d after the power cut, 20 synced records are gone", fully, l2.LogStartOffset(), l2.LogEndOffset())
		}
	}
}

// TestNoCheckpointIsAboveItsLog cuts the power before every operation on the disk of a random
// history of one partition, and looks at every checkpoint on the disk and at the records that were
// synced.
func TestNoCheckpointIsAboveItsLog(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { powerCutHistory(t, seed) })
	}
}

func powerCutHistory(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	disk := vfs.NewCrashableMem()
	var cuts []*vfs.Mem
	watching := false
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if watching && op.Kind != vfs.OpRead && r.IntN(3) == 0 {
			cuts = append(cuts, disk.CrashClone(vfs.CrashOptions{Rand: r, Keep: 0.5, Block: 512}))
		}
		return nil
	})
	m := open(t, fs, "/data")
	c := storage.DefaultConfig()
	c.SegmentBytes, c.CleanupPolicy, c.MinCleanableDirtyRatio, c.FileDeleteDelayMs = 300, storage.CleanupCompact, 0.0001, 0
	l := create(t, m, "orders", 0, c)
	compacted := false
	for step := range 40 {
		now := int64(nowMs + step)
		watching = true
		op, synced := r.IntN(9), l.RecoveryPoint()
		switch op {
		case 0:
			must(t, l.TruncateTo(r.Int64N(l.LogEndOffset()+1)))
		case 1:
			must(t, l.TruncateFullyAndStartAt(r.Int64N(l.LogEndOffset()+10)))
		case 2:
			must(t, m.Delete(l, now))
			if r.IntN(2) == 0 {
				m.removeDeleted(m.dirs[0], now+1)
			}
			l, compacted = create(t, m, "orders", 0, c), false
		case 3:
			must(t, l.SetLogStartOffset(l.LogStartOffset()+r.Int64N(l.HighWatermark()-l.LogStartOffset()+1)))
			m.CheckpointStartOffsets(m.dirs...)
		case 4:
			compacted = m.Clean(now+1<<40) || compacted
		case 5:
			must(t, l.Sync(l.LogEndOffset()))
			m.CheckpointRecoveryPoints()
			m.CheckpointHighWatermarks()
		default:
			follow(t, l, 1+r.IntN(20))
			l.SetHighWatermark(l.LogEndOffset())
		}
		watching = false
		if testing.Verbose() {
			t.Logf("step %d (%d): offsets %d to %d, synced %d, high watermark %d", step, op, l.LogStartOffset(), l.LogEndOffset(), l.RecoveryPoint(), l.HighWatermark())
		}
		for i, cut := range cuts {
			if op < 3 || compacted {
				synced = 0 // the step removes records, or a truncated log may end with offsets that have no records
			}
			checkAfterPowerCut(t, cut, c, synced, fmt.Sprintf("step %d (%d), cut %d", step, op, i))
		}
		cuts = nil
	}
}

// checkAfterPowerCut opens a directory after a power cut and compares the checkpoints with the log.
func checkAfterPowerCut(t *testing.T, disk *vfs.Mem, c *storage.Config, synced int64, at string) {
	t.Helper()
	m, err := New(Options{FS: disk, Dirs: []string{"/data"}, Config: defaultConfig(), Logger: quiet})
	must(t, err)
	must(t, m.Load(LoadOptions{NowMs: nowMs, Describe: func(string, int32, [16]byte) Spec { return Spec{Config: c} }}))
	defer m.Stop(false, 0)
	if err := m.Dirs()[0].Err(); err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	l := m.Log("orders", 0)
	if l == nil {
		return // the cut was between the deletion and the creation
	}
	if l.LogEndOffset() < synced {
		t.Fatalf("%s: the log ends at %d, %d was synced", at, l.LogEndOffset(), synced)
	}
	for k := range checkpointKinds {
		if got := checkpointed(t, disk, "/data", k.name())[l.TP]; got > l.LogEndOffset() {
			t.Fatalf("%s: %s says %d, the log ends at %d", at, k.name(), got, l.LogEndOffset())
		}
	}
}

func TestEntriesOfDeletedPartitionsLeaveEveryCheckpoint(t *testing.T) {
	disk := vfs.NewMem()
	m := open(t, disk, "/data")
	c := storage.DefaultConfig()
	c.CleanupPolicy, c.SegmentBytes, c.MinCleanableDirtyRatio = storage.CleanupCompact, 300, 0.0001
	kept := create(t, m, "kept", 0, c)
	for i := range 5 {
		l := kept
		if i > 0 {
			l = create(t, m, fmt.Sprintf("t%d", i), 0, c)
		}
		fill(t, l, "k", make([]string, 30)...)
		must(t, l.SetLogStartOffset(1))
	}
	for m.Clean(nowMs) {
	}
	checkpointAll(m)
	for _, l := range m.Logs() {
		if l != kept {
			must(t, m.Delete(l, nowMs))
		}
	}
	m.removeDeleted(m.dirs[0], nowMs+1<<40)
	for k := range checkpointKinds {
		if got := checkpointed(t, disk, "/data", k.name()); len(got) != 1 {
			t.Errorf("%s: %v", k.name(), got)
		}
	}
}

// The entries of a deleted partition do not take those of its successor along.
func TestRemovalOfAFolderKeepsTheEntriesOfARecreatedPartition(t *testing.T) {
	disk := vfs.NewMem()
	m := open(t, disk, "/data")
	fill(t, create(t, m, "orders", 0, nil), "k", "1", "2", "3")
	must(t, m.Delete(m.Log("orders", 0), nowMs))
	l := create(t, m, "orders", 0, nil)
	fill(t, l, "k", "1", "2")
	must(t, l.SetLogStartOffset(2))
	m.CheckpointStartOffsets(m.dirs...)
	m.removeDeleted(m.dirs[0], nowMs+1<<40)
	if got := checkpointed(t, disk, "/data", storage.LogStartOffsetCheckpoint)[l.TP]; got != 2 {
		t.Errorf("log start offset %d on disk, want 2", got)
	}
}

func TestDamagedCheckpointIsReported(t *testing.T) {
	for _, name := range []string{storage.RecoveryPointCheckpoint, storage.LogStartOffsetCheckpoint, storage.ReplicationOffsetCheckpoint, storage.CleanerOffsetCheckpoint} {
		disk := vfs.NewMem()
		m := open(t, disk, "/data")
		fill(t, create(t, m, "orders", 0, storage.DefaultConfig()), "k", make([]string, 10)...)
		m.Stop(true, 1)
		must(t, vfs.WriteFile(disk, filepath.Join("/data", name), []byte("garbage")))
		var out bytes.Buffer
		m, err := New(Options{FS: disk, Dirs: []string{"/data"}, Config: defaultConfig(), Logger: slog.New(slog.NewTextHandler(&out, nil))})
		must(t, err)
		load(t, m)
		if !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "file=/data/"+name) {
			t.Errorf("%s: the log says %q", name, out.String())
		}
		if n := m.DamagedCheckpoints(); n != 1 {
			t.Errorf("%s: %d damaged checkpoints are counted", name, n)
		}
		if l := m.Log("orders", 0); l == nil || l.LogEndOffset() != 10 {
			t.Errorf("%s: the log is not open", name)
		}
	}
}
