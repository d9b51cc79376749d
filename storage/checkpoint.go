package storage

import "github.com/gregorhq/gregor/vfs"

// Names of the checkpoint files in the root of a log directory.
const (
	RecoveryPointCheckpoint     = "recovery-point-offset-checkpoint"
	LogStartOffsetCheckpoint    = "log-start-offset-checkpoint"
	ReplicationOffsetCheckpoint = "replication-offset-checkpoint"
	CleanerOffsetCheckpoint     = "cleaner-offset-checkpoint"
	LeaderEpochCheckpoint       = "leader-epoch-checkpoint"
)

// TopicPartition names a partition in a checkpoint file.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// CheckpointError is a checkpoint file that cannot be parsed; the text names the file and the line.
type CheckpointError struct{ Path, Text string }

func (e *CheckpointError) Error() string { return e.Text }

// ReadOffsetCheckpoint reads a checkpoint file of a log directory ("0\nN\ntopic partition offset\n..."). No file gives
// an empty map; a malformed one a *CheckpointError.
func ReadOffsetCheckpoint(fs vfs.FS, path string) (map[TopicPartition]int64, error) {
	panic("filled in next")
}

// WriteOffsetCheckpoint replaces path atomically: path.tmp is written and fsynced, renamed, and the directory synced,
// as Kafka does; after a crash either the old or the new file is there.
func WriteOffsetCheckpoint(fs vfs.FS, path string, offsets map[TopicPartition]int64) error {
	panic("filled in next")
}
