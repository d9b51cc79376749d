package logmanager

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Damage to meta.properties while the broker runs takes no directory offline: its disk is not
// unmounted. Any one bit may flip, and an editor that writes the file again leaves it empty, or
// missing, for a moment.
func TestDamagedMetaPropertiesTakesNoDirectoryOffline(t *testing.T) {
	const file = "/a/" + storage.MetaPropertiesFile
	setup := func() (fsys *vfs.Mem, whole []byte, check func(what string)) {
		fsys = vfs.NewMem()
		formatted(t, fsys, "/a", "/meta")
		whole, err := vfs.ReadFile(fsys, file)
		must(t, err)
		m := open(t, fsys, "/a")
		l := create(t, m, "t", 0, nil)
		return fsys, whole, func(what string) {
			t.Helper()
			fill(t, l, "k", "v")
			m.logError(l, "roll", l.Roll(nowMs))
			m.CheckpointHighWatermarks()
			if err := m.dirs[0].Err(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	fsys, whole, check := setup()
	for at := range whole {
		for bit := range 8 {
			b := append([]byte(nil), whole...)
			b[at] ^= 1 << bit
			must(t, vfs.WriteFile(fsys, file, b))
			check(string(b))
		}
	}
	must(t, vfs.WriteFile(fsys, file, nil))
	check("empty")
	must(t, fsys.Remove(file))
	check("missing")
}

// A lost meta.properties has one line in the log, and another one only after the file was right.
func TestDamagedMetaPropertiesIsReportedOnce(t *testing.T) {
	const file = "/a/" + storage.MetaPropertiesFile
	fsys := vfs.NewMem()
	formatted(t, fsys, "/a")
	whole, err := vfs.ReadFile(fsys, file)
	must(t, err)
	m, out, _ := logged(t, fsys, "/a")
	l := create(t, m, "t", 0, nil)
	for range 2 {
		for _, content := range []string{"version=7\n", "", "version=7\n"} {
			must(t, vfs.WriteFile(fsys, file, []byte(content)))
			fill(t, l, "k", "v")
			must(t, l.Roll(nowMs))
		}
		must(t, vfs.WriteFile(fsys, file, whole))
		fill(t, l, "k", "v")
		must(t, l.Roll(nowMs))
	}
	if n := strings.Count(out.String(), "level=WARN"); n != 2 || !strings.Contains(out.String(), "file="+file) {
		t.Errorf("%d lines: %s", n, out)
	}
}

// The directory of the metadata log has the same protection: no name is made in the place of it,
// and damage to meta.properties does not matter.
func TestGuardOfTheMetadataDirectory(t *testing.T) {
	for _, dir := range []string{"/a", "/b"} {
		mem := vfs.NewMem()
		formatted(t, mem, "/a", "/b")
		m := open(t, mem, "/a")
		meta, _, err := storage.ReadMetaProperties(mem, dir)
		must(t, err)
		guarded := m.GuardDir(dir, meta.DirectoryID)
		must(t, vfs.WriteFile(mem, dir+"/"+storage.MetaPropertiesFile, []byte("version=7")))
		must(t, guarded.Mkdir(dir+"/x", vfs.DirPerm))
		must(t, mem.Rename(dir, "/away"))
		must(t, mem.Mkdir(dir, vfs.DirPerm))
		if err := guarded.Mkdir(dir+"/x", vfs.DirPerm); storage.Classify(err) != storage.ClassDisk || names(t, mem, dir) != "" {
			t.Errorf("%s: %v, has %q", dir, err, names(t, mem, dir))
		}
	}
}

// Some file systems give a directory another inode. Its id in meta.properties tells that it is the
// same one.
func TestDirectoryWithItsIDIsPresentUnderAnotherInode(t *testing.T) {
	fsys := vfs.NewMem()
	formatted(t, fsys, "/a")
	m := open(t, fsys, "/a")
	must(t, fsys.Rename("/a", "/away"))
	formatted(t, fsys, "/a")
	if err := m.present(m.dirs[0]); err != nil {
		t.Error(err)
	}
}
