package telemetry

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// LogFile is a log file that rotates by size and age. The name of a rotated file holds the time of
// its rotation, as in Kafka, and ends in .gregor: server.log.2026-11-28-09.gregor. So the bound of
// MaxFiles never removes a rotated file of Apache Kafka. Its methods are safe for concurrent use.
type LogFile struct {
	path string
	r    Rotation
	now  func() time.Time
	// errs takes the faults of the file itself: standard error.
	errs io.Writer

	mu sync.Mutex
	f  *os.File
	// rotates means that f is a file that may be renamed.
	rotates bool
	size    int64
	since   time.Time
	// retry is the time before which no other rotation is tried. It is zero after a success.
	retry time.Time
}

// OpenLogFile opens a log file for appending, and makes its folder if there is none. The clock now
// names rotated files. A device, a FIFO and the file behind standard output or standard error take
// lines but never rotate. A FIFO without a reader is an error.
func OpenLogFile(path string, r Rotation, now func() time.Time) (*LogFile, error) {
	l := &LogFile{path: path, r: r, now: now, errs: os.Stderr}
	return l, l.open()
}

// open opens the path, and then closes the file that was open before. After an error that file is
// still open, so that no line is lost.
func (l *LogFile) open() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	f, err := openForAppend(l.path)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	if l.f != nil {
		_ = l.f.Close()
	}
	l.f, l.size, l.since, l.retry = f, st.Size(), l.now(), time.Time{}
	if l.rotates = st.Mode().IsRegular() && !standard(st); l.rotates && l.size > 0 {
		l.since = begin(l.path, st.ModTime())
	}
	return nil
}

// openForAppend opens a file, and makes it if there is none. The open of a FIFO does not wait for a
// reader.
func openForAppend(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if st, err := os.Stat(path); err == nil && st.Mode()&os.ModeNamedPipe != 0 {
		flags |= syscall.O_NONBLOCK
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, syscall.ENXIO) && flags&syscall.O_NONBLOCK != 0 {
		return nil, fmt.Errorf("the FIFO %s has no reader: %w", path, err)
	}
	return f, err
}

// standard reports whether a file is the one behind standard output or standard error. Its path may
// be a link in /dev, and it would stay open under its new name.
func standard(st os.FileInfo) bool {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := f.Stat(); err == nil && os.SameFile(own, st) {
			return true
		}
	}
	return false
}

// kafkaTime is the time in a line of Kafka's layout.
const kafkaTime = "2006-01-02 15:04:05,000"

// lineTime is the begin of a line in Kafka's layout.
const lineTime = "[" + kafkaTime + "]"

// begin returns the time of the first line of a file, so that the age of the file outlives the
// process. A file whose first line has no time is as old as its last line.
func begin(path string, last time.Time) time.Time {
	f, err := os.Open(path)
	if err != nil {
		return last
	}
	defer f.Close()
	var head [len(lineTime)]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return last
	}
	if t, err := time.ParseInLocation(lineTime, string(head[:]), time.Local); err == nil {
		return t
	}
	return last
}

// rotationRetry is the time between two tries after a rotation that failed.
const rotationRetry = time.Minute

// Write appends one line. It first rotates a file that has reached a bound. After a rotation that
// failed the lines go to the old file.
func (l *LogFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due(len(line)) {
		l.tryRotate()
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
	if !l.rotates || l.size == 0 || l.now().Before(l.retry) {
		return false
	}
	return l.r.MaxBytes > 0 && l.size+int64(n) > l.r.MaxBytes || l.r.MaxAge > 0 && l.now().Sub(l.since) >= l.r.MaxAge
}

// tryRotate rotates the file. It reports the first of several failures in a row.
func (l *LogFile) tryRotate() {
	first := l.retry.IsZero()
	if err := l.rotate(); err != nil {
		l.retry = l.now().Add(rotationRetry)
		if first {
			fmt.Fprintln(l.errs, "gregor: cannot rotate the log, the lines go to the old file:", err)
		}
		return
	}
	if err := l.prune(); err != nil {
		fmt.Fprintln(l.errs, "gregor: cannot remove an old log file:", err)
	}
}

// rotate renames the file and opens the path again. After an error the old file has its name back.
func (l *LogFile) rotate() error {
	to := l.rotatedName()
	err := os.Rename(l.path, to)
	gone := errors.Is(err, os.ErrNotExist) // another program has renamed the file
	if err != nil && !gone {
		return err
	}
	if err = l.open(); err != nil && !gone {
		err = errors.Join(err, os.Rename(to, l.path))
	}
	return err
}

// rotatedName returns a name that no file has.
func (l *LogFile) rotatedName() string {
	begin := l.path + "." + l.now().Format("2006-01-02-15")
	to := begin + rotatedEnd
	for i := 1; exists(to); i++ {
		to = fmt.Sprintf("%s.%d%s", begin, i, rotatedEnd)
	}
	return to
}

// rotatedEnd ends the name of a rotated file. Without it the name is one of Apache Kafka.
const rotatedEnd = ".gregor"

// rotatedSuffix matches what rotatedName appends to the name of the file.
var rotatedSuffix = regexp.MustCompile(`^\.\d{4}-\d\d-\d\d-\d\d(\.\d+)?\.gregor$`)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// prune removes the oldest of the files that rotate has made. All other files stay.
func (l *LogFile) prune() error {
	if l.r.MaxFiles <= 0 {
		return nil
	}
	dir, base := filepath.Dir(l.path), filepath.Base(l.path)
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
		if st, err := e.Info(); ours && rotatedSuffix.MatchString(suffix) && err == nil && st.Mode().IsRegular() {
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

// Reopen opens the path again, after another program has renamed the file. After an error the lines
// still go to the old file.
func (l *LogFile) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.open()
	if err != nil {
		fmt.Fprintln(l.errs, "gregor: cannot open the log file again, the lines go to the old file:", err)
	}
	return err
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
