package quorum

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// KnownDirectories reads from the metadata log in a formatted directory which log directories a
// broker had: the directories of its registration, and the directories of its replicas. It changes
// nothing and needs no lock. The records may include uncommitted ones.
func KnownDirectories(fsys vfs.FS, metadataDir string, broker int32) ([]wire.UUID, error) {
	image, err := readImage(fsys, filepath.Join(metadataDir, Folder))
	if err != nil {
		return nil, fmt.Errorf("cannot read the metadata log in %s: %w", metadataDir, err)
	}
	var known []wire.UUID
	add := func(dir wire.UUID) {
		named := dir != metadata.DirectoryUnassigned && dir != metadata.DirectoryMigrating && dir != metadata.DirectoryLost
		if named && !slices.Contains(known, dir) {
			known = append(known, dir)
		}
	}
	if b := image.Broker(broker); b != nil {
		for _, dir := range b.LogDirs {
			add(dir)
		}
	}
	for t := range image.Topics().All() {
		for _, p := range t.Partitions {
			if p.HasReplica(broker) {
				add(p.DirectoryOf(broker))
			}
		}
	}
	return known, nil
}

// readImage replays the newest snapshot of a folder and the log behind it.
func readImage(fsys vfs.FS, folder string) (*metadata.Image, error) {
	entries, err := fsys.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return metadata.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	snapshots, _, err := listSnapshots(fsys, folder)
	if err != nil {
		return nil, err
	}
	delta, from, err := newestSnapshot(fsys, folder, snapshots)
	if err != nil && !vfs.Exists(fsys, filepath.Join(folder, fmt.Sprintf("%020d.log", 0))) {
		return nil, err // the log does not have all records of the snapshot
	}
	// The engine skips a record that cannot be applied, too.
	replay := func(r metadata.Record) error {
		_ = delta.Replay(r)
		return nil
	}
	last := from
	for _, e := range entries { // sorted by name, which is by offset
		if !strings.HasSuffix(e.Name(), ".log") {
			continue
		}
		data, err := vfs.ReadFile(fsys, filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		if last, err = replayLog(data, from, last, replay); err != nil {
			return nil, err
		}
	}
	return delta.Apply(last, 0)
}

// newestSnapshot replays the newest snapshot that can be read, as the engine does. It returns the
// offset behind it.
func newestSnapshot(fsys vfs.FS, folder string, ids []snapshotID) (delta *metadata.Delta, from int64, err error) {
	var damage error
	for _, id := range slices.Backward(ids) {
		delta = metadata.NewDelta(metadata.Empty())
		_, _, err := readCheckpoint(fsys, filepath.Join(folder, id.fileName()), id, func(r metadata.Record) error {
			_ = delta.Replay(r)
			return nil
		})
		if err == nil {
			return delta, id.Offset, nil
		}
		damage = errors.Join(damage, err)
	}
	return metadata.NewDelta(metadata.Empty()), 0, damage
}

// replayLog replays the records of a segment from an offset on. It returns the last offset. A torn
// batch ends the log.
func replayLog(data []byte, from, last int64, replay func(metadata.Record) error) (int64, error) {
	for len(data) > 0 {
		batch, rest, err := record.Next(data)
		if err != nil || batch.Validate() != nil {
			return last, nil
		}
		data = rest
		if batch.IsControl() || batch.LastOffset() < from {
			continue
		}
		if err := replayBatch(batch, decoded(replay)); err != nil {
			return last, err
		}
		last = max(last, batch.LastOffset())
	}
	return last, nil
}
