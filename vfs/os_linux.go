package vfs

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

func dataSync(f *os.File) error {
	fd := int(f.Fd())
	for {
		err := unix.Fdatasync(fd)
		if err != unix.EINTR {
			return wrapPath("fdatasync", f.Name(), err)
		}
	}
}

// mount is a directory that is kept open.
type mount struct{ dir *os.File }

func openMount(dir string) (Mount, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(d.Fd()), &st); err != nil {
		_ = d.Close()
		return nil, wrapPath("fstatfs", dir, err)
	}
	if !syncFSKept(uint32(st.Type), release()) {
		_ = d.Close()
		return nil, ErrNotSupported
	}
	return &mount{d}, nil
}

func (m *mount) SyncFS() error { return wrapPath("syncfs", m.dir.Name(), unix.Syncfs(int(m.dir.Fd()))) }
func (m *mount) Close() error  { return m.dir.Close() }

func (m *mount) Holds(path string) (bool, error) {
	var own, other unix.Stat_t
	if err := unix.Fstat(int(m.dir.Fd()), &own); err != nil {
		return false, wrapPath("fstat", m.dir.Name(), err)
	}
	if err := unix.Stat(path, &other); err != nil {
		return false, wrapPath("stat", path, err)
	}
	return own.Dev == other.Dev, nil
}

// release is the kernel's, such as "6.1.0-18-amd64".
var release = sync.OnceValue(func() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
})

// syncFSKept reports whether syncfs(2) keeps the promise of SyncFS on a file system and a kernel.
// Kernels before 5.8 report no lost write. syncfs does not reach FUSE servers and network file
// systems, and overlayfs hides errors of the file system below. So only file systems count that are
// known to keep the promise.
func syncFSKept(magic uint32, release string) bool {
	switch magic {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC:
	default:
		return false
	}
	major, rest, _ := strings.Cut(release, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if i := strings.IndexFunc(minor, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		minor = minor[:i]
	}
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	return err1 == nil && err2 == nil && (a > 5 || a == 5 && b >= 8)
}

func wrapPath(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}
