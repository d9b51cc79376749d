package vfs

import (
	"path/filepath"
	"testing"
)

// A directory is the same one under another name, and a new one in its place is another. Memory
// behaves like the disk.
func TestSameFileTellsADirectoryFromItsReplacement(t *testing.T) {
	for fsys, root := range map[FS]string{OS(): t.TempDir(), NewMem(): "/"} {
		dir, away := filepath.Join(root, "dir"), filepath.Join(root, "away")
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		check(fsys.Mkdir(dir, DirPerm))
		before, err := fsys.Stat(dir)
		check(err)
		again, err := fsys.Stat(dir)
		check(err)
		check(fsys.Rename(dir, away))
		check(fsys.Mkdir(dir, DirPerm))
		moved, err := fsys.Stat(away)
		check(err)
		other, err := fsys.Stat(dir)
		check(err)
		if !SameFile(before, before) || !SameFile(before, again) || !SameFile(before, moved) || SameFile(before, other) {
			t.Errorf("%T: %v %v %v %v", fsys, SameFile(before, before), SameFile(before, again), SameFile(before, moved), SameFile(before, other))
		}
	}
}
