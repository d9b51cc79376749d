package storage

import (
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A creation may be interrupted after the folder was made. The name of the folder is durable with
// the first sync of the log that the next start creates in it.
func TestFolderOfAnInterruptedCreationIsDurable(t *testing.T) {
	disk := vfs.NewCrashableMem()
	o := testOptions(disk, testConfig())
	check(t, disk.SyncDir("."))
	check(t, disk.Mkdir(testDir, vfs.DirPerm))
	o.CleanShutdown = true
	l := mustOpen(t, o)
	mustAppend(t, l, batchOf(t, 1, 10, 1))
	check(t, l.Sync(1))
	o.FS = disk.CrashClone(vfs.CrashOptions{})
	if l = mustOpen(t, o); l.LogEndOffset() != 1 {
		t.Errorf("the log ends at %d", l.LogEndOffset())
	}
}

// Open makes the folder of a log, but not the directory that holds the folders.
func TestOpenDoesNotMakeTheLogDirectory(t *testing.T) {
	fsys := vfs.NewMem()
	o := testOptions(fsys, testConfig())
	check(t, fsys.RemoveAll(filepath.Dir(testDir)))
	if _, err := Open(o); err == nil || vfs.Exists(fsys, filepath.Dir(testDir)) {
		t.Errorf("the directory is made: %v", err)
	}
}
