package vfs

import (
	"testing"

	"golang.org/x/sys/unix"
)

// syncfs replaces fdatasync only on file systems where it reaches the disk and reports lost writes.
func TestWhereSyncFSIsTrusted(t *testing.T) {
	for _, c := range []struct {
		magic   uint32
		release string
		want    bool
	}{
		{unix.EXT4_SUPER_MAGIC, "6.1.0-18-amd64", true},
		{unix.XFS_SUPER_MAGIC, "5.8.0", true},
		{unix.BTRFS_SUPER_MAGIC, "5.10-rc1", true},
		{unix.TMPFS_MAGIC, "10.0", true},
		{unix.EXT4_SUPER_MAGIC, "5.7.19", false},
		{unix.EXT4_SUPER_MAGIC, "4.18.0-553.el8.x86_64", false},
		{unix.EXT4_SUPER_MAGIC, "", false},
		{unix.FUSE_SUPER_MAGIC, "6.1.0", false},
		{unix.NFS_SUPER_MAGIC, "6.1.0", false},
		{unix.OVERLAYFS_SUPER_MAGIC, "6.1.0", false},
	} {
		if got := syncFSKept(c.magic, c.release); got != c.want {
			t.Errorf("%#x on %q: %v", c.magic, c.release, got)
		}
	}
	if release() == "" {
		t.Error("no kernel release")
	}
}
