package storage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/vfs"
)

// Open opens the log of one partition, making it if the folder is missing or empty. After a clean
// stop it reads one folder and the end of the active segment; otherwise it recovers, see
// Options.Progress. Different logs may be opened in parallel. [Classify] says whether an error
// concerns this partition or the disk.
func Open(o Options) (*Log, error) {
	if o.Config == nil {
		o.Config = DefaultConfig()
	}
	if o.Pool == nil {
		o.Pool = NewFilePool(16)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.ProducerExpirationMs == 0 {
		o.ProducerExpirationMs = 24 * 3600 * 1000
	}
	l := &Log{fs: o.Pool.WithDescriptors(o.FS), pool: o.Pool, logger: o.Logger, topic: o.Topic, partition: o.Partition, topicID: o.TopicID}
	l.setDir(o.Dir)
	l.lowerCheckpoints = o.LowerCheckpoints
	if l.lowerCheckpoints == nil {
		l.lowerCheckpoints = func(int64) error { return nil }
	}
	l.config.Store(o.Config)
	l.unstable.Store(-1)
	if err := l.open(&o); err != nil {
		for _, s := range l.segments {
			l.forget(s)
		}
		return nil, wrap("open", o.Dir, err)
	}
	return l, nil
}

func (l *Log) open(o *Options) error {
	names, err := l.listDir()
	if err != nil {
		return err
	}
	if err := l.openTopicID(names); err != nil {
		return err
	}
	if err := l.listSegments(names, o); err != nil {
		return err
	}
	created := len(l.segments) == 0
	if created {
		s, err := createSegment(l, o.LogStartOffset, o.NowMs)
		if err != nil {
			return err
		}
		l.segments, l.namesDirty = []*segment{s}, true
	}
	l.active().active.Store(true)
	l.newJitter()
	l.logStart.Store(max(o.LogStartOffset, l.segments[0].base))
	if err := l.openState(o, created); err != nil {
		return err
	}
	return l.openEnd(o, created)
}

// listDir lists the folder, after what compaction left half done is settled.
func (l *Log) listDir() ([]fs.DirEntry, error) {
	names, err := l.fs.ReadDir(l.dir)
	if notExist(err) {
		l.dirNew = true
		return nil, l.fs.MkdirAll(l.dir, vfs.DirPerm)
	}
	if err != nil {
		return nil, err
	}
	unfinished := slices.ContainsFunc(names, func(e fs.DirEntry) bool {
		n := e.Name()
		return strings.HasSuffix(n, deletedSuffix) || strings.HasSuffix(n, cleanedSuffix) || strings.HasSuffix(n, swapSuffix)
	})
	if !unfinished {
		return names, nil
	}
	if err := recoverSwaps(l.fs, l.dir); err != nil {
		return nil, err
	}
	return l.fs.ReadDir(l.dir)
}

func hasName(names []fs.DirEntry, name string) bool {
	_, found := slices.BinarySearchFunc(names, name, func(e fs.DirEntry, n string) int { return cmp.Compare(e.Name(), n) })
	return found
}

// openTopicID reads or writes partition.metadata.
func (l *Log) openTopicID(names []fs.DirEntry) error {
	if hasName(names, PartitionMetadataFile) {
		id, ok, err := ReadPartitionMetadata(l.fs, l.dir)
		if err != nil {
			return err
		}
		if ok && l.topicID != ([16]byte{}) && id != l.topicID {
			return fmt.Errorf("%w: %s is of topic id %s, expected %s", ErrWrongTopic, l.dir, FormatUUID(id), FormatUUID(l.topicID))
		}
		if ok {
			l.topicID = id
		}
		return nil
	}
	if l.topicID == ([16]byte{}) {
		return nil
	}
	return WritePartitionMetadata(l.fs, l.dir, l.topicID)
}

// listSegments finds the segments in a folder listing, sorted by name. Indexes without a log are
// removed, as Kafka does; files of other names are left alone.
func (l *Log) listSegments(names []fs.DirEntry, o *Options) error {
	for _, e := range names {
		base, suffix, ok := parseOffsetName(e.Name())
		if !ok || suffix != logSuffix || e.IsDir() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		s := newSegment(l, base)
		s.created = o.NowMs
		s.size.Store(info.Size())
		l.segments = append(l.segments, s)
	}
	l.listCut(names)
	slices.SortFunc(l.segments, func(a, b *segment) int { return cmp.Compare(a.base, b.base) })
	for _, e := range names {
		base, suffix, ok := parseOffsetName(e.Name())
		if !ok || suffix != indexSuffix && suffix != timeIndexSuffix && suffix != txnIndexSuffix {
			continue
		}
		s := l.segmentAt(base)
		if s == nil && l.lostSegment(base, o) {
			continue
		}
		if s == nil {
			l.logger.Warn("index without a segment is removed", "dir", l.dir, "file", e.Name())
			if err := l.fs.Remove(filepath.Join(l.dir, e.Name())); err != nil && !notExist(err) {
				return err
			}
		} else if suffix == txnIndexSuffix {
			s.hasTxn = true
		}
	}
	return nil
}

// segmentAt returns the segment with exactly this base offset, or nil.
func (l *Log) segmentAt(base int64) *segment {
	i, found := slices.BinarySearchFunc(l.segments, base, func(s *segment, b int64) int { return cmp.Compare(s.base, b) })
	if !found {
		return nil
	}
	return l.segments[i]
}

// openState opens the epoch cache and the producer state, still empty.
func (l *Log) openState(o *Options, created bool) error {
	var err error
	l.epochs, err = OpenEpochCache(l.fs, l.dir)
	var bad *CheckpointError
	if errors.As(err, &bad) {
		l.logger.Warn("leader epochs are unreadable, they are rebuilt from the log", "dir", l.dir, "error", err)
		err = l.rebuildEpochs(math.MaxInt64)
	}
	if err != nil {
		return err
	}
	l.producers, err = producer.NewManager(l.fs, l.dir, producer.Options{
		Topic: l.topic, Partition: l.partition, ExpirationMs: o.ProducerExpirationMs, Max: o.MaxProducerIDs, Logger: l.logger})
	return err
}

// rebuildEpochs reads the epochs of the offsets below limit out of the batches.
func (l *Log) rebuildEpochs(limit int64) error {
	latest := int32(-1)
	for _, s := range l.segments {
		if s.base >= limit {
			break
		}
		err := s.walk(func(h *batchHead, _ []byte) error {
			if h.epoch > latest && h.base < limit {
				latest = h.epoch
				l.epochs.AssignNoFlush(h.epoch, h.base)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorruptLog) { // recovery cuts what is corrupt
			return err
		}
	}
	return nil
}

// regainEpochs finds the epochs of records that were deleted already and that a crash has brought
// back: their names were not durably gone, and the log start checkpoint was older.
func (l *Log) regainEpochs() error {
	first, ok := l.epochs.EarliestEntry()
	if !ok || first.StartOffset <= l.logStart.Load() {
		return nil
	}
	known := l.epochs.Entries()
	l.epochs.Clear()
	if err := l.rebuildEpochs(first.StartOffset); err != nil {
		return err
	}
	for _, e := range known {
		l.epochs.AssignNoFlush(e.Epoch, e.StartOffset)
	}
	return nil
}

// openEnd finds the log end and loads what depends on it.
func (l *Log) openEnd(o *Options, created bool) error {
	clean := o.CleanShutdown || created
	var end int64
	if clean {
		var ok bool
		var err error
		if end, ok, err = l.active().openTail(); err != nil {
			return err
		}
		if !ok {
			l.logger.Warn("active segment is damaged in spite of a clean stop", "dir", l.dir)
			clean = false
		}
	}
	if !clean {
		var err error
		if end, err = l.recover(o, o.CleanShutdown); err != nil {
			return err
		}
		if err = l.regainEpochs(); err != nil {
			return err
		}
	}
	end = max(end, l.active().base)
	if err := l.fitStart(end, o); err != nil {
		return err
	}
	end = max(end, l.logStart.Load())
	if !clean {
		if err := l.lowerCheckpoints(end); err != nil {
			return err
		}
	}
	l.end.Store(end)
	l.recovery.Store(min(max(o.RecoveryPoint, 0), end))
	if end < o.RecoveryPoint && !created {
		l.report(Damage{From: end, To: o.RecoveryPoint, Text: "the log ends below its recovery point"})
	}
	l.hw.Store(l.logStart.Load())
	if clean && !created {
		l.recovery.Store(end)
	}
	return l.openProducers(o, clean, end)
}

// fitStart handles a log start offset above the log end, which a crash between the checkpoint of
// the former and the sync of the latter leaves: everything is below the start, so all goes.
func (l *Log) fitStart(end int64, o *Options) error {
	start := l.logStart.Load()
	if start > end {
		l.logger.Warn("log ends below its start offset, it begins anew there", "dir", l.dir, "log_end", end, "log_start", start)
		if err := l.setAside(0, "the log ended below its log start offset"); err != nil {
			return err
		}
		s, err := createSegment(l, start, o.NowMs)
		if err != nil {
			return err
		}
		l.segments, l.namesDirty = []*segment{s}, true
	}
	l.epochs.TruncateFromEnd(max(end, start))
	l.epochs.TruncateFromStart(start)
	if !l.epochs.Dirty() {
		return nil
	}
	return l.epochs.Flush()
}

// openProducers loads the producer state as of the log end.
func (l *Log) openProducers(o *Options, clean bool, end int64) error {
	if _, any := l.producers.LatestSnapshotOffset(); !any && clean {
		// As in Kafka: a log without a snapshot that was closed well had no producers, or is of a
		// version before them; reading all of it would make the first start very long.
		l.producers.SetMapEndOffset(end)
		l.noteUnstable()
		return nil
	}
	if !clean {
		bases := make([]int64, 0, len(l.segments))
		for _, s := range l.segments {
			bases = append(bases, s.base)
		}
		if err := l.producers.RemoveStraySnapshots(bases); err != nil {
			return err
		}
	}
	if err := l.producers.TruncateAndReload(l.logStart.Load(), end, o.NowMs); err != nil {
		return err
	}
	if err := l.replay(l.producers.MapEndOffset(), end); err != nil {
		return err
	}
	l.noteUnstable()
	return nil
}

// replay brings the producer state from offset `from` to `to` by reading the batches in between.
// Transaction indexes are left alone.
func (l *Log) replay(from, to int64) error {
	if from >= to {
		return nil
	}
	for i := l.floorSegment(from); i < len(l.segments) && l.segments[i].base < to; i++ {
		err := l.segments[i].walk(func(h *batchHead, b []byte) error {
			if h.magic < 2 || h.producerID < 0 || h.last < from || h.last >= to {
				return nil
			}
			pa := l.producers.Begin(OriginReplication)
			if _, _, err := pa.Check(record.Batch(b)); err != nil {
				l.logger.Warn("control batch is unreadable", "dir", l.dir, "offset", h.base, "error", err)
			}
			l.producers.Commit(pa, h.next())
			for _, t := range pa.Completed() {
				l.producers.CompleteTxn(t)
			}
			return nil
		})
		if errors.Is(err, ErrCorruptLog) {
			l.logger.Error("producer state lacks the batches in damaged bytes", "dir", l.dir, "error", err)
		} else if err != nil {
			return err
		}
	}
	l.producers.SetMapEndOffset(to)
	return nil
}

// walk calls fn for every batch of the segment with its head, and for control batches with all of it, which are small. It goes
// on behind damaged bytes, and returns ErrCorruptLog at the end then.
func (s *segment) walk(fn func(h *batchHead, b []byte) error) error {
	h, err := s.log.pool.acquire(s)
	if err != nil {
		return err
	}
	defer h.release()
	var damaged error
	size := s.size.Load()
	for pos, next := int64(0), s.base; ; {
		pos, next, err = walkFrom(h.file, pos, size, next, func(sc *scanner) error { return fn(&sc.head, sc.bytes()) })
		if err != nil || pos >= size {
			return cmp.Or(err, damaged)
		}
		damaged = s.corrupt(pos)
		found := false
		if pos, found, err = s.resync(h.file, pos, size, next); err != nil || !found {
			return cmp.Or(err, damaged)
		}
	}
}

// walkFrom calls fn at each batch from pos on. It ends at the first bytes that are no batch, or go back in the offsets.
func walkFrom(f vfs.File, pos, size, next int64, fn func(sc *scanner) error) (int64, int64, error) {
	sc := scan(f, pos, size)
	defer sc.done()
	for sc.next() {
		if sc.head.base < next {
			return sc.head.pos, next, nil
		}
		if err := fn(sc); err != nil {
			return sc.head.pos, next, err
		}
		next = sc.head.next()
	}
	return sc.pos, next, sc.err
}
