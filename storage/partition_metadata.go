package storage

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

// PartitionMetadataFile is the name of the file that binds a partition's folder to a topic id.
const PartitionMetadataFile = "partition.metadata"

// ReadPartitionMetadata reads dir/partition.metadata. ok is false without a file; a malformed one
// gives a *CheckpointError.
func ReadPartitionMetadata(fsys vfs.FS, dir string) (topicID [16]byte, ok bool, err error) {
	path := filepath.Join(dir, PartitionMetadataFile)
	data, err := checkpoint.ReadIfThere(fsys, path)
	if err != nil || data == nil {
		return topicID, false, err
	}
	topicID, err = ParsePartitionMetadata(path, data)
	return topicID, err == nil, err
}

// ParsePartitionMetadata reads the file's bytes; path is named in errors.
func ParsePartitionMetadata(path string, data []byte) (topicID [16]byte, err error) {
	fields := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	bad := func(what string) error {
		return &checkpoint.Error{Path: path, Text: fmt.Sprintf("%s in partition metadata file (%s)", what, path)}
	}
	if v := fields["version"]; v != "0" {
		return topicID, bad(fmt.Sprintf("unrecognized version %.40q, expected 0,", v))
	}
	id, err := uuid.Parse(fields["topic_id"])
	if err != nil || id == [16]byte{} {
		return topicID, bad(fmt.Sprintf("invalid topic ID %.60q", fields["topic_id"]))
	}
	return id, nil
}

// WritePartitionMetadata writes dir/partition.metadata atomically and synced. Like Kafka's it has
// no newline at its end.
func WritePartitionMetadata(fsys vfs.FS, dir string, topicID [16]byte) error {
	return vfs.WriteFileAtomic(fsys, filepath.Join(dir, PartitionMetadataFile),
		fmt.Appendf(nil, "version: 0\ntopic_id: %s", uuid.Format(topicID)))
}
