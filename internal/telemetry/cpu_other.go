//go:build !unix

package telemetry

import "time"

// ProcessCPU returns the processor time that the process has used. ok is false where the system
// does not report it.
func ProcessCPU() (used time.Duration, ok bool) { return 0, false }
