package quorum

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/vfs"
)

const (
	// Folder is the metadata log's folder below metadata.log.dir.
	Folder = topicname.ClusterMetadata + "-0"

	quorumStateFile  = "quorum-state"
	checkpointSuffix = ".checkpoint"
	partSuffix       = ".part"
	// oldBootstrapFile, in metadata.log.dir itself, is where Apache Kafka 3.3 to 4.1 keeps the
	// bootstrap records.
	oldBootstrapFile = "bootstrap.checkpoint"
)

// TopicID is the id that the metadata topic has in every cluster (Uuid.METADATA_TOPIC_ID).
var TopicID = wire.UUID{15: 1}

// snapshotID names a snapshot: it holds everything below Offset, and Epoch is the epoch of the last
// record in it.
type snapshotID struct {
	Offset int64
	Epoch  int32
}

// bootstrapID names the checkpoint that formatting writes. It is no snapshot: it holds the records
// that the first leader appends first.
var bootstrapID = snapshotID{}

func (id snapshotID) fileName() string {
	return fmt.Sprintf("%020d-%010d%s", id.Offset, id.Epoch, checkpointSuffix)
}

func parseSnapshotName(name string) (snapshotID, bool) {
	stem, ok := strings.CutSuffix(name, checkpointSuffix)
	if !ok || len(stem) != 31 || stem[20] != '-' {
		return snapshotID{}, false
	}
	offset, err1 := strconv.ParseInt(stem[:20], 10, 64)
	epoch, err2 := strconv.ParseInt(stem[21:], 10, 32)
	if err1 != nil || err2 != nil || offset < 0 || epoch < 0 {
		return snapshotID{}, false
	}
	return snapshotID{offset, int32(epoch)}, true
}

// listSnapshots finds the snapshots of a folder in ascending order, without the bootstrap
// checkpoint, and the names of files that an interrupted writer left.
func listSnapshots(fsys vfs.FS, dir string) (ids []snapshotID, left []string, err error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if id, ok := parseSnapshotName(name); ok && id != bootstrapID {
			ids = append(ids, id)
		}
		if isLeftover(entry) {
			left = append(left, name)
		}
	}
	slices.SortFunc(ids, func(a, b snapshotID) int {
		if a.Offset != b.Offset {
			return int(min(1, max(-1, a.Offset-b.Offset)))
		}
		return int(a.Epoch - b.Epoch)
	})
	return ids, left, nil
}

// isLeftover finds the files of an interrupted writer or deletion: gregor writes
// NAME.checkpoint.part, Apache Kafka NAME.checkpoint.RANDOM.part, and both rename a file to
// NAME.checkpoint.deleted before they delete it.
func isLeftover(entry fs.DirEntry) bool {
	name := entry.Name()
	return !entry.IsDir() && strings.Contains(name, checkpointSuffix+".") &&
		(strings.HasSuffix(name, partSuffix) || strings.HasSuffix(name, ".deleted"))
}
