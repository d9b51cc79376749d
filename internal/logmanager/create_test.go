package logmanager

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// again opens the partition as a start does that finds it in the metadata.
func again(m *Manager, topic string, dir [16]byte) error {
	_, err := m.Create(CreateOptions{Topic: topic, TopicID: [16]byte{1}, DirID: dir, NowMs: nowMs, MayExist: true})
	return err
}

// The log of a partition that is not new is created only when nothing shows that it existed.
func TestLostLogIsNotCreatedAgain(t *testing.T) {
	a, b := [16]byte{1, 1}, [16]byte{2, 2}
	for _, c := range []struct {
		name string
		dir  [16]byte
		prep func(t *testing.T, fs vfs.FS, m *Manager)
		lost bool
	}{
		{"never created", [16]byte{}, func(*testing.T, vfs.FS, *Manager) {}, false},
		{"never created in the directory that the metadata name", a, func(*testing.T, vfs.FS, *Manager) {}, false},
		{"in a directory that is not there", [16]byte{9, 9}, func(*testing.T, vfs.FS, *Manager) {}, true},
		{"reported as lost before", dirLost, func(*testing.T, vfs.FS, *Manager) {}, true},
		{"the folder is gone", [16]byte{}, func(t *testing.T, fs vfs.FS, m *Manager) {
			l := create(t, m, "t", 0, nil)
			m.CheckpointHighWatermarks()
			must(t, fs.RemoveAll(l.Dir()))
		}, true},
		{"the folder is gone, and the metadata name its directory", a, func(t *testing.T, fs vfs.FS, m *Manager) {
			l := create(t, m, "t", 0, nil)
			m.CheckpointHighWatermarks()
			must(t, fs.RemoveAll(l.Dir()))
		}, true},
		{"an earlier topic of the same name was deleted", [16]byte{}, func(t *testing.T, _ vfs.FS, m *Manager) {
			l := create(t, m, "t", 0, nil)
			checkpointAll(m)
			must(t, m.Delete(l, nowMs))
		}, false},
		{"an earlier topic of the same name was deleted and removed", [16]byte{}, func(t *testing.T, _ vfs.FS, m *Manager) {
			l := create(t, m, "t", 0, nil)
			checkpointAll(m)
			must(t, m.Delete(l, nowMs))
			m.removeDeleted(m.dirs[0], nowMs+1<<40)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := vfs.NewMem()
			m := open(t, fs, "/a", "/b")
			c.prep(t, fs, m)
			m.Stop(false, 0)
			for life := range 3 {
				m = open(t, fs, "/a", "/b")
				m.SetDirID("/a", a)
				m.SetDirID("/b", b)
				err := again(m, "t", c.dir)
				if c.lost != errors.Is(err, ErrLost) || !c.lost && err != nil {
					t.Fatalf("life %d: %v", life, err)
				}
				checkpointAll(m)
				m.Stop(life == 1, 1)
			}
		})
	}
}

// A lost partition can be deleted, and a new topic may have its name.
func TestLostPartitionIsDiscarded(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1")
	m.CheckpointHighWatermarks()
	must(t, fs.RemoveAll(l.Dir()))
	m.Stop(false, 0)
	m = open(t, fs, "/a")
	if err := again(m, "t", [16]byte{}); !errors.Is(err, ErrLost) {
		t.Fatal(err)
	}
	must(t, m.Discard("t", 0, nowMs))
	if got := checkpointed(t, fs, "/a", storage.ReplicationOffsetCheckpoint); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if err := again(m, "t", [16]byte{}); err != nil {
		t.Error(err)
	}
}

// An entry of a checkpoint proves that the folder was on the disk: a power cut never leaves one
// without the other.
func TestNoEntryReachesTheDiskBeforeItsFolder(t *testing.T) {
	disk := vfs.NewCrashableMem()
	m := open(t, disk, "/a")
	for i := range int32(3) {
		create(t, m, "t", i, nil)
		m.CheckpointHighWatermarks()
		cut := disk.CrashClone(vfs.CrashOptions{}) // keeps nothing that is not synced
		for tp := range checkpointed(t, cut, "/a", storage.ReplicationOffsetCheckpoint) {
			if !vfs.Exists(cut, "/a/"+storage.PartitionDirName(tp.Topic, tp.Partition)) {
				t.Errorf("%v has an entry and no folder", tp)
			}
		}
	}
}

// The folder of an earlier topic that could not be deleted is set aside.
func TestFolderOfAnotherTopicIsSetAside(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	must(t, fs.MkdirAll("/a/t-0", vfs.DirPerm))
	must(t, storage.WritePartitionMetadata(fs, "/a/t-0", [16]byte{77}))
	l, err := m.Create(CreateOptions{Topic: "t", TopicID: [16]byte{1}, NowMs: nowMs})
	if err != nil || l.TopicID != [16]byte{1} {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir("/a")
	must(t, err)
	strays := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "-stray") {
			strays++
		}
	}
	if strays != 1 {
		t.Errorf("%d folders are set aside", strays)
	}
}

// A creation that fails does not count in the choice of the directory.
func TestFailedCreationsDoNotCount(t *testing.T) {
	fs, armed := noFiles(vfs.NewMem())
	m := open(t, fs, "/a", "/b")
	armed.Store(true)
	for i := range 5 {
		if _, err := m.Create(CreateOptions{Topic: fmt.Sprint("no", i), NowMs: nowMs}); err == nil {
			t.Fatal("a log without files")
		}
	}
	armed.Store(false)
	count := map[string]int{}
	for i := range 4 {
		count[create(t, m, fmt.Sprint("t", i), 0, nil).LogDir().Path()]++
	}
	if count["/a"] != 2 || count["/b"] != 2 {
		t.Errorf("%v", count)
	}
}

// Create returns the log that is there, whatever else is asked.
func TestCreateReturnsTheOpenLog(t *testing.T) {
	m := open(t, vfs.NewMem(), "/a")
	l := create(t, m, "t", 0, nil)
	if other, err := m.Create(CreateOptions{Topic: "t", MayExist: true, DirID: [16]byte{9, 9}}); other != l || err != nil {
		t.Errorf("%v", err)
	}
}

// Logs are listed by topic and partition, so that effects on all of them have one order.
func TestLogsAreSorted(t *testing.T) {
	m := open(t, vfs.NewMem(), "/a")
	for _, name := range []string{"b", "c", "a"} {
		for _, p := range []int32{10, 2, 1} {
			create(t, m, name, p, nil)
		}
	}
	must(t, m.Delete(m.Log("b", 2), nowMs))
	var got []string
	for _, l := range m.Logs() {
		got = append(got, fmt.Sprint(l.TP.Topic, l.TP.Partition))
	}
	if text := fmt.Sprint(got); text != "[a1 a2 a10 b1 b10 c1 c2 c10]" {
		t.Error(text)
	}
}
