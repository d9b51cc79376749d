package quorum

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// fetchedSuffix marks a snapshot that is being fetched. A start removes what a stop left of one.
const fetchedSuffix = ".fetched" + partSuffix

// takeChunk writes a piece of a snapshot that is fetched. The last one replaces the log by the
// snapshot.
func (e *engine) takeChunk(c *kraft.Chunk) {
	err := e.writeChunk(c)
	if err == nil && !c.Last {
		return
	}
	var event kraft.Event = kraft.SnapshotFailed{ID: c.ID}
	if err == nil {
		event, err = e.install(snapshotID(c.ID))
	}
	switch {
	case err == nil:
	case storage.Classify(err) == storage.ClassDisk && !errors.Is(err, errFetchedSnapshot):
		e.fail(err)
		return
	default:
		e.log.Error("a metadata snapshot of the leader cannot be used and is fetched again", "snapshot", snapshotID(c.ID).fileName(), "error", err)
		event = kraft.SnapshotFailed{ID: c.ID}
	}
	e.feed(event)
}

func (e *engine) writeChunk(c *kraft.Chunk) (err error) {
	flag := os.O_RDWR
	if c.Position == 0 {
		flag |= os.O_CREATE | os.O_TRUNC
	}
	f, err := e.fs.OpenFile(filepath.Join(e.dir, snapshotID(c.ID).fileName()+fetchedSuffix), flag, vfs.FilePerm)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(c.Bytes, c.Position)
	if err == nil && c.Last {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// errFetchedSnapshot means that the content of a snapshot of the leader cannot be right.
var errFetchedSnapshot = errors.New("quorum: the fetched snapshot is damaged")

// install makes a complete snapshot the node's state: its file, the log that begins behind it, and
// the image, which publishers get as one delta.
func (e *engine) install(id snapshotID) (kraft.Event, error) {
	path := filepath.Join(e.dir, id.fileName())
	delta := metadata.NewDelta(metadata.Empty())
	c, size, err := readCheckpoint(e.fs, path+fetchedSuffix, id, func(r metadata.Record) error {
		if err := delta.Replay(r); err != nil {
			e.skipped(r.MessageName(), id.Offset-1, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFetchedSnapshot, err)
	}
	image, err := delta.Apply(id.Offset-1, id.Epoch)
	if err != nil {
		e.skipped("partitions", id.Offset-1, err)
	}
	if err := e.fs.Rename(path+fetchedSuffix, path); err != nil {
		return nil, err
	}
	if err := e.fs.SyncDir(e.dir); err != nil {
		return nil, err
	}
	// After a power cut from here on, the start finds a snapshot above the log end, and does the
	// rest.
	if err := e.store.log.TruncateFullyAndStartAt(id.Offset); err != nil {
		return nil, err
	}
	e.store.start, e.tail, e.ahead, e.unsynced = id, nil, nil, false
	old := e.snapshots.kept
	e.snapshots.kept, e.snapshots.bytes, e.snapshots.lastMs = []keptSnapshot{{id, size, c.lastContainedMs}}, 0, c.lastContainedMs
	for _, k := range old {
		if err := e.fs.Remove(filepath.Join(e.dir, k.id.fileName())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.log.Warn("an old metadata snapshot stays", "snapshot", k.id.fileName(), "error", err)
		}
	}
	e.committed = id.Offset
	e.store.log.SetHighWatermark(id.Offset)
	e.log.Info("the metadata is that of a snapshot of the leader", "snapshot", id.fileName(), "bytes", size)
	e.publish(image, metadata.Difference(e.replayed, image))
	return kraft.SnapshotFetched{ID: kraft.Position(id), Version: c.voters.KRaftVersion, Voters: c.voters.kraftVoters()}, nil
}

// readSnapshot completes the answer to FetchSnapshot.
func (e *engine) readSnapshot(r *kraft.FetchSnapshotResponse) {
	f, err := vfs.Open(e.fs, filepath.Join(e.dir, snapshotID(r.ID).fileName()))
	if err != nil {
		e.log.Error("a metadata snapshot cannot be read for another node", "snapshot", snapshotID(r.ID).fileName(), "error", err)
		r.Err = protocol.ErrSnapshotNotFound
		return
	}
	defer f.Close()
	if r.Size, err = f.Size(); err == nil && r.Position >= r.Size {
		r.Err = protocol.ErrPositionOutOfRange
		return
	}
	if err == nil {
		r.Bytes = make([]byte, min(int64(max(r.MaxBytes, 1)), r.Size-r.Position, readBytes))
		_, err = f.ReadAt(r.Bytes, r.Position)
	}
	if err != nil && err != io.EOF {
		r.Err, r.Bytes = protocol.ErrUnknownServerError, nil
	}
}
