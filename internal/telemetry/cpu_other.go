//go:build !unix

package telemetry

import "time"

// ProcessCPU is the processor time that the process has used; ok is false where it cannot be told.
func ProcessCPU() (used time.Duration, ok bool) { return 0, false }
