package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// story is the sequence of events. A report of a broken promise prints it. All events go to a file,
// the relevant ones to the reader.
type story struct {
	mu    sync.Mutex
	began time.Time
	file  *os.File
}

func newStory(dir string) (*story, error) {
	f, err := os.Create(filepath.Join(dir, "story.log"))
	return &story{began: time.Now(), file: f}, err
}

func (s *story) add(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := fmt.Sprintf("%9.3f ", time.Since(s.began).Seconds()) + fmt.Sprintf(format, args...)
	fmt.Fprintln(s.file, line)
}

// tell prints the events before a violation: the latest ones, the events that name the place, and
// the files of the place.
func (s *story) tell(w io.Writer, err error, dataDir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	where := ""
	if v, ok := err.(*violation); ok {
		where = v.Where
	}
	fmt.Fprintf(w, "\nVIOLATION %v\n\nwhat went before:\n", err)
	all, _ := os.ReadFile(s.file.Name())
	lines := strings.Split(strings.TrimSpace(string(all)), "\n")
	for i, l := range lines {
		of := where != "" && strings.Contains(l, where+":") && i >= len(lines)-1000
		if i >= len(lines)-30 || of || strings.Contains(l, "planted") || (strings.Contains(l, " kill ") && i >= len(lines)-2000) {
			fmt.Fprintln(w, " ", l)
		}
	}
	for _, dir := range []string{where, ""} {
		files, _ := filepath.Glob(filepath.Join(dataDir, dir, "*"))
		if dir == "" {
			fmt.Fprintf(w, "\n%s:\n", dataDir)
		} else if len(files) > 0 {
			fmt.Fprintf(w, "\nfiles of %s:\n", dir)
		}
		for _, f := range files {
			if st, err := os.Stat(f); err == nil {
				fmt.Fprintf(w, "  %10d  %s  %s\n", st.Size(), st.ModTime().Format("15:04:05.000"), filepath.Base(f))
			}
		}
		if dir == "" {
			break
		}
	}
}
