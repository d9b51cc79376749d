package logmanager

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// topics is the metadata of a start: all partitions of these topics are on this broker.
type topics map[string][16]byte

func (ts topics) start(t *testing.T, fsys vfs.FS, dirs ...string) *Manager {
	t.Helper()
	return ts.startIn(t, fsys, [16]byte{}, dirs...)
}

// startIn is start with the directory of all partitions in the metadata.
func (ts topics) startIn(t *testing.T, fsys vfs.FS, dirID [16]byte, dirs ...string) *Manager {
	t.Helper()
	m, err := New(Options{FS: fsys, Dirs: dirs, Config: defaultConfig(), Logger: quiet})
	must(t, err)
	o := ts.load()
	describe := o.Describe
	o.Describe = func(topic string, partition int32, id [16]byte) Spec {
		s := describe(topic, partition, id)
		s.DirID = dirID
		return s
	}
	must(t, m.Load(o))
	return m
}

func (ts topics) load() LoadOptions {
	return LoadOptions{NowMs: nowMs, Describe: func(topic string, _ int32, id [16]byte) Spec {
		has, ok := ts[topic]
		if !ok {
			return Spec{Stray: true}
		}
		return Spec{Stray: id != [16]byte{} && id != has, Config: storage.DefaultConfig(), TopicID: has}
	}, TopicName: func(id [16]byte) string {
		for name, has := range ts {
			if has == id {
				return name
			}
		}
		return ""
	}}
}

// otherID is the id of another topic than [16]byte{1}, by more than a damaged byte.
var otherID = [16]byte{0xf0, 0x11, 0x22, 0x33}

func recordAll(m *Manager) {
	for _, d := range m.dirs {
		m.RecordNew(d)
	}
}

// marked lists the folders of fsys's directories that were set aside.
func marked(t *testing.T, fsys vfs.FS, dirs ...string) (out []string) {
	t.Helper()
	for _, dir := range dirs {
		entries, err := fsys.ReadDir(dir)
		must(t, err)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), "-stray") {
				out = append(out, filepath.Join(dir, e.Name()))
			}
		}
	}
	return out
}

// A start with the wrong metadata has set partitions aside. The next start with the right metadata
// serves them with all their records, whatever the stops in between were, also when a topic of the
// same name was made meanwhile, and when the topic's name is too long for the folder's new name.
func TestPartitionsThatWereSetAsideComeBack(t *testing.T) {
	for _, topic := range []string{"t", strings.Repeat("long", 60)} {
		for _, clean := range []bool{false, true} {
			for _, meanwhile := range []bool{false, true} {
				t.Run(fmt.Sprint(topic[:1], len(topic), " clean stops ", clean, ", topic of the same name ", meanwhile), func(t *testing.T) {
					fsys := vfs.NewMem()
					formatted(t, fsys, "/a", "/b")
					m := open(t, fsys, "/a", "/b")
					for p := range int32(4) {
						fill(t, create(t, m, topic, p, storage.DefaultConfig()), "k", "1", "2", "3")
					}
					recordAll(m)
					m.Stop(true, 1)
					wrong := topics{}
					if meanwhile {
						wrong[topic] = otherID
					}
					m = wrong.start(t, fsys, "/a", "/b")
					if meanwhile {
						l, err := m.Create(CreateOptions{Topic: topic, Partition: 1, TopicID: otherID, Config: storage.DefaultConfig(), NowMs: nowMs})
						must(t, err)
						fill(t, l, "k", "other")
						recordAll(m)
					}
					m.Stop(clean, 1)
					if n := len(marked(t, fsys, "/a", "/b")); n != 4 {
						t.Fatalf("%d set aside", n)
					}
					for start := range 2 {
						m = topics{topic: {1}}.start(t, fsys, "/a", "/b")
						for p := range int32(4) {
							if l := m.Log(topic, p); l == nil || l.LogEndOffset() != 3 || l.TopicID != [16]byte{1} {
								t.Fatalf("start %d, partition %d: %+v", start, p, l)
							}
						}
						if n := len(marked(t, fsys, "/a", "/b")); meanwhile != (n == 1) || n > 1 {
							t.Errorf("start %d: %d set aside", start, n)
						}
						m.Stop(clean, 1)
					}
				})
			}
		}
	}
}

// The strays of a deleted topic stay aside, also when a topic of the same name exists.
func TestStraysOfADeletedTopicStayAside(t *testing.T) {
	fsys := vfs.NewMem()
	m := open(t, fsys, "/a")
	fill(t, create(t, m, "t", 0, storage.DefaultConfig()), "k", "1")
	m.Stop(true, 1)
	topics{}.start(t, fsys, "/a").Stop(true, 1)
	before := marked(t, fsys, "/a")
	for _, ts := range []topics{{}, {"t": otherID}} {
		m = ts.start(t, fsys, "/a")
		if l := m.Log("t", 0); l != nil {
			t.Errorf("%v: the log of the deleted topic is served", ts)
		}
		m.Stop(true, 1)
	}
	if after := marked(t, fsys, "/a"); !slices.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}

// Where it is not clear which folder has the records of a partition, none is taken and the
// partition is lost. The error names the folders.
func TestStraysThatMayBeTheWrongOnesAreReported(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, fsys vfs.FS, stray string){
		"two strays": func(t *testing.T, fsys vfs.FS, stray string) {
			must(t, fsys.Mkdir("/a/t-0."+strings.Repeat("ab", 16)+"-stray", vfs.DirPerm))
			must(t, storage.WritePartitionMetadata(fsys, "/a/t-0."+strings.Repeat("ab", 16)+"-stray", [16]byte{1}))
		},
		"damaged topic id": func(t *testing.T, fsys vfs.FS, stray string) {
			f, err := vfs.Create(fsys, filepath.Join(stray, storage.PartitionMetadataFile))
			must(t, err)
			must(t, f.Close())
		},
		"a later log is lost": func(t *testing.T, fsys vfs.FS, _ string) {
			must(t, storage.WriteOffsetCheckpoint(fsys, "/a/"+storage.RecoveryPointCheckpoint, map[storage.TopicPartition]int64{{Topic: "t"}: 5}))
		},
		"a folder with the partition's name": func(t *testing.T, fsys vfs.FS, stray string) {
			must(t, fsys.Mkdir("/a/t-0", vfs.DirPerm))
			must(t, storage.WritePartitionMetadata(fsys, "/a/t-0", [16]byte{1}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			m := open(t, fsys, "/a")
			fill(t, create(t, m, "t", 0, storage.DefaultConfig()), "k", "1")
			m.Stop(true, 1)
			topics{}.start(t, fsys, "/a").Stop(true, 1)
			stray := marked(t, fsys, "/a")[0]
			change(t, fsys, stray)
			before := marked(t, fsys, "/a")
			m = topics{"t": {1}}.start(t, fsys, "/a")
			err := again(m, "t", [16]byte{})
			switch {
			case name == "a folder with the partition's name":
				if err != nil {
					t.Error(err)
				}
			case !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), stray):
				t.Errorf("error %v, want one that names %s", err, stray)
			}
			if after := marked(t, fsys, "/a"); !slices.Equal(before, after) {
				t.Errorf("before %v, after %v", before, after)
			}
			m.Stop(true, 1)
		})
	}
}

// The partition's directory in the metadata is not there or offline. Its log may be there, and a
// stray folder in another directory is not taken for it.
func TestStrayIsNotTakenForALogInAMissingDirectory(t *testing.T) {
	for _, offline := range []bool{false, true} {
		fsys := vfs.NewMem()
		formatted(t, fsys, "/a", "/b")
		m := open(t, fsys, "/a")
		fill(t, create(t, m, "t", 0, storage.DefaultConfig()), "k", "1")
		m.Stop(true, 1)
		topics{}.start(t, fsys, "/a").Stop(true, 1)
		dirs, b, broken := []string{"/a"}, [16]byte{9, 1}, vfs.FS(fsys)
		if offline {
			dirs = append(dirs, "/b")
			broken = vfs.NewErrorFS(fsys, func(op vfs.Op) error {
				if op.Kind == vfs.OpReadDir && op.Path == "/b" {
					return syscall.EIO
				}
				return nil
			})
		}
		m = topics{"t": {1}}.startIn(t, broken, b, dirs...)
		if err := again(m, "t", b); err == nil || m.Log("t", 0) != nil || len(marked(t, fsys, "/a")) != 1 {
			t.Errorf("offline %v: error %v, set aside %v", offline, err, marked(t, fsys, "/a"))
		}
		m.Stop(true, 1)
	}
}

// Records of a partition that was set aside are not removed with damaged ones, also after a power
// cut while the folder comes back. When nothing tells the recovery point, as in a folder that
// Apache Kafka has set aside, all of them may have been synced: the first start reads them all.
func TestDamageInAFolderThatComesBackIsKept(t *testing.T) {
	for _, known := range []bool{false, true} {
		damageInAFolderThatComesBack(t, known)
	}
}

func damageInAFolderThatComesBack(t *testing.T, known bool) {
	t.Helper()
	mem := vfs.NewCrashableMem()
	m := open(t, mem, "/a")
	l := create(t, m, "t", 0, smallSegments())
	fill(t, l, "k", strings.Split(strings.Repeat("v", 50), "")...)
	m.Stop(true, 1)
	topics{}.start(t, mem, "/a").Stop(true, 1)
	if !known {
		must(t, mem.Remove(filepath.Join(marked(t, mem, "/a")[0], asideFile)))
		must(t, mem.SyncDir(marked(t, mem, "/a")[0]))
	}
	segments := logFiles(t, mem, marked(t, mem, "/a")[0])
	f, err := mem.OpenFile(segments[len(segments)/2], os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{0xff, 0xff, 0xff}, 100)
	must(t, err)
	must(t, f.Sync())
	must(t, f.Close())

	var cuts []*vfs.Mem
	r := rand.New(rand.NewPCG(1, 2))
	m = topics{"t": {1}}.start(t, vfs.WithHook(mem, func(op vfs.Op) error {
		if op.Mutates() {
			cuts = append(cuts, mem.CrashClone(vfs.CrashOptions{}), mem.CrashClone(vfs.CrashOptions{Rand: r, Keep: 0.5}))
		}
		return nil
	}), "/a")
	if len(cuts) < 20 {
		t.Fatalf("%d power cuts", len(cuts))
	}
	for i, disk := range append(cuts, mem.CrashClone(vfs.CrashOptions{})) {
		recorded := checkpointed(t, disk, "/a", storage.RecoveryPointCheckpoint)[storage.TopicPartition{Topic: "t"}] == 50
		m := topics{"t": {1}}.start(t, disk, "/a")
		l := m.Log("t", 0)
		if l == nil || l.LogStartOffset() != 0 || l.LogEndOffset() != 50 || l.RecoveryPoint() != 50 {
			t.Fatalf("known %v, power cut %d: the log is %+v", known, i, l)
		}
		// A recovery from the recovery point on does not read the damaged segment.
		if n := len(l.Damage()); n != 1 && !recorded && !known {
			t.Errorf("power cut %d: %d times damage", i, n)
		}
		if files := logFiles(t, disk, l.Dir()); len(files) != len(segments) {
			t.Errorf("known %v, power cut %d: %d segments of %d", known, i, len(files), len(segments))
		}
		m.Stop(true, 1)
	}
	m.Stop(true, 1)
}

// A disk that fails while a topic is deleted keeps its folder. When a topic of the same name is
// then made on another disk, the next start opens the new partition and sets the old one aside. The
// simulator found that the start was refused (seed 420005 with -disks).
func TestFolderOfADeletedTopicInAnotherDirectory(t *testing.T) {
	for _, dirs := range [][]string{{"/a", "/b"}, {"/b", "/a"}} {
		fsys := vfs.NewMem()
		for _, dir := range dirs {
			must(t, vfs.MakeDir(fsys, dir))
			must(t, vfs.MakeDir(fsys, dir+"/t-0"))
		}
		must(t, storage.WritePartitionMetadata(fsys, "/a/t-0", [16]byte{1}))
		must(t, storage.WritePartitionMetadata(fsys, "/b/t-0", otherID))
		m := topics{"t": {1}}.start(t, fsys, dirs...)
		if l := m.Log("t", 0); l == nil || l.LogDir() != m.dirs[slices.Index(dirs, "/a")] {
			t.Errorf("%v: log %v", dirs, l)
		}
		if got := marked(t, fsys, "/a", "/b"); len(got) != 1 || !strings.HasPrefix(got[0], "/b/") {
			t.Errorf("%v: set aside %v", dirs, got)
		}
	}
}

// A stray folder does not come back beside the folder that the partition has in another directory,
// whatever else has its name.
func TestStrayStaysBesideThePartitionItself(t *testing.T) {
	for _, dirs := range [][]string{{"/a", "/b"}, {"/b", "/a"}} {
		fsys := vfs.NewMem()
		stray := "/b/" + storage.MarkedDirName("t", 0, [16]byte{7}, storage.DirStray)
		for _, dir := range []string{"/a", "/b", "/a/t-0", "/b/t-0", stray} {
			must(t, vfs.MakeDir(fsys, dir))
		}
		must(t, storage.WritePartitionMetadata(fsys, "/a/t-0", [16]byte{1}))
		must(t, storage.WritePartitionMetadata(fsys, "/b/t-0", otherID))
		must(t, storage.WritePartitionMetadata(fsys, stray, [16]byte{1}))
		m := topics{"t": {1}}.start(t, fsys, dirs...)
		if l := m.Log("t", 0); l == nil || l.LogDir() != m.dirs[slices.Index(dirs, "/a")] {
			t.Errorf("%v: log %v", dirs, l)
		}
		if got := marked(t, fsys, "/a", "/b"); len(got) != 2 || !slices.Contains(got, stray) {
			t.Errorf("%v: set aside %v", dirs, got)
		}
	}
}
