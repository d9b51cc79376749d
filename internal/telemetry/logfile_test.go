package telemetry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type fakeClock struct{ t time.Time }

func (c *fakeClock) now() time.Time { return c.t }

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func openLog(t *testing.T, r Rotation) (*LogFile, *fakeClock, string) {
	t.Helper()
	c := &fakeClock{time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "logs", "server.log")
	l, err := OpenLogFile(path, r, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, c, path
}

func write(t *testing.T, l *LogFile, line string) {
	t.Helper()
	if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
		t.Fatal(n, err)
	}
}

func TestLogFileRotatesBySizeAndKeepsABound(t *testing.T) {
	l, c, path := openLog(t, Rotation{MaxBytes: 30, MaxFiles: 2})
	for i := range 10 {
		write(t, l, fmt.Sprintf("line %d of ten bytes\n", i))
		c.t = c.t.Add(time.Hour)
	}
	got := names(t, filepath.Dir(path))
	if len(got) != 3 || got[0] != "server.log" {
		t.Fatalf("files %v, want server.log and 2 rotated ones", got)
	}
	if text, _ := os.ReadFile(path); string(text) != "line 9 of ten bytes\n" {
		t.Errorf("the log holds %q", text)
	}
}

func TestLogFileRotatesByAge(t *testing.T) {
	l, c, path := openLog(t, Rotation{MaxAge: 24 * time.Hour})
	write(t, l, "one\n")
	c.t = c.t.Add(23 * time.Hour)
	write(t, l, "two\n")
	c.t = c.t.Add(2 * time.Hour)
	write(t, l, "three\n")
	c.t = c.t.Add(25 * time.Hour)
	write(t, l, "four\n")
	if got := strings.Join(names(t, filepath.Dir(path)), " "); got != "server.log server.log.2026-11-29-10 server.log.2026-11-30-11" {
		t.Errorf("files %s", got)
	}
	if text, _ := os.ReadFile(path + ".2026-11-29-10"); string(text) != "one\ntwo\n" {
		t.Errorf("the rotated file holds %q", text)
	}
}

// Two rotations within an hour keep both files, and files of other programs stay.
func TestLogFileOverwritesNothing(t *testing.T) {
	l, _, path := openLog(t, Rotation{MaxBytes: 5, MaxFiles: 5})
	other := path + ".gz"
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		write(t, l, "12345\n")
	}
	got := names(t, filepath.Dir(path))
	if len(got) != 7 || !exists(other) {
		t.Errorf("files %v, want server.log, server.log.gz and 5 rotated ones", got)
	}
}

func TestLogFileReopens(t *testing.T) {
	l, _, path := openLog(t, Rotation{})
	write(t, l, "one\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, l, "two\n")
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, l, "three\n")
	if text, _ := os.ReadFile(path + ".1"); string(text) != "one\ntwo\n" {
		t.Errorf("the renamed file holds %q", text)
	}
	if text, _ := os.ReadFile(path); string(text) != "three\n" {
		t.Errorf("the new file holds %q", text)
	}
}
