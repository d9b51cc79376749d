package storage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

// Names of the checkpoint files: the first four in the root of a log directory, the last in each
// partition's folder.
const (
	RecoveryPointCheckpoint     = "recovery-point-offset-checkpoint"
	LogStartOffsetCheckpoint    = "log-start-offset-checkpoint"
	ReplicationOffsetCheckpoint = "replication-offset-checkpoint"
	CleanerOffsetCheckpoint     = "cleaner-offset-checkpoint"
	LeaderEpochCheckpoint       = checkpoint.LeaderEpochFile
)

// TopicPartition names a partition in a checkpoint file.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// ReadOffsetCheckpoint reads a checkpoint file of a log directory ("0\nN\ntopic partition
// offset\n..."). No file gives an empty map; a malformed one a *CheckpointError.
func ReadOffsetCheckpoint(fsys vfs.FS, path string) (map[TopicPartition]int64, error) {
	data, err := checkpoint.ReadIfThere(fsys, path)
	if err != nil {
		return nil, err
	}
	return ParseOffsetCheckpoint(path, data)
}

// ReadEpochCheckpoint reads a leader-epoch-checkpoint. No file gives no entries; a malformed one a
// *CheckpointError.
func ReadEpochCheckpoint(fsys vfs.FS, path string) ([]EpochEntry, error) {
	return checkpoint.ReadEpochs(fsys, path)
}

// ParseOffsetCheckpoint is ReadOffsetCheckpoint of bytes; path is named in errors. Empty data give
// an empty map.
func ParseOffsetCheckpoint(path string, data []byte) (map[TopicPartition]int64, error) {
	out := make(map[TopicPartition]int64)
	err := checkpoint.Parse(path, data, func(f []string) bool {
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
	b := checkpoint.Header(len(keys))
	for _, k := range keys {
		b = fmt.Appendf(b, "%s %d %d\n", k.Topic, k.Partition, offsets[k])
	}
	return vfs.WriteFileAtomic(fsys, path, b)
}
