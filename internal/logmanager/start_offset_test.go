package logmanager

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// stoppedLog is /a/t-0 with 40 records in segments of 5, from offset 12 on, after a clean stop.
func stoppedLog(t *testing.T) (fs *vfs.Mem, startOffsets []byte) {
	t.Helper()
	c := storage.DefaultConfig()
	c.SegmentBytes = 400
	fs = vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, c)
	for i := range 40 {
		fill(t, l, fmt.Sprint("k", i), "v")
	}
	must(t, l.Sync(40))
	must(t, l.SetLogStartOffset(12))
	m.Stop(true, 1)
	startOffsets, err := vfs.ReadFile(fs, filepath.Join("/a", storage.LogStartOffsetCheckpoint))
	must(t, err)
	return fs, startOffsets
}

// One wrong bit in log-start-offset-checkpoint after a clean stop: no record is lost. A start
// offset that is too high is reported, and corrected on the disk before the next crash.
func TestOneBitOfTheStartOffsetLosesNoRecord(t *testing.T) {
	_, whole := stoppedLog(t)
	for at := range whole {
		for bit := range 8 {
			fs, b := stoppedLog(t)
			b[at] ^= 1 << bit
			raised := slices.Contains([]string{"0\n1\nt 0 32\n", "0\n1\nt 0 52\n", "0\n1\nt 0 16\n"}, string(b))
			must(t, vfs.WriteFile(fs, filepath.Join("/a", storage.LogStartOffsetCheckpoint), b))
			for range 2 { // the second start is one after a crash
				m := open(t, fs, "/a")
				l := m.Log("t", 0)
				if l == nil {
					t.Fatalf("byte %d bit %d: no log", at, bit)
				}
				l.SetHighWatermark(l.LogEndOffset())
				_, _, err := l.DeleteOldSegments(nowMs)
				must(t, err)
				if start, end := l.LogStartOffset(), l.LogEndOffset(); start > 12 || end != 40 || len(l.Damage()) > 0 {
					t.Fatalf("byte %d bit %d (%q): log [%d,%d), damage %v", at, bit, b, start, end, l.Damage())
				}
				if raised && m.DamagedCheckpoints() != 1 {
					t.Errorf("byte %d bit %d (%q): %d damaged checkpoint files", at, bit, b, m.DamagedCheckpoints())
				}
				raised = false
				m.Stop(false, 1)
			}
		}
	}
}

// A log start offset that was raised before a clean stop stays, however the leader epochs lie.
func TestStartOffsetsStayAfterACleanStop(t *testing.T) {
	for _, start := range []int64{0, 1, 9, 10, 11, 15, 20, 21, 39, 40} {
		fs := vfs.NewMem()
		m := open(t, fs, "/a")
		c := storage.DefaultConfig()
		c.SegmentBytes = 400
		l := create(t, m, "t", 0, c)
		for i := range 40 {
			_, err := l.AppendAsLeader(batchOf(t, "v"), storage.AppendOptions{LeaderEpoch: int32(i / 10), NowMs: nowMs})
			must(t, err)
		}
		l.SetHighWatermark(40)
		must(t, l.Sync(40))
		must(t, l.AssignEpoch(9, 40)) // an epoch without records
		must(t, l.SetLogStartOffset(start))
		m.Stop(true, 1)
		for range 3 {
			m = open(t, fs, "/a")
			if got := m.Log("t", 0).LogStartOffset(); got != start || m.DamagedCheckpoints() > 0 {
				t.Errorf("the log begins at %d, want %d; %d damaged checkpoint files", got, start, m.DamagedCheckpoints())
			}
			m.Stop(true, 1)
		}
	}
}

// A checkpoint file without a byte is reported after a clean stop. Apache Kafka 4.4 creates the
// files so: an empty one after a crash, and cleaner-offset-checkpoint at any time, is none that
// lost its contents.
func TestEmptyCheckpointFilesAreReported(t *testing.T) {
	names := []string{storage.RecoveryPointCheckpoint, storage.LogStartOffsetCheckpoint, storage.ReplicationOffsetCheckpoint, storage.CleanerOffsetCheckpoint}
	for _, clean := range []bool{true, false} {
		fs, _ := stoppedLog(t)
		for _, name := range names {
			must(t, vfs.WriteFile(fs, filepath.Join("/a", name), nil))
		}
		want := 3
		if !clean {
			must(t, storage.RemoveCleanShutdown(fs, "/a"))
			want = 0
		}
		m := open(t, fs, "/a")
		if got := m.DamagedCheckpoints(); got != want {
			t.Errorf("%d damaged checkpoint files, want %d", got, want)
		}
		m.Stop(true, 1)
		m = open(t, fs, "/a")
		if got := m.DamagedCheckpoints(); got != 0 {
			t.Errorf("%d damaged checkpoint files at the next start", got)
		}
		m.Stop(false, 1)
	}
	// A directory without a partition has nothing to say.
	fs := vfs.NewMem()
	for _, name := range names {
		must(t, vfs.MakeDir(fs, "/a"))
		must(t, vfs.WriteFile(fs, filepath.Join("/a", name), nil))
	}
	for range 2 {
		m := open(t, fs, "/a")
		if got := m.DamagedCheckpoints(); got != 0 {
			t.Errorf("%d damaged checkpoint files of a new directory", got)
		}
		m.Stop(true, 1)
	}
}
