//go:build unix

package telemetry

import (
	"syscall"
	"time"
)

// ProcessCPU returns the processor time that the process has used. ok is false where the system
// does not report it.
func ProcessCPU() (used time.Duration, ok bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
