package scenario

import (
	"os"
	"syscall"
)

// dropPages removes a file's pages from the page cache (POSIX_FADV_DONTNEED).
func dropPages(f *os.File) error {
	const dontNeed = 4
	if _, _, e := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); e != 0 {
		return e
	}
	return nil
}
