//go:build unix

package network

import (
	"math"
	"syscall"
)

// descriptors is how many files and sockets the process may have open; 0 when that is not known.
func descriptors() int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	return int(min(uint64(r.Cur), math.MaxInt32))
}
