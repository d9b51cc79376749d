//go:build unix

package network

import (
	"math"
	"syscall"
)

// descriptors returns the limit of open files and sockets of the process, 0 when it is not known.
func descriptors() int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	return int(min(uint64(r.Cur), math.MaxInt32))
}
