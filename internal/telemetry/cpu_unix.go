//go:build unix

package telemetry

import (
	"syscall"
	"time"
)

// ProcessCPU is the processor time that the process has used; ok is false where it cannot be told.
func ProcessCPU() (used time.Duration, ok bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
