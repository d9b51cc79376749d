package logmanager

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// While a partition is set aside, a topic of its name is made and deleted again. Its entries, and
// its folder, wait for their removal when the broker stops. The partition that comes back is not
// opened with these entries.
func TestFolderComesBackBesideADeletedTopicOfItsName(t *testing.T) {
	for _, clean := range []bool{false, true} {
		fsys := vfs.NewMem()
		m := open(t, fsys, "/a")
		fill(t, create(t, m, "t", 0, storage.DefaultConfig()), "k", strings.Split(strings.Repeat("v", 50), "")...)
		recordAll(m)
		m.Stop(true, 1)
		m = topics{"t": otherID}.start(t, fsys, "/a")
		l, err := m.Create(CreateOptions{Topic: "t", TopicID: otherID, Config: storage.DefaultConfig(), NowMs: nowMs})
		must(t, err)
		recordAll(m)
		fill(t, l, "k", strings.Split(strings.Repeat("v", 100), "")...)
		must(t, l.Sync(100))
		must(t, l.SetLogStartOffset(80))
		checkpointAll(m)
		must(t, m.Delete(l, nowMs))
		m.Stop(clean, 1)
		for start := range 2 {
			m = topics{"t": {1}}.start(t, fsys, "/a")
			l = m.Log("t", 0)
			if l == nil || l.LogStartOffset() != 0 || l.LogEndOffset() != 50 || l.RecoveryPoint() != 50 || len(l.Damage()) > 0 {
				t.Fatalf("clean %v, start %d: the log is %+v", clean, start, l)
			}
			if vfs.Exists(fsys, filepath.Join(l.Dir(), asideFile)) {
				t.Errorf("clean %v, start %d: the file with the offsets stays", clean, start)
			}
			m.Stop(true, 1)
		}
	}
}

// withOffsets is a stopped log whose four entries differ.
func withOffsets(t *testing.T) (mem *vfs.Mem, check func(disk *vfs.Mem, at string)) {
	t.Helper()
	mem = vfs.NewCrashableMem()
	m := open(t, mem, "/a")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	must(t, l.AssignEpoch(3, 0))
	fill(t, l, "k", strings.Split(strings.Repeat("v", 20), "")...)
	must(t, l.SetLogStartOffset(5))
	checkpointAll(m)
	must(t, m.setCleanerOffset(l, 12, 0))
	m.Stop(true, 1)
	want := onDisk(t, mem, "/a", l.TP)
	if want != (logOffsets{20, 5, 20, 12}) {
		t.Fatal(want)
	}
	return mem, func(disk *vfs.Mem, at string) {
		t.Helper()
		m := topics{"t": {1}}.start(t, disk, "/a")
		l := m.Log("t", 0)
		if l == nil || l.LogStartOffset() != 5 || l.LogEndOffset() != 20 || l.HighWatermark() != 20 || len(l.Damage()) > 0 {
			t.Fatalf("%s: the log is %+v", at, l)
		}
		if got := onDisk(t, disk, "/a", l.TP); got != want || vfs.Exists(disk, filepath.Join(l.Dir(), asideFile)) {
			t.Fatalf("%s: entries %v, want %v", at, got, want)
		}
		m.Stop(true, 1)
	}
}

// A folder that is set aside carries the offsets of its log, through a power cut at any moment of
// both starts.
func TestOffsetsOfAFolderThatComesBack(t *testing.T) {
	mem, check := withOffsets(t)
	for step, ts := range []topics{{}, {"t": {1}}} {
		var cuts []*vfs.Mem
		ts.start(t, hooked(mem, func(op vfs.Op) error {
			if op.Mutates() {
				cuts = append(cuts, mem.CrashClone(vfs.CrashOptions{}), mem.CrashClone(vfs.CrashOptions{Keep: 1}))
			}
			return nil
		}), "/a").Stop(false, 1)
		for i, disk := range append(cuts, mem.CrashClone(vfs.CrashOptions{})) {
			again := disk.CrashClone(vfs.CrashOptions{Keep: 1})
			check(disk, fmt.Sprintf("start %d, power cut %d", step, i))
			topics{}.start(t, again, "/a").Stop(false, 1) // set aside once more
			check(again, fmt.Sprintf("start %d, power cut %d, set aside", step, i))
		}
	}
}

// Both starts lack descriptors from some operation on. They are refused, or the offsets are the
// right ones also after checkpoints and a kill.
func TestOffsetsOfAFolderThatComesBackWithoutDescriptors(t *testing.T) {
	for step := range 2 {
		for n, failed := 0, true; failed; n++ {
			mem, check := withOffsets(t)
			if step == 1 {
				topics{}.start(t, mem, "/a").Stop(true, 1)
			}
			ts := []topics{{}, {"t": {1}}}[step]
			left := n
			armed := true
			failed = false
			m, err := New(Options{FS: hooked(mem, func(op vfs.Op) error {
				if !armed || op.Kind != vfs.OpCreate && op.Kind != vfs.OpOpen && op.Kind != vfs.OpSyncDir && op.Kind != vfs.OpReadDir {
					return nil
				}
				if left--; left < 0 {
					failed = true
					return syscall.EMFILE
				}
				return nil
			}), Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet})
			if err == nil {
				err = m.Load(ts.load())
				armed = false
				if err == nil {
					recordAll(m)
					checkpointAll(m)
				}
				m.Stop(false, 1)
			}
			check(mem, fmt.Sprintf("start %d, descriptor %d, error %v", step, n, err))
		}
	}
}

// Records that are missing at the end of a folder that comes back are reported, and their offsets
// are not given out again.
func TestEndOfAFolderThatComesBackIsMissing(t *testing.T) {
	fsys := vfs.NewMem()
	m := open(t, fsys, "/a")
	l := create(t, m, "t", 0, smallSegments())
	fill(t, l, "k", strings.Split(strings.Repeat("v", 50), "")...)
	m.Stop(true, 1)
	topics{}.start(t, fsys, "/a").Stop(true, 1)
	segments := logFiles(t, fsys, marked(t, fsys, "/a")[0])
	must(t, fsys.Remove(segments[len(segments)-1]))
	m = topics{"t": {1}}.start(t, fsys, "/a")
	if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 50 || len(l.Damage()) == 0 {
		t.Errorf("the log is %+v", l)
	}
	m.Stop(true, 1)
}

// A compacted log of Apache Kafka, which has no gaps file, comes back with its gaps, also when
// nothing has kept its entry of cleaner-offset-checkpoint.
func TestCompactedFolderThatComesBackIsWell(t *testing.T) {
	for _, kept := range []bool{false, true} {
		fsys := vfs.NewMem()
		m := open(t, fsys, "/a")
		l := create(t, m, "t", 0, compacted())
		for i := range 10 {
			fill(t, l, fmt.Sprint("k", i), "v")
		}
		must(t, l.Roll(nowMs))
		for i := 1; i < 10; i++ { // replaces all but k0
			fill(t, l, fmt.Sprint("k", i), "w")
		}
		must(t, l.Roll(nowMs))
		fill(t, l, "z", "z")
		if !m.Clean(nowMs + 1) {
			t.Fatal("not cleaned")
		}
		m.Stop(true, 1)
		must(t, fsys.Remove("/a/t-0/may-have-gaps"))
		topics{}.start(t, fsys, "/a").Stop(true, 1)
		if !kept {
			must(t, fsys.Remove(filepath.Join(marked(t, fsys, "/a")[0], asideFile)))
		}
		for start, clean := range []bool{false, true, true} {
			m = topics{"t": {1}}.start(t, fsys, "/a")
			l = m.Log("t", 0)
			for at := int64(0); at < l.LogEndOffset(); at++ {
				if _, err := l.Read(at, storage.ReadOptions{MaxBytes: 1000, MinOneBatch: true, Below: l.LogEndOffset()}); errors.Is(err, storage.ErrCorruptLog) {
					t.Errorf("kept %v, start %d: read at %d: %v", kept, start, at, err)
				}
			}
			if len(l.Damage()) > 0 {
				t.Errorf("kept %v, start %d: damage %+v", kept, start, l.Damage())
			}
			m.Stop(clean, 1)
		}
	}
}
