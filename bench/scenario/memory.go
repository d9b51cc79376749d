package scenario

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// keepFree is the memory that fill leaves free, in bytes.
const keepFree = 384 << 20

// fill fills the memory with page cache of an unused file, as on a machine that has run for days: a
// broker's writes then replace old pages. With free memory they take new pages. On a virtual
// machine the host has to provide each new page, which costs ten times as much, and the broker that
// runs first pays for it.
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
	// The holes of the file take no disk space. The file continues at its old end, because the
	// earlier part may still be in memory.
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
	// io.Copy to io.Discard has a small buffer, and the file has tens of gigabytes.
	buf := make([]byte, 1<<20)
	for {
		if _, err := f.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// empty frees the memory that fill has filled.
func (s *Suite) empty() { _ = os.Remove(filepath.Join(s.o.Work, "ballast")) }

// memFree returns the free memory in bytes.
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
