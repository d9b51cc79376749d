package storage

import "github.com/gregorhq/gregor/vfs"

// PartitionMetadataFile is the name of the file that binds a partition's folder to a topic id.
const PartitionMetadataFile = "partition.metadata"

// ReadPartitionMetadata reads dir/partition.metadata. ok is false without a file; a malformed one gives a
// *CheckpointError.
func ReadPartitionMetadata(fs vfs.FS, dir string) (topicID [16]byte, ok bool, err error) {
	panic("filled in next")
}

// WritePartitionMetadata writes dir/partition.metadata atomically and synced.
func WritePartitionMetadata(fs vfs.FS, dir string, topicID [16]byte) error { panic("filled in next") }
