package telemetry

import (
	"bytes"
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
	if got := strings.Join(names(t, filepath.Dir(path)), " "); got != "server.log server.log.2026-11-29-10.gregor server.log.2026-11-30-11.gregor" {
		t.Errorf("files %s", got)
	}
	if text, _ := os.ReadFile(path + ".2026-11-29-10.gregor"); string(text) != "one\ntwo\n" {
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

// The rotated logs of Apache Kafka in the same folder stay (log4j2.yaml:
// server.log.%d{yyyy-MM-dd-HH}), and all other files that gregor did not make.
func TestRotationRemovesOnlyItsOwnFiles(t *testing.T) {
	l, c, path := openLog(t, Rotation{MaxBytes: 10, MaxFiles: 2})
	foreign := []string{".1", ".gz", ".2026-01-01-01.gz", ".2026-01-01-01.gregor.gz", ".2026-01-01-01x.gregor", "x.2026-01-01-01.gregor"}
	for hour := range 15 {
		foreign = append(foreign, fmt.Sprintf(".2026-01-01-%02d", hour))
	}
	for _, end := range foreign {
		if err := os.WriteFile(path+end, []byte("foreign\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(path+".2026-01-01-01.gregor", 0o700); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		write(t, l, "more than ten bytes\n")
		c.t = c.t.Add(time.Hour)
	}
	for _, end := range append(foreign, ".2026-01-01-01.gregor") {
		if !exists(path + end) {
			t.Errorf("server.log%s is gone", end)
		}
	}
	if own, _ := filepath.Glob(path + ".2026-11-28-*.gregor"); len(own) != 2 {
		t.Errorf("rotated files %v, want 2", own)
	}
}

// block puts a file in the place of the log's folder, so that the path cannot be opened. It returns
// where the folder is.
func block(t *testing.T, path string) (moved string) {
	t.Helper()
	dir := filepath.Dir(path)
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir+".moved", filepath.Base(path))
}

func TestAFailedReopenKeepsTheOldFile(t *testing.T) {
	l, _, path := openLog(t, Rotation{})
	var errs bytes.Buffer
	l.errs = &errs
	write(t, l, "one\n")
	moved := block(t, path)
	if err := l.Reopen(); err == nil {
		t.Fatal("the path was opened")
	}
	write(t, l, "two\n")
	if text, _ := os.ReadFile(moved); string(text) != "one\ntwo\n" {
		t.Errorf("the old file holds %q", text)
	}
	if strings.Count(errs.String(), "gregor: cannot open the log file again") != 1 {
		t.Errorf("standard error has %q", errs.String())
	}
}

// A folder that is gone is made again.
func TestReopenMakesTheFolder(t *testing.T) {
	l, _, path := openLog(t, Rotation{})
	if err := os.Rename(filepath.Dir(path), filepath.Dir(path)+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, l, "one\n")
	if text, _ := os.ReadFile(path); string(text) != "one\n" {
		t.Errorf("the new file holds %q", text)
	}
}

// A rotation that fails loses no line, reports once, and is tried again a minute later.
func TestAFailedRotationKeepsTheOldFile(t *testing.T) {
	l, c, path := openLog(t, Rotation{MaxBytes: 10})
	var errs bytes.Buffer
	l.errs = &errs
	write(t, l, "line one\n")
	moved := block(t, path)
	for range 3 {
		write(t, l, "line two\n")
		c.t = c.t.Add(rotationRetry)
	}
	if text, _ := os.ReadFile(moved); string(text) != "line one\n"+strings.Repeat("line two\n", 3) {
		t.Errorf("the old file holds %q", text)
	}
	if strings.Count(errs.String(), "gregor: cannot rotate the log") != 1 {
		t.Errorf("standard error has %q", errs.String())
	}
	if err := os.Remove(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	write(t, l, "three\n")
	if text, _ := os.ReadFile(path); string(text) != "three\n" {
		t.Errorf("the new file holds %q", text)
	}
}

// A rotation whose new file cannot be opened gives the old file its name back.
func TestARotationWithoutANewFileRenamesNothing(t *testing.T) {
	l, _, path := openLog(t, Rotation{MaxBytes: 10})
	l.errs = &bytes.Buffer{}
	write(t, l, "line one\n")
	at := l.path
	l.path += strings.Repeat("x", 300) // too long a name, also for the file to come
	if err := os.WriteFile(at+".2026-11-28-09.gregor", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, l, "line two\n")
	l.path = at
	if text, _ := os.ReadFile(path); string(text) != "line one\nline two\n" {
		t.Errorf("the file holds %q", text)
	}
}
