// Package checkpoint has the text format of checkpoint files, and the leader epochs of one log,
// which a checkpoint file stores.
package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/vfs"
)

// checkpointVersion is the first line of every checkpoint file. The second is the number of
// entries, each a line.
const checkpointVersion = "0"

// Error is a checkpoint file that cannot be parsed; the text names the file and the line.
type Error struct{ Path, Text string }

func (e *Error) Error() string { return e.Text }

// Header returns the first two lines of a file of n entries.
func Header(n int) []byte { return fmt.Appendf(nil, "%s\n%d\n", checkpointVersion, n) }

// ReadIfThere returns nil for a file that does not exist.
func ReadIfThere(fsys vfs.FS, path string) ([]byte, error) {
	data, err := vfs.ReadFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Parse calls take with the fields of each entry. take returns false for an invalid entry.
func Parse(path string, data []byte, take func(fields []string) bool) error {
	bad := func(format string, args ...any) error {
		return &Error{Path: path, Text: fmt.Sprintf(format, args...) + " in checkpoint file (" + path + ")"}
	}
	rest := string(data)
	line := func() (s string, ok bool) {
		if rest == "" {
			return "", false
		}
		s, rest, _ = strings.Cut(rest, "\n")
		return strings.TrimSuffix(s, "\r"), true
	}
	version, ok := line()
	if !ok {
		return nil // Apache Kafka creates each file empty
	}
	if version != checkpointVersion {
		return bad("unrecognized version %.40q, expected %s,", version, checkpointVersion)
	}
	count, ok := line()
	if !ok {
		return bad("no number of entries")
	}
	want, err := strconv.ParseInt(count, 10, 32)
	if err != nil || want < 0 {
		return bad("malformed number of entries %.40q", count)
	}
	found := int64(0)
	for s, ok := line(); ok && s != ""; s, ok = line() {
		if found++; found > want || !take(strings.Fields(s)) {
			return bad("malformed line %.200q", s)
		}
	}
	if found != want {
		return bad("expected %d entries, found only %d", want, found)
	}
	return nil
}
