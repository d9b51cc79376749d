package vfs

import (
	"errors"
	"os"
	"testing"
)

// A mount knows which paths lead to another file system.
func TestMountHoldsItsFileSystemOnly(t *testing.T) {
	dir := t.TempDir()
	m, err := OS().OpenMount(dir)
	if errors.Is(err, ErrNotSupported) {
		t.Skip("the file system of ", dir, " cannot be synced as a whole")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if err := os.Symlink("/proc", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dir: true, dir + "/link": false} {
		if got, err := m.Holds(path); got != want || err != nil {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	if _, err := m.Holds(dir + "/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing path: %v", err)
	}
}
