package quorum

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// wayOut is the sentence of ErrDamaged that says how to go on.
var wayOut = regexp.MustCompile(`to go on (.*), move all files out of that folder except ([^;]*); the partitions`)

// follow does what the text of an error says.
func follow(t *testing.T, fsys vfs.FS, text error) (promise string) {
	t.Helper()
	m := wayOut.FindStringSubmatch(text.Error())
	if m == nil {
		t.Fatalf("no way out: %v", text)
	}
	keep := map[string]bool{}
	for _, name := range strings.Split(m[2], " and ") {
		keep[name] = true
	}
	folder := filepath.Join(testDir, Folder)
	entries, err := fsys.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if keep[e.Name()] {
			delete(keep, e.Name())
		} else if err := fsys.Remove(filepath.Join(folder, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if len(keep) > 0 {
		t.Errorf("the text names files that are not there: %v", keep)
	}
	return m[1]
}

// The way out that the text of ErrDamaged names works, after any stop, with and without a snapshot.
func TestWayOutOfADamagedMetadataLog(t *testing.T) {
	for name, c := range map[string]struct {
		clean, snapshot bool
		harm            func(d disk, snapshot string)
		topics          int
	}{
		"a bad batch after a clean stop":             {true, true, badBatch, 1},
		"a bad batch after another stop":             {false, true, badBatch, 1},
		"a bad batch without a snapshot":             {true, false, badBatch, 0},
		"an empty log":                               {false, true, func(d disk, _ string) { d[firstSegment] = nil }, 1},
		"an empty log without a snapshot":            {true, false, func(d disk, _ string) { d[firstSegment] = nil }, 0},
		"no log":                                     {false, true, func(d disk, _ string) { delete(d, firstSegment) }, 1},
		"a bad batch and a bad snapshot":             {true, true, badSnapshot, 0},
		"a bad batch and a bad snapshot, not closed": {false, true, badSnapshot, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			formatTest(t, fsys, false)
			n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
			n.register()
			n.create("a", 1)
			snapshot := ""
			if c.snapshot {
				n.snapshot()
				snapshot = n.c.engine.snapshots.kept[0].id.fileName()
			}
			n.create("b", 1)
			n.close()
			d := readDisk(t, fsys)
			c.harm(d, snapshot)
			fsys = d.with(t, "", nil)
			if topics, err := start(t, fsys, n.now, c.clean); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%d topics, %v", topics, err)
			} else if promise := follow(t, fsys, err); strings.Contains(promise, "offset") != (c.topics > 0) {
				t.Errorf("promised: %s", promise)
			}
			for range 2 {
				if topics, err := start(t, fsys, n.now, c.clean); err != nil || topics != c.topics {
					t.Fatalf("after the way out: %d topics, %v", topics, err)
				}
			}
		})
	}
}

func badBatch(d disk, _ string) {
	d[firstSegment] = flipped(d[firstSegment], len(d[firstSegment])-5, 0)
}

func badSnapshot(d disk, snapshot string) {
	badBatch(d, snapshot)
	path := filepath.Join(testDir, Folder, snapshot)
	d[path] = flipped(d[path], len(d[path])/2, 0)
}
