//go:build unix

package vfs

import "golang.org/x/sys/unix"

// Usage is the size of the file system that holds dir and what a process without privileges may
// still write there, in bytes.
func (osFS) Usage(dir string) (totalBytes, usableBytes int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	size := int64(s.Bsize)
	return int64(s.Blocks) * size, int64(s.Bavail) * size, nil
}
