package quorum

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// snapshotter decides when to write a snapshot, and which files to delete afterwards.
type snapshotter struct {
	// voters is the state by the control records of the newest readable snapshot.
	voters voterState
	// kept are the snapshots on disk, ascending, with their sizes in bytes.
	kept []keptSnapshot
	// bytes counts the committed bytes since the last snapshot. lastMs is the append time of the
	// last committed batch.
	bytes  int64
	lastMs int64
	// unreadable are the snapshots newer than the newest readable one, ascending, and damage are
	// their errors. The next snapshot replaces them.
	unreadable []snapshotID
	damage     error
	// taken is the time (elapsed) at which the last snapshot began, or the engine started.
	taken time.Duration
	// busy: one is being written. job writes it; the executor runs it beside the engine.
	busy bool
	job  func() func(*engine)
}

type keptSnapshot struct {
	id              snapshotID
	size            int64
	lastContainedMs int64
}

// add counts a committed batch.
func (s *snapshotter) add(batch record.Batch) {
	s.bytes += int64(len(batch))
	s.lastMs = batch.MaxTimestamp()
}

// tick begins a snapshot when metadata.log.max.record.bytes.between.snapshots have been written
// since the last one, or metadata.log.max.snapshot.interval.ms have passed and anything was written
// at all.
func (s *snapshotter) tick(e *engine) {
	due := s.bytes >= e.set.snapshotBytes || e.set.snapshotInterval > 0 && e.elapsed-s.taken >= e.set.snapshotInterval
	if !due || s.busy || s.bytes == 0 || e.replayed.InTransaction() || e.replayed.Offset() < 0 || s.covered(e.replayed) {
		return
	}
	s.begin(e)
}

// covered reports whether the newest snapshot ends where the image does. Control batches alone, as
// a new leader writes one, do not move the image. A second snapshot of one offset would be the same
// file, which the deletion of the older one removes.
func (s *snapshotter) covered(image *metadata.Image) bool {
	n := len(s.kept)
	return n > 0 && s.kept[n-1].id.Offset >= image.Offset()+1
}

// begin prepares the job that writes the present image, which is immutable, to a checkpoint.
func (s *snapshotter) begin(e *engine) {
	image := e.replayed
	c := checkpoint{id: snapshotID{image.Offset() + 1, image.Epoch()}, lastContainedMs: s.lastMs}
	version, voters := e.node.VotersAt(c.id.Offset)
	c.voters = voterState{KRaftVersion: version, Voters: votersOf(voters)}
	fs, dir, nowMs := e.fs, e.dir, e.now.UnixMilli()
	s.busy, s.bytes, s.taken = true, 0, e.elapsed
	s.job = func() func(*engine) {
		size, err := writeCheckpoint(fs, dir, c, image.Records(), image.Features().MetadataVersion(), nowMs)
		return func(e *engine) { e.snapshots.finished(e, c, size, err) }
	}
}

// takeJob returns the job to run, nil when there is none. Its result is an op of the engine.
func (s *snapshotter) takeJob() func() func(*engine) {
	job := s.job
	s.job = nil
	return job
}

func (s *snapshotter) finished(e *engine, c checkpoint, size int64, err error) {
	s.busy = false
	if err != nil {
		// The log still has all records. The next attempt follows when the next snapshot is due.
		e.log.Error("a metadata snapshot could not be written", "snapshot", c.id.fileName(), "error", err)
		return
	}
	if n := len(s.kept); n > 0 && s.kept[n-1].id.Offset >= c.id.Offset {
		// A newer snapshot of the leader came meanwhile, and the log begins behind it.
		if err := e.fs.Remove(filepath.Join(e.dir, c.id.fileName())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.log.Warn("an old metadata snapshot stays", "snapshot", c.id.fileName(), "error", err)
		}
		return
	}
	e.log.Info("wrote a metadata snapshot", "snapshot", c.id.fileName(), "bytes", size)
	s.kept = append(s.kept, keptSnapshot{c.id, size, c.lastContainedMs})
	e.feed(kraft.SnapshotWritten{ID: kraft.Position(c.id)})
	if err := s.removeUnreadable(e); err != nil {
		e.log.Warn("an unreadable metadata snapshot stays", "error", err)
	}
	e.c.stats.SnapshotMs.Store(e.now.UnixMilli())
	e.c.stats.SnapshotBytes.Store(size)
	switch err := s.clean(e); {
	case storage.Classify(err) == storage.ClassRetry:
		e.log.Warn("old metadata snapshots are deleted later", "error", err) // after the next snapshot
	case err != nil:
		e.fail(err)
	}
}

// clean deletes old snapshots and the log below the oldest kept one, by
// metadata.max.retention.bytes and .ms. The newest snapshot always stays, and the log never starts
// above the oldest snapshot.
func (s *snapshotter) clean(e *engine) error {
	nowMs := e.now.UnixMilli()
	total := e.store.log.Size()
	for _, k := range s.kept {
		total += k.size
	}
	for len(s.kept) > 1 {
		old := s.kept[0]
		tooMuch := e.set.retentionBytes >= 0 && total > e.set.retentionBytes
		tooOld := e.set.retention >= 0 && nowMs-old.lastContainedMs > e.set.retention.Milliseconds()
		if !tooMuch && !tooOld {
			return nil
		}
		before := e.store.log.Size()
		if err := e.store.dropPrefix(s.kept[1].id, nowMs); err != nil {
			return err
		}
		if err := e.fs.Remove(filepath.Join(e.dir, old.id.fileName())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		e.feed(kraft.SnapshotWritten{ID: kraft.Position(s.kept[1].id), Start: true})
		total -= old.size + before - e.store.log.Size()
		s.kept = s.kept[1:]
	}
	return nil
}

// removeUnreadable deletes the unreadable snapshots, after a newer one is on disk.
func (s *snapshotter) removeUnreadable(e *engine) error {
	newest := s.kept[len(s.kept)-1].id
	for ; len(s.unreadable) > 0; s.unreadable = s.unreadable[1:] {
		id := s.unreadable[0]
		if id == newest {
			continue // the new one has taken its place
		}
		if err := e.fs.Remove(filepath.Join(e.dir, id.fileName())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// load restores the newest intact snapshot into an image. It passes over damaged snapshots: the log
// may have their records, see checkUnreadable.
func (e *engine) load(ids []snapshotID) {
	e.replayed = metadata.Empty()
	s := &e.snapshots
	for i := len(ids) - 1; i >= 0; i-- {
		id, path := ids[i], filepath.Join(e.dir, ids[i].fileName())
		if len(e.snapshots.kept) > 0 {
			if old, err := peekCheckpoint(e.fs, path); err == nil {
				e.snapshots.kept = append([]keptSnapshot{{id, old.size, old.lastContainedMs}}, e.snapshots.kept...)
			}
			continue
		}
		delta := metadata.NewDelta(metadata.Empty())
		c, size, err := readCheckpoint(e.fs, path, id, func(r metadata.Record) error {
			if err := delta.Replay(r); err != nil {
				e.skipped(r.MessageName(), id.Offset-1, err)
			}
			return nil
		})
		if err == nil {
			image, err := delta.Apply(id.Offset-1, id.Epoch)
			if err != nil {
				e.skipped("partitions", id.Offset-1, err)
			}
			e.replayed, e.snapshots.voters, e.snapshots.lastMs = image, c.voters, c.lastContainedMs
			e.snapshots.kept = []keptSnapshot{{id, size, c.lastContainedMs}}
			continue
		}
		e.log.Error("a metadata snapshot cannot be read; its records are read from the log, and a new snapshot takes its place", "snapshot", path, "error", err)
		s.unreadable, s.damage = append([]snapshotID{id}, s.unreadable...), errors.Join(s.damage, err)
		s.bytes = e.set.snapshotBytes // a new one is due
	}
}
