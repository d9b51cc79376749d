package quorum

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// CheckDirs refuses directories that are one and the same, and directories inside of a log
// directory. What is in a log directory is taken for partitions.
func CheckDirs(fsys vfs.FS, logDirs []string, metadataDir string) error {
	for i, dir := range logDirs {
		for _, other := range logDirs[:i] {
			if same, _ := vfs.Inside(fsys, dir, other); same {
				return fmt.Errorf("log.dirs names one directory twice, as %s and as %s: remove one of them", other, dir)
			}
		}
		for _, other := range logDirs {
			if _, inside := vfs.Inside(fsys, dir, other); inside {
				return fmt.Errorf("the log directory %s is inside of the log directory %s, where only partitions may be: "+
					"move it out, or remove one of them from log.dirs", dir, other)
			}
		}
		if slices.Contains(logDirs, metadataDir) {
			continue
		}
		switch same, inside := vfs.Inside(fsys, metadataDir, dir); {
		case same:
			return fmt.Errorf("metadata.log.dir and log.dirs name one directory as %s and as %s: write it the same way in both", metadataDir, dir)
		case inside:
			return fmt.Errorf("metadata.log.dir (%s) is inside of the log directory %s, where only partitions may be: choose a directory outside", metadataDir, dir)
		}
	}
	return nil
}

// CheckPlace refuses a start whose metadata log is in another place than the metadata directory.
// The node would begin an empty metadata log there, and set all partitions aside as strays. The
// first text is Kafka's (KafkaRaftServer.initializeLogDirs).
func CheckPlace(fsys vfs.FS, logDirs []string, metadataDir string) error {
	for _, dir := range logDirs {
		folder := filepath.Join(dir, Folder)
		if dir == metadataDir {
			continue
		}
		// The log manager takes a directory that it cannot read offline.
		if holds, err := holdsLog(fsys, folder); err == nil && holds {
			return fmt.Errorf("Found unexpected metadata location in data directory `%s` (the configured metadata directory is %s). "+
				"Set metadata.log.dir to %s, or name it first in log.dirs", folder, metadataDir, dir)
		}
	}
	if _, formatted, _ := storage.ReadMetaProperties(fsys, metadataDir); !formatted {
		return nil
	}
	if holds, err := holdsLog(fsys, filepath.Join(metadataDir, Folder)); err != nil || holds {
		return err
	}
	for _, dir := range logDirs {
		entries, err := fsys.ReadDir(dir)
		if err != nil {
			continue // the log manager takes the directory offline
		}
		for _, e := range entries {
			topic, _, kind, ok := storage.ParsePartitionDir(e.Name())
			if !ok || kind != storage.DirCurrent || topic == topicname.ClusterMetadata {
				continue
			}
			if holds, _ := storage.HoldsPartition(fsys, filepath.Join(dir, e.Name())); holds {
				return fmt.Errorf("the metadata log is missing: %s has no files, but %s holds partitions, for example %s. Put %s back, "+
					"or set metadata.log.dir to the directory that holds it. To begin an empty cluster here, move the partitions away",
					filepath.Join(metadataDir, Folder), dir, e.Name(), Folder)
			}
		}
	}
	return nil
}

// holdsLog reports whether a folder has a file of a metadata log. A folder that does not exist has
// none.
func holdsLog(fsys vfs.FS, folder string) (bool, error) {
	entries, err := fsys.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read the folder of the metadata log: %w", err)
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		id, snapshot := parseSnapshotName(e.Name())
		return strings.HasSuffix(e.Name(), ".log") || snapshot && id != bootstrapID || e.Name() == quorumStateFile
	}), nil
}
