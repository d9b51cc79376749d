package logmanager

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const recoveryPointFile = "/a/" + storage.RecoveryPointCheckpoint

// wantWhole checks that /a/t-0 ends at end, that it has no damage, and that its next record is
// read, at this start and at one after a crash. damaged checkpoint files count at the first start.
func wantWhole(t *testing.T, fs *vfs.Mem, end int64, damaged int, what string) {
	t.Helper()
	for range 2 {
		m := open(t, fs, "/a")
		l := m.Log("t", 0)
		if l == nil {
			t.Fatalf("%s: no log", what)
		}
		if l.LogEndOffset() != end || len(l.Damage()) > 0 || l.RecoveryPoint() > end {
			t.Errorf("%s: log end %d, want %d, recovery point %d, damage %v", what, l.LogEndOffset(), end, l.RecoveryPoint(), l.Damage())
		}
		if n := m.DamagedCheckpoints(); damaged >= 0 && n != damaged {
			t.Errorf("%s: %d damaged checkpoint files, want %d", what, n, damaged)
		}
		fill(t, l, "k", "new")
		must(t, l.Sync(l.LogEndOffset()))
		r, err := l.Read(end, storage.ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: l.LogEndOffset()})
		if err != nil || r.FirstOffset != end {
			t.Errorf("%s: a consumer at the log end %d gets offset %d, %v", what, end, r.FirstOffset, err)
		}
		r.Slice.Close()
		end, damaged = l.LogEndOffset(), min(damaged, 0)
		m.Stop(false, 1)
	}
}

// One wrong bit in recovery-point-offset-checkpoint after a clean stop: no record is missing. A
// recovery point that is too high is reported, and corrected on the disk.
func TestOneBitOfTheRecoveryPointInventsNoMissingRecord(t *testing.T) {
	fs, _ := stoppedLog(t)
	whole, err := vfs.ReadFile(fs, recoveryPointFile)
	must(t, err)
	raised := 0
	for at := range whole {
		for bit := range 8 {
			fs, _ := stoppedLog(t)
			b := append([]byte(nil), whole...)
			b[at] ^= 1 << bit
			must(t, vfs.WriteFile(fs, recoveryPointFile, b))
			damaged := -1
			var n int64
			if _, err := fmt.Sscanf(string(b), "0\n1\nt 0 %d\n", &n); err == nil && n > 40 {
				damaged = 1
				raised++
			}
			wantWhole(t, fs, 40, damaged, fmt.Sprintf("byte %d bit %d (%q)", at, bit, b))
		}
	}
	if raised == 0 {
		t.Error("no flip raises the recovery point")
	}
}

// The log has no records any more: it has no producer snapshot, and its high watermark is its end.
func TestDamagedRecoveryPointOfAnEmptyLog(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	for range 40 {
		fill(t, l, "k", "v")
	}
	must(t, l.Sync(40))
	l.SetHighWatermark(40)
	must(t, l.TruncateFullyAndStartAt(40))
	l.SetHighWatermark(40)
	m.Stop(true, 1)
	must(t, vfs.WriteFile(fs, recoveryPointFile, []byte("0\n1\nt 0 60\n")))
	wantWhole(t, fs, 40, 1, "an empty log")
}

// The end of the log is missing after a clean stop, at the border of a segment or of a batch: the
// snapshot or the high watermark shows that the recovery point is right.
func TestMissingEndIsNoDamagedRecoveryPoint(t *testing.T) {
	for _, gone := range [][]string{{".log"}, {".log", ".index", ".timeindex"}, {".log", ".index", ".timeindex", "00000000000000000040.snapshot"}} {
		fs, _ := stoppedLog(t)
		entries, err := fs.ReadDir("/a/t-0")
		must(t, err)
		last := ""
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), ".log"); ok {
				last = name
			}
		}
		for _, name := range gone {
			if name[0] == '.' {
				name = last + name
			}
			must(t, fs.Remove(filepath.Join("/a/t-0", name)))
		}
		must(t, vfs.WriteFile(fs, "/a/"+storage.ReplicationOffsetCheckpoint, []byte("0\n1\nt 0 40\n")))
		m := open(t, fs, "/a")
		if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 40 || len(l.Damage()) == 0 || m.DamagedCheckpoints() > 0 {
			t.Errorf("without %v: %v, %d damaged checkpoint files", gone, l, m.DamagedCheckpoints())
		}
		m.Stop(false, 1)
	}
}
