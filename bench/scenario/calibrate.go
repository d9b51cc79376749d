package scenario

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// calibrate measures the machine's current speed at the minimal work of a produce: it appends bytes
// to new files through the page cache, 16 KiB at a time, without a sync. Every broker does this
// work. When this row differs between the two brokers, the rows after it are not comparable: see
// discard.
func (s *Suite) calibrate(kind, row string) error {
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
	cost := perGiB(ownCPU()-before, size)
	s.note(kind, row, "calibration: CPU-s/GiB appended to the page cache, no broker", "", cost)
	if s.calibrated[row] == nil {
		s.calibrated[row] = map[string]float64{}
	}
	s.calibrated[row][kind] = cost
	return nil
}

// alike bounds the ratio of the machine's speed between the two brokers of a pair.
const alike = 1.2

// discard removes the rows of a pair that were measured at different speeds of the machine.
func (s *Suite) discard() {
	for row, cost := range s.calibrated {
		g, k := cost["gregor"], cost["kafka"]
		if len(cost) < 2 || max(g, k) <= alike*min(g, k) {
			continue
		}
		s.discarded++
		logf("%s: a pair is discarded: writing 1 GiB took %.2f CPU-s before gregor, %.2f before Apache Kafka", row, g, k)
		for _, l := range s.lines {
			if l.row != row {
				continue
			}
			for kind, vals := range l.vals {
				l.vals[kind] = vals[:len(vals)-1]
			}
		}
	}
	clear(s.calibrated)
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
