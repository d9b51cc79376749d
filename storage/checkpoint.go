package storage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/vfs"
)

// Names of the checkpoint files: the first four in the root of a log directory, the last in each
// partition's folder.
const (
	RecoveryPointCheckpoint     = "recovery-point-offset-checkpoint"
	LogStartOffsetCheckpoint    = "log-start-offset-checkpoint"
	ReplicationOffsetCheckpoint = "replication-offset-checkpoint"
	CleanerOffsetCheckpoint     = "cleaner-offset-checkpoint"
	LeaderEpochCheckpoint       = "leader-epoch-checkpoint"
)

// checkpointVersion is the first line of every checkpoint file. The second is the number of
// entries, each a line.
const checkpointVersion = "0"

// TopicPartition names a partition in a checkpoint file.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// CheckpointError is a checkpoint file that cannot be parsed; the text names the file and the line.
type CheckpointError struct{ Path, Text string }

func (e *CheckpointError) Error() string { return e.Text }

// ReadOffsetCheckpoint reads a checkpoint file of a log directory ("0\nN\ntopic partition
// offset\n..."). No file gives an empty map; a malformed one a *CheckpointError.
func ReadOffsetCheckpoint(fsys vfs.FS, path string) (map[TopicPartition]int64, error) {
	data, err := readIfThere(fsys, path)
	if err != nil {
		return nil, err
	}
	return ParseOffsetCheckpoint(path, data)
}

// ParseOffsetCheckpoint is ReadOffsetCheckpoint of bytes; path is named in errors. Empty data give
// an empty map.
func ParseOffsetCheckpoint(path string, data []byte) (map[TopicPartition]int64, error) {
	out := make(map[TopicPartition]int64)
	err := parseCheckpoint(path, data, func(f []string) bool {
		if len(f) != 3 {
			return false
		}
		partition, err1 := strconv.ParseInt(f[1], 10, 32)
		offset, err2 := strconv.ParseInt(f[2], 10, 64)
		if err1 != nil || err2 != nil || partition < 0 {
			return false
		}
		out[TopicPartition{f[0], int32(partition)}] = offset
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// WriteOffsetCheckpoint replaces path atomically: path.tmp is written and fsynced, renamed, and the
// directory synced, as Kafka does; after a crash either the old or the new file is there. Lines are
// sorted.
func WriteOffsetCheckpoint(fsys vfs.FS, path string, offsets map[TopicPartition]int64) error {
	keys := slices.SortedFunc(maps.Keys(offsets), func(a, b TopicPartition) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	b := checkpointHead(len(keys))
	for _, k := range keys {
		b = fmt.Appendf(b, "%s %d %d\n", k.Topic, k.Partition, offsets[k])
	}
	return vfs.WriteFileAtomic(fsys, path, b)
}

func readEpochs(fsys vfs.FS, path string) ([]EpochEntry, error) {
	data, err := readIfThere(fsys, path)
	if err != nil {
		return nil, err
	}
	return ParseEpochCheckpoint(path, data)
}

// ParseEpochCheckpoint reads the bytes of a leader-epoch-checkpoint ("0\nN\nepoch
// startOffset\n..."), in the order of the file; path is named in errors.
func ParseEpochCheckpoint(path string, data []byte) ([]EpochEntry, error) {
	var out []EpochEntry
	err := parseCheckpoint(path, data, func(f []string) bool {
		if len(f) != 2 {
			return false
		}
		epoch, err1 := strconv.ParseInt(f[0], 10, 32)
		start, err2 := strconv.ParseInt(f[1], 10, 64)
		out = append(out, EpochEntry{int32(epoch), start})
		return err1 == nil && err2 == nil
	})
	return out, err
}

func writeEpochs(fsys vfs.FS, path string, entries []EpochEntry) error {
	b := checkpointHead(len(entries))
	for _, e := range entries {
		b = fmt.Appendf(b, "%d %d\n", e.Epoch, e.StartOffset)
	}
	return vfs.WriteFileAtomic(fsys, path, b)
}

func checkpointHead(n int) []byte { return fmt.Appendf(nil, "%s\n%d\n", checkpointVersion, n) }

// readIfThere gives nil for a file that does not exist.
func readIfThere(fsys vfs.FS, path string) ([]byte, error) {
	data, err := vfs.ReadFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// parseCheckpoint gives each entry's fields to take, which says whether they are good.
func parseCheckpoint(path string, data []byte, take func(fields []string) bool) error {
	bad := func(format string, args ...any) error {
		return &CheckpointError{Path: path, Text: fmt.Sprintf(format, args...) + " in checkpoint file (" + path + ")"}
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
		return nil // an empty file says as much as none (Kafka)
	}
	if version != checkpointVersion {
		return bad("unrecognized version %.40q, expected %s,", version, checkpointVersion)
	}
	count, ok := line()
	if !ok {
		return nil
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
