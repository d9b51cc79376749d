package logmanager

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// formatted makes log directories with a meta.properties.
func formatted(t *testing.T, fsys vfs.FS, dirs ...string) {
	t.Helper()
	for i, dir := range dirs {
		must(t, vfs.MakeDir(fsys, dir))
		must(t, storage.WriteMetaProperties(fsys, dir, storage.MetaProperties{ClusterID: "c", NodeID: 1, DirectoryID: [16]byte{9, byte(i)}}))
	}
}

// Nothing makes a name in the place of a directory whose disk is gone: the directory goes offline.
// The mount point is empty, or missing, or has the folders of an earlier accident, or another disk
// is mounted there.
func TestNothingIsWrittenInThePlaceOfALostDirectory(t *testing.T) {
	fail := func(m *Manager, l *Log, err error) {
		if err != nil {
			m.Fail(l, err)
		}
	}
	for name, op := range map[string]func(t *testing.T, m *Manager, l *Log){
		"creation": func(t *testing.T, m *Manager, _ *Log) {
			if _, err := m.Create(CreateOptions{Topic: "new", NowMs: nowMs}); !errors.Is(err, ErrNoDirs) {
				t.Error(err)
			}
		},
		"creation in a folder that exists": func(t *testing.T, m *Manager, _ *Log) {
			if _, err := m.Create(CreateOptions{Topic: "left", NowMs: nowMs}); !errors.Is(err, ErrNoDirs) {
				t.Error(err)
			}
		},
		"high watermarks": func(_ *testing.T, m *Manager, _ *Log) { m.CheckpointHighWatermarks() },
		"recovery points": func(_ *testing.T, m *Manager, _ *Log) { m.CheckpointRecoveryPoints() },
		"new entries": func(_ *testing.T, m *Manager, _ *Log) {
			m.dirs[0].unrecorded.Store(true)
			m.RecordNew(m.dirs[0])
		},
		"roll": func(t *testing.T, m *Manager, l *Log) {
			for range 10 {
				_, err := l.AppendAsLeader(batchOf(t, strings.Repeat("v", 50)), storage.AppendOptions{NowMs: nowMs})
				fail(m, l, err)
			}
		},
		"deletion": func(t *testing.T, m *Manager, l *Log) {
			if err := m.Delete(l, nowMs); !errors.Is(err, ErrOffline) {
				t.Error(err)
			}
		},
		"clean-shutdown mark": func(_ *testing.T, m *Manager, _ *Log) { m.markClean(m.dirs[0], 1) },
		"clean stop":          func(_ *testing.T, m *Manager, _ *Log) { m.Stop(true, 1) },
	} {
		for _, place := range []string{"an empty folder", "no folder", "old folders", "another disk", "another disk with damage"} {
			t.Run(name+", "+place, func(t *testing.T) {
				fsys := vfs.NewMem()
				formatted(t, fsys, "/a")
				m := open(t, fsys, "/a")
				l := create(t, m, "t", 0, smallSegments())
				fill(t, l, "k", make([]string, 50)...)
				must(t, l.Sync(50))
				must(t, fsys.Rename("/a", "/away"))
				switch place {
				case "an empty folder":
					must(t, vfs.MakeDir(fsys, "/a"))
				case "old folders":
					must(t, vfs.MakeDir(fsys, "/a/t-0"))
					must(t, vfs.MakeDir(fsys, "/a/left-0"))
				case "another disk":
					formatted(t, fsys, "/b", "/a")
				case "another disk with damage":
					formatted(t, fsys, "/a")
					must(t, vfs.WriteFile(fsys, "/a/"+storage.MetaPropertiesFile, []byte("version=7")))
				}
				before := names(t, fsys, "/a")
				op(t, m, l)
				if m.dirs[0].Err() == nil {
					t.Error("the directory is in service")
				}
				if after := names(t, fsys, "/a"); after != before {
					t.Errorf("before %q, after %q", before, after)
				}
			})
		}
	}
}

// names lists all that is in a directory.
func names(t *testing.T, fsys vfs.FS, dir string) string {
	t.Helper()
	var b strings.Builder
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return "missing"
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "%s ", dir+"/"+e.Name())
		if e.IsDir() {
			b.WriteString(names(t, fsys, dir+"/"+e.Name()))
		}
	}
	return b.String()
}

// The disk goes away during the creation of a log. The log is in service only if all of it is on
// the disk.
func TestDirectoryIsLostDuringACreation(t *testing.T) {
	gone := 0
	for at := range 40 {
		mem := vfs.NewMem()
		formatted(t, mem, "/a", "/b")
		n := -1
		fsys := vfs.WithHook(mem, func(op vfs.Op) error {
			if n--; n == 0 {
				must(t, mem.Rename("/a", "/away"))
				must(t, vfs.MakeDir(mem, "/a"))
			}
			return nil
		})
		m := open(t, fsys, "/a", "/b")
		n = at + 1
		l, err := m.Create(CreateOptions{Topic: "t", TopicID: [16]byte{1}, NowMs: nowMs})
		if vfs.Exists(mem, "/away") {
			gone++
			if err == nil && l.LogDir().Path() == "/a" && (names(t, mem, "/a") != "" || !strings.Contains(names(t, mem, "/away"), ".log")) {
				t.Errorf("operation %d: the log is in service", at)
			}
		}
	}
	if gone < 10 {
		t.Errorf("%d operations", gone)
	}
}

// A new partition gets the next directory when its folder cannot be made, and only then: a disk
// that comes back with the folder would have a second log of the partition.
func TestNextDirectoryGetsTheNewLog(t *testing.T) {
	for _, made := range []bool{false, true} {
		mem := vfs.NewMem()
		formatted(t, mem, "/a", "/b")
		broken := false
		fsys := vfs.WithHook(mem, func(op vfs.Op) error {
			if broken && strings.HasPrefix(op.Path, "/a/t-0") && (op.Kind == vfs.OpMkdir) != made {
				return errors.New("the disk is dead")
			}
			return nil
		})
		m := open(t, fsys, "/a", "/b")
		broken = true
		l, err := m.Create(CreateOptions{Topic: "t", NowMs: nowMs})
		var failed *DirError
		switch {
		case m.dirs[0].Err() == nil || m.dirs[1].Err() != nil:
			t.Errorf("folder made: %v; the wrong directory is offline", made)
		case !made && (err != nil || l.LogDir() != m.dirs[1]):
			t.Errorf("the next directory does not get the log: %v", err)
		case made && (!errors.As(err, &failed) || failed.ID != m.dirs[0].id):
			t.Errorf("%v", err)
		}
	}
}

// The creation of many logs costs one write of a checkpoint file, and its entries prove at the next
// start that the logs existed. A log whose creation was interrupted is created again.
func TestEntriesOfNewLogsAreWrittenOnce(t *testing.T) {
	mem := vfs.NewMem()
	formatted(t, mem, "/a")
	writes := 0
	fsys := vfs.WithHook(mem, func(op vfs.Op) error {
		if op.Kind == vfs.OpRename && op.To == "/a/"+storage.RecoveryPointCheckpoint {
			writes++
		}
		return nil
	})
	m := open(t, fsys, "/a")
	for i := range int32(20) {
		create(t, m, "t", i, nil)
	}
	m.RecordNew(m.dirs[0])
	m.RecordNew(m.dirs[0])
	create(t, m, "unrecorded", 0, nil)
	m.Stop(false, 0)
	if writes != 1 {
		t.Errorf("%d writes", writes)
	}
	must(t, mem.RemoveAll("/a/t-3"))
	must(t, mem.RemoveAll("/a/t-4"))
	must(t, mem.Mkdir("/a/t-4", vfs.DirPerm))
	must(t, mem.RemoveAll("/a/unrecorded-0"))
	m = open(t, fsys, "/a")
	if err := m.Damaged(storage.TopicPartition{Topic: "t", Partition: 4}, [16]byte{}); !errors.Is(err, storage.ErrMissingFile) {
		t.Errorf("an emptied folder: %v", err)
	}
	for tp, lost := range map[storage.TopicPartition]bool{{Topic: "t", Partition: 3}: true, {Topic: "unrecorded"}: false} {
		_, err := m.Create(CreateOptions{Topic: tp.Topic, Partition: tp.Partition, TopicID: [16]byte{1}, DirID: m.dirs[0].id, NowMs: nowMs, MayExist: true})
		if errors.Is(err, ErrLost) != lost || !lost && err != nil {
			t.Errorf("%v: %v", tp, err)
		}
	}
}
