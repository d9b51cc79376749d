//go:build unix

package telemetry

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// always is a bound that every line reaches.
var always = Rotation{MaxBytes: 1, MaxAge: time.Nanosecond}

// openIn opens a log whose lines are all due for a rotation.
func openIn(t *testing.T, path string) *LogFile {
	t.Helper()
	c := &fakeClock{time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	l, err := OpenLogFile(path, always, func() time.Time { c.t = c.t.Add(time.Hour); return c.t })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A device takes lines, and it is never renamed, also through a link.
func TestADeviceDoesNotRotate(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "server.log")
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Fatal(err)
	}
	l := openIn(t, link)
	for range 3 {
		write(t, l, "line\n")
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, l, "line\n")
	if got := names(t, dir); !slices.Equal(got, []string{"server.log"}) {
		t.Errorf("the files are %v", got)
	}
	if to, err := os.Readlink(link); err != nil || to != os.DevNull {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

// A FIFO without a reader is an error, and no endless wait. With a reader it takes lines, and it is
// never renamed.
func TestAFIFODoesNotRotate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "server.log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLogFile(path, always, time.Now); !errors.Is(err, syscall.ENXIO) || !strings.Contains(err.Error(), "has no reader") {
		t.Fatalf("the open of a FIFO without a reader ended with %v", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l := openIn(t, path)
	in := bufio.NewReader(reader)
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		write(t, l, line)
		if got, err := in.ReadString('\n'); got != line {
			t.Errorf("the reader got %q, %v", got, err)
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{"server.log"}) {
		t.Errorf("the files are %v", got)
	}
}

// The file behind standard output is regular. It is never renamed, because it stays standard output
// under each name.
func TestStandardOutputDoesNotRotate(t *testing.T) {
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	link := filepath.Join(dir, "server.log")
	if err := os.Symlink(out.Name(), link); err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = out
	t.Cleanup(func() { os.Stdout = stdout })
	l := openIn(t, link)
	for range 3 {
		write(t, l, "line\n")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"out", "server.log"}) {
		t.Errorf("the files are %v", got)
	}
}
