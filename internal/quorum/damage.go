package quorum

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// ErrDamaged says that synced bytes of the metadata log have changed or are gone.
var ErrDamaged = errors.New("the metadata log is damaged")

// laterMs is the distance in time between two batches of different writes. It proves that the
// earlier one was synced: each write to the log is synced before the next one begins. The only
// voter makes the batches of one write in one step, with the time at which the step began. So any
// difference counts. A follower may write batches of different times at once: see oneWriteOfOthers.
const laterMs = 1

// oneWriteOfOthers bounds the bytes of one write in a quorum of several voters: a follower that
// catches up writes the batches of hours at once. It is more than controller.quorum.fetch.max.bytes
// and the largest batch. A cut of bytes that were synced loses nothing there, because the node
// fetches them again, but it must not go unnoticed.
const oneWriteOfOthers = 16 << 20

// logCheck looks for damage in the metadata log before the log is opened. It changes nothing.
//
// After a clean stop every bad byte is damage. After another stop the last write may be torn, which
// recovery cuts off: it was never acknowledged. Damage before it is an error, because recovery
// would cut off committed records, and the partitions of the topics in them would become strays.
type logCheck struct {
	fs     vfs.FS
	folder string
	// from is the end of the newest readable snapshot. It holds all records below from, so that
	// damage there loses nothing.
	from  int64
	clean bool
	// alone says that this node is the only voter. It never truncates its log then, except for torn
	// writes, and every write of it is synced before the next one begins.
	alone bool
	// epoch is the leader epoch in quorum-state, -1 when the file is missing or unreadable.
	epoch int32

	walk  batchWalk
	known proof
	// segments is the number of segments.
	segments int
}

// checkLog checks the log in the folder. Without an error the bad bytes of the log, if it has any,
// are a torn write at its end, or in a snapshot.
func (e *engine) checkLog() (*logCheck, error) {
	c := &logCheck{fs: e.fs, folder: e.dir, from: e.replayed.Offset() + 1, clean: e.o.CleanStop, alone: e.alone(), epoch: -1}
	if e.savedErr == nil && e.savedFound {
		c.epoch = e.saved.LeaderEpoch
	}
	err := c.run()
	if err == nil {
		err = e.snapshots.checkUnreadable(c)
	}
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: restore %s from a copy; %s", err, e.dir, e.wayOut())
	}
	return c, err
}

// alone reports whether this node is the only voter, as far as this is known before the log is
// read.
func (e *engine) alone() bool {
	if len(e.first.Voters) == 0 {
		return !e.o.Observer && len(e.o.Bootstrap) == 0
	}
	return !e.o.Observer && len(e.first.kraftVoters().Without(e.o.NodeID)) == 0
}

func (c *logCheck) run() error {
	entries, err := c.fs.ReadDir(c.folder)
	if err != nil {
		return err
	}
	bases, err := c.findProof(entries)
	if err != nil {
		return err
	}
	c.segments = len(bases)
	c.walk = batchWalk{from: c.from, next: -1, bad: -1, epoch: -1, lastEpoch: -1, epochMax: c.known.epoch}
	for i, base := range bases {
		path := filepath.Join(c.folder, fmt.Sprintf("%020d.log", base))
		data, err := vfs.ReadFile(c.fs, path)
		if err != nil {
			return err
		}
		end := int64(math.MaxInt64)
		if i+1 < len(bases) {
			end = bases[i+1]
		}
		c.walk.segment(data, base, end, path)
	}
	c.alone = c.alone && !c.walk.several
	return c.judge()
}

// judge decides whether bad bytes are damage or a torn write, and whether the log has lost its end.
func (c *logCheck) judge() error {
	w := &c.walk
	end := max(w.next, c.from)
	known, file := c.known.end(w.lastEpoch)
	if !c.clean && !c.alone {
		known = 0 // the leader may have truncated the log, and a power cut brings names back
	}
	synced := w.spread() >= laterMs
	if !c.alone {
		synced = w.behind > oneWriteOfOthers
	}
	switch {
	case w.first > c.from:
		return fmt.Errorf("%w: it starts at offset %d, and the newest readable snapshot ends at offset %d", ErrDamaged, w.first, c.from)
	case w.bad >= 0 && (c.clean || w.proven || synced || max(w.bad, c.from) < known):
		return fmt.Errorf("%w at offset %d (%s, byte %d: %s)", ErrDamaged, w.bad, w.file, w.pos, w.why)
	case end < known:
		return fmt.Errorf("%w: it ends at offset %d, and %s shows that it reached offset %d", ErrDamaged, end, file, known)
	case c.alone && c.segments > 0 && w.next < c.from && w.bad < 0:
		return fmt.Errorf("%w: it ends at offset %d, below the newest snapshot, which ends at offset %d", ErrDamaged, w.next, c.from)
	}
	return nil
}

// wayOut says how to start without the log.
func (e *engine) wayOut() string {
	keep := []string{quorumStateFile}
	if vfs.Exists(e.fs, filepath.Join(e.dir, bootstrapID.fileName())) {
		keep = append(keep, bootstrapID.fileName())
	}
	without := "without a readable snapshot, as an empty cluster"
	if n := len(e.snapshots.kept); n > 0 {
		newest := e.snapshots.kept[n-1].id
		keep = append(keep, newest.fileName())
		without = fmt.Sprintf("without the records behind the newest readable snapshot, which ends at offset %d", newest.Offset)
	}
	return fmt.Sprintf("to go on %s, move all files out of that folder except %s; the partitions of the topics that are lost then become folders that end with -stray",
		without, strings.Join(keep, " and "))
}

// checkUnreadable returns an error when the log does not have the records of an unreadable
// snapshot.
func (s *snapshotter) checkUnreadable(c *logCheck) error {
	if len(s.unreadable) == 0 {
		return nil
	}
	newest := s.unreadable[len(s.unreadable)-1]
	if c.segments == 0 || c.walk.next < newest.Offset {
		return fmt.Errorf("%w: the snapshot %s cannot be read, and the log does not have all of its records (%w)", ErrDamaged, newest.fileName(), s.damage)
	}
	return nil
}

// reportLost reports that the last broker epoch is not in the log, which is the offset of a record:
// an operator has followed wayOut, or the folder was lost as a whole.
func (e *engine) reportLost() {
	if end := e.store.log.LogEndOffset(); e.o.CleanStop && end <= e.o.BrokerEpoch {
		e.log.Error("the metadata log has lost records: this broker stopped in a later epoch. Partitions of topics that are lost become folders that end with -stray",
			"log_end", end, "broker_epoch", e.o.BrokerEpoch, "folder", e.dir)
	}
}

// repairTopicID writes partition.metadata again when it is damaged: the id of the metadata topic is
// a constant.
func (e *engine) repairTopicID() error {
	id, ok, err := storage.ReadPartitionMetadata(e.fs, e.dir)
	var damaged *storage.CheckpointError
	if err != nil && !errors.As(err, &damaged) || err == nil && (!ok || id == TopicID) {
		return err
	}
	e.log.Warn("partition.metadata of the metadata log is damaged and is written again", "folder", e.dir, "error", err)
	return storage.WritePartitionMetadata(e.fs, e.dir, TopicID)
}
