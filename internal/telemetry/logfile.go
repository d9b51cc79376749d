package telemetry

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rotation bounds a log file. The zero value never rotates.
type Rotation struct {
	// MaxBytes is the size at which the file rotates. 0 means no bound.
	MaxBytes int64
	// MaxAge is the age at which a file with lines rotates. 0 means no bound.
	MaxAge time.Duration
	// MaxFiles is the number of rotated files to keep. 0 keeps all.
	MaxFiles int
}

// LogFile is a log file that rotates by size and age. The name of a rotated file ends in the time
// of its rotation, as in Kafka: server.log.2026-11-28-09. Its methods are safe for concurrent use.
type LogFile struct {
	path string
	r    Rotation
	now  func() time.Time

	mu    sync.Mutex
	f     *os.File
	size  int64
	since time.Time
}

// OpenLogFile opens a log file for appending, and makes its folder if there is none. The clock now
// names rotated files.
func OpenLogFile(path string, r Rotation, now func() time.Time) (*LogFile, error) {
	l := &LogFile{path: path, r: r, now: now}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return l, err
	}
	return l, l.open()
}

func (l *LogFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	l.f, l.size, l.since = f, st.Size(), l.now()
	return nil
}

// Write appends one line. It first rotates a file that has reached a bound.
func (l *LogFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due(len(line)) {
		if err := l.rotate(); err != nil {
			fmt.Fprintln(os.Stderr, "gregor: cannot rotate the log:", err) // the line goes to the old file
		}
	}
	if l.f == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.f.Write(line)
	l.size += int64(n)
	return n, err
}

func (l *LogFile) due(n int) bool {
	if l.size == 0 {
		return false
	}
	return l.r.MaxBytes > 0 && l.size+int64(n) > l.r.MaxBytes || l.r.MaxAge > 0 && l.now().Sub(l.since) >= l.r.MaxAge
}

func (l *LogFile) rotate() error {
	to := l.path + "." + l.now().Format("2006-01-02-15")
	for i := 1; exists(to); i++ {
		to = fmt.Sprintf("%s.%s.%d", l.path, l.now().Format("2006-01-02-15"), i)
	}
	if err := os.Rename(l.path, to); err != nil {
		return err
	}
	if l.f != nil {
		_ = l.f.Close()
		l.f = nil
	}
	if err := l.open(); err != nil {
		return err
	}
	return l.prune()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// prune removes the oldest rotated files.
func (l *LogFile) prune() error {
	if l.r.MaxFiles <= 0 {
		return nil
	}
	dir, base := filepath.Dir(l.path), filepath.Base(l.path)+"."
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	type rotated struct {
		name string
		mod  time.Time
	}
	var old []rotated
	for _, e := range entries {
		suffix, ours := strings.CutPrefix(e.Name(), base)
		if st, err := e.Info(); ours && err == nil && len(suffix) >= len("2006-01-02-15") && suffix[0] >= '0' && suffix[0] <= '9' {
			old = append(old, rotated{e.Name(), st.ModTime()})
		}
	}
	slices.SortFunc(old, func(a, b rotated) int {
		if c := a.mod.Compare(b.mod); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	for len(old) > l.r.MaxFiles {
		if err := os.Remove(filepath.Join(dir, old[0].name)); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}

// Reopen closes the file and opens the path again, after another program has renamed the file.
func (l *LogFile) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		_ = l.f.Close()
		l.f = nil
	}
	return l.open()
}

// Close closes the file.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}
