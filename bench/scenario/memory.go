package scenario

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// keepFree is how much memory fill leaves, in bytes.
const keepFree = 384 << 20

// fill fills memory with pages of a file that nobody needs, as on a machine that has been up for days: what a broker writes
// then takes the place of old pages. Where memory is empty it takes new ones, and on a virtual machine each of them has to be
// provided by the host at ten times the cost, to whichever broker comes first.
func (s *Suite) fill() error {
	free, err := memFree()
	if err != nil || free <= keepFree {
		return err
	}
	name := filepath.Join(s.o.Work, "ballast")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	// Holes take no disk. The file goes on where it ended: what was read before may be in memory still.
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if err := f.Truncate(i.Size() + free - keepFree); err != nil {
		return err
	}
	if _, err := f.Seek(i.Size(), io.SeekStart); err != nil {
		return err
	}
	// Not io.Copy to io.Discard: its buffer is small, and this is tens of gigabytes.
	buf := make([]byte, 1<<20)
	for {
		if _, err := f.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// empty gives back what fill took.
func (s *Suite) empty() { _ = os.Remove(filepath.Join(s.o.Work, "ballast")) }

// memFree is the memory that holds nothing, in bytes.
func memFree() (int64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "MemFree:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/meminfo has no MemFree")
}
