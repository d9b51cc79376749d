package broker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const allowFormat = "storage.format.on.start=true"

func mkdir(t *testing.T, fsys vfs.FS, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		if err := fsys.MkdirAll(dir, vfs.DirPerm); err != nil {
			t.Fatal(err)
		}
	}
}

// partition makes the folder of a partition.
func partition(t *testing.T, fsys vfs.FS, dir string) {
	t.Helper()
	mkdir(t, fsys, dir)
	if err := storage.WritePartitionMetadata(fsys, dir, [16]byte{1}); err != nil {
		t.Fatal(err)
	}
}

// starts runs a node once and stops it. It returns the error of the start, or "".
func starts(t *testing.T, fsys vfs.FS, dirs string, props ...string) string {
	t.Helper()
	n, err := startNodeOn(t, fsys, &logLines{}, dirs, props...)
	if err != nil {
		return err.Error()
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ""
}

func TestWhichDirectoriesAStartFormats(t *testing.T) {
	const none, sibling = "No readable meta.properties files found. ", "No `meta.properties` found in /b (have you run `kafka-storage.sh` to format the directory?). "
	const hint = ", so its disk may not be mounted: mount it, or start with --format (storage.format.on.start=true)"
	unmounted := func(dir string) string { return dir + " exists and is empty" + hint }
	foreign := func(fsys vfs.FS) {
		mkdir(t, fsys, "/b/backup-2024", "/b/x", "/b/y", "/b/z")
	}
	for _, c := range []struct {
		name   string
		before func(fsys vfs.FS)
		props  []string
		want   string
	}{
		{"absent directories", func(vfs.FS) {}, nil, ""},
		{"absent parents", func(vfs.FS) {}, []string{"log.dirs=/x/y/a,/x/z/b"}, ""},
		{"an empty directory", func(fsys vfs.FS) { mkdir(t, fsys, "/b") }, nil, none + unmounted("/b")},
		{"an empty directory, allowed", func(fsys vfs.FS) { mkdir(t, fsys, "/b") }, []string{allowFormat}, ""},
		{"a new file system", func(fsys vfs.FS) { mkdir(t, fsys, "/b/lost+found") }, nil, none + "/b is a file system without data (it holds only lost+found)" + hint},
		{"a new file system, allowed", func(fsys vfs.FS) { mkdir(t, fsys, "/b/lost+found") }, []string{allowFormat}, ""},
		{"an empty directory for the metadata log", func(fsys vfs.FS) { mkdir(t, fsys, "/meta") }, nil, none + unmounted("/meta")},
		{"partitions without meta.properties", func(fsys vfs.FS) { partition(t, fsys, "/b/orders-0") }, []string{allowFormat}, none + "/b holds partitions, but no meta.properties: if its disk is not mounted, mount it"},
		{"folders of others", foreign, nil, none + "/b exists and holds no files of a log directory (it holds backup-2024, x, y, ...)" + hint},
		{"folders of others, allowed", foreign, []string{allowFormat}, ""},
		{"an unmounted directory with partitions below", func(fsys vfs.FS) {
			must(t, starts(t, fsys, "/a,/b"))
			empty(t, fsys, "/b")
			partition(t, fsys, "/b/orders-0")
		}, nil,
			sibling + "This node has had a log directory with id "},
		{"a new directory beside formatted ones", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a")) }, nil, ""},
		{"an empty directory beside formatted ones", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a")); mkdir(t, fsys, "/b") }, nil, sibling + unmounted("/b")},
		{"an empty directory beside formatted ones, allowed", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a")); mkdir(t, fsys, "/b") }, []string{allowFormat}, ""},
		{"an unmounted directory", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a,/b")); empty(t, fsys, "/b") }, nil, sibling + "This node has had a log directory with id "},
		{"an unmounted directory, allowed", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a,/b")); empty(t, fsys, "/b") }, []string{allowFormat}, sibling + "This node has had a log directory with id "},
		{"a directory that is gone", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a,/b")); remove(t, fsys, "/b") }, nil, sibling + "This node has had a log directory with id "},
		{"an unmounted metadata log", func(fsys vfs.FS) { must(t, starts(t, fsys, "/a,/b")); empty(t, fsys, "/meta") }, []string{allowFormat},
			"No `meta.properties` found in /meta (have you run `kafka-storage.sh` to format the directory?). /meta is the directory of the metadata log, and other log directories belong to cluster "},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := vfs.NewMem()
			c.before(fsys)
			got := starts(t, fsys, "/a,/b", c.props...)
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
			if c.want == "" && len(c.props) == 0 {
				for _, dir := range []string{"/a", "/b", "/meta"} {
					if !vfs.Exists(fsys, dir+"/meta.properties") || vfs.Exists(fsys, dir+"/"+newDirMarker) {
						t.Errorf("%s is not formatted", dir)
					}
				}
			}
			if c.want != "" && (vfs.Exists(fsys, "/b/meta.properties") && !strings.Contains(c.want, "/meta") || !strings.HasPrefix(starts(t, fsys, "/a,/b", c.props...), c.want)) {
				t.Error("the refused start has changed the directories")
			}
		})
	}
}

func must(t *testing.T, err string) {
	t.Helper()
	if err != "" {
		t.Fatal(err)
	}
}

// empty replaces dir by an empty directory, as an unmount does.
func empty(t *testing.T, fsys vfs.FS, dir string) {
	t.Helper()
	if err := fsys.Rename(dir, dir+".unmounted"); err != nil {
		t.Fatal(err)
	}
	mkdir(t, fsys, dir)
}

func remove(t *testing.T, fsys vfs.FS, dir string) {
	t.Helper()
	if err := fsys.Rename(dir, dir+".unmounted"); err != nil {
		t.Fatal(err)
	}
}

// The broker finds the partitions of a directory that was empty at one start again after the disk
// is mounted.
func TestUnmountedDirectoryIsServedAgainAfterItIsMounted(t *testing.T) {
	fsys := vfs.NewMem()
	n, err := startNodeOn(t, fsys, &logLines{}, "/a,/b")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		createTopic(t, n, fmt.Sprint("t", i))
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	empty(t, fsys, "/b")
	if got := starts(t, fsys, "/a,/b", allowFormat); !strings.Contains(got, "/b") {
		t.Fatalf("the start formats an unmounted directory: %q", got)
	}
	if err := fsys.RemoveAll("/b"); err != nil {
		t.Fatal(err)
	}
	if err := fsys.Rename("/b.unmounted", "/b"); err != nil {
		t.Fatal(err)
	}
	if n, err = startNodeOn(t, fsys, &logLines{}, "/a,/b"); err != nil {
		t.Fatal(err)
	}
	if _, leaderless := dirsOf(n.image.Load()); len(n.logs.Logs()) != 6 || len(leaderless) != 0 {
		t.Errorf("%d logs, %v without a leader", len(n.logs.Logs()), leaderless)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A first start that a power cut interrupts at any moment can be repeated without --format.
func TestInterruptedFirstStartIsRepeated(t *testing.T) {
	disk := vfs.NewCrashableMem()
	r := rand.New(rand.NewPCG(1, 1))
	var cuts []*vfs.Mem
	recording := true
	fsys := vfs.WithHook(disk, func(op vfs.Op) error {
		if recording && op.Kind != vfs.OpRead && len(cuts) < 60 {
			cuts = append(cuts, disk.CrashClone(vfs.CrashOptions{Rand: r, Keep: 0.5}))
		}
		return nil
	})
	n, err := startNodeOn(t, fsys, &logLines{}, "/a,/b")
	recording = false
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, cut := range cuts {
		if got := starts(t, cut, "/a,/b"); got != "" {
			t.Fatalf("cut %d: %s", i, got)
		}
	}
}
