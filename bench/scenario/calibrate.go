package scenario

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// calibrate notes what the machine takes, just now, for the least that a produce does: bytes appended to new files through the
// page cache, 16 KiB at a time, nobody syncing. Every broker pays for this; where both columns of this row are not alike, the rows
// that follow are not either.
func (s *Suite) calibrate(kind string) error {
	name := filepath.Join(s.o.Work, "calibrate")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer os.Remove(name)
	defer f.Close()
	block := make([]byte, 16<<10)
	size := s.size(1 << 30)
	before := ownCPU()
	for n := int64(0); n < size; n += int64(len(block)) {
		if _, err := f.Write(block); err != nil {
			return err
		}
	}
	s.note(kind, "calibration", "CPU-s/GiB, appended to the page cache by 16 KiB, no broker", "", perGiB(ownCPU()-before, size))
	return nil
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
