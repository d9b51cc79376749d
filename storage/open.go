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

	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/compact"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Open opens the log of one partition, making it if the folder is missing or empty. It never makes
// the directory that the folder is in: that may be the directory of a lost disk. After a clean stop
// it reads one folder and the end of the active segment; otherwise it recovers, see
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
	l := &Log{fs: o.Pool.WithDescriptors(o.FS), pool: o.Pool.files, logger: o.Logger, topic: o.Topic, partition: o.Partition, topicID: o.TopicID}
	l.setDir(o.Dir)
	l.rand = o.Rand
	if l.rand == nil {
		l.rand = processRand
	}
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
	names, err := l.listDir(o)
	if err != nil {
		return err
	}
	for _, e := range names {
		if e.Type()&fs.ModeSymlink != 0 {
			l.linked = append(l.linked, filepath.Join(l.dir, e.Name()))
		}
	}
	l.mayHaveGaps.Store(hasName(names, gapsFile))
	l.starts.list(names)
	l.compactedBelow = o.CompactedBelow
	if err := l.openTopicID(names); err != nil {
		return err
	}
	if err := l.listSegments(names, o); err != nil {
		return err
	}
	created := len(l.segments) == 0 || l.emptied
	if len(l.segments) == 0 {
		if err := l.checkNew(names, o); err != nil {
			return err
		}
		if err := l.removeTxnIndexes(names); err != nil {
			return err
		}
		s, err := createSegment(l, o.LogStartOffset, o.NowMs)
		if err != nil {
			_ = segfile.RemoveSuffixed(l.fs, l.dir, o.LogStartOffset, "") // see checkNew
			return err
		}
		// The folder may be older, but its name need not be durable: the first sync makes it so.
		l.segments, l.namesDirty, l.unnamed, l.dirNew = []*segment{s}, true, true, true
		if o.HighWatermark > o.LogStartOffset {
			l.report(Damage{From: o.LogStartOffset, To: o.HighWatermark, Text: "the folder has no segment, and the last high watermark shows that it had one; a power cut may have lost records that no sync covered"})
		}
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
func (l *Log) listDir(o *Options) ([]fs.DirEntry, error) {
	names, err := l.fs.ReadDir(l.dir)
	if notExist(err) {
		l.dirNew = true
		return nil, l.fs.Mkdir(l.dir, vfs.DirPerm)
	}
	if err != nil {
		return nil, err
	}
	unfinished := slices.ContainsFunc(names, func(e fs.DirEntry) bool {
		n := e.Name()
		return n == emptyingFile || strings.HasSuffix(n, segfile.DeletedSuffix) || strings.HasSuffix(n, segfile.CleanedSuffix) || strings.HasSuffix(n, segfile.SwapSuffix)
	})
	if !unfinished {
		return names, nil
	}
	if err := l.finishRemoval(names, o); err != nil {
		return nil, err
	}
	if err := compact.RecoverSwaps(l.fs, l.dir); err != nil {
		return nil, err
	}
	return l.fs.ReadDir(l.dir)
}

// Linked returns the paths of the symbolic links that Open found in the folder. The files that they
// lead to may be on another file system, see vfs.Mount.
func (l *Log) Linked() []string { return slices.Clone(l.linked) }

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
			return fmt.Errorf("%w: %s is of topic id %s, expected %s", ErrWrongTopic, l.dir, uuid.Format(id), uuid.Format(l.topicID))
		}
		if ok {
			l.topicID = id
		}
		if slices.ContainsFunc(names, func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), segfile.LogSuffix) }) {
			return nil
		}
		// A creation that was interrupted may not have synced the name of the file.
		return l.fs.SyncDir(l.dir)
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
		base, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || suffix != segfile.LogSuffix || e.IsDir() {
			continue
		}
		// Stat follows a symbolic link, which an operator may have made to move a segment to
		// another disk.
		info, err := e.Info()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err = l.fs.Stat(filepath.Join(l.dir, e.Name()))
		}
		if err != nil {
			return err
		}
		s := newSegment(l, base)
		s.created = o.NowMs
		s.size.Store(info.Size())
		l.segments = append(l.segments, s)
	}
	slices.SortFunc(l.segments, func(a, b *segment) int { return cmp.Compare(a.base, b.base) })
	if len(l.segments) == 0 {
		return nil // see checkNew
	}
	for i, s := range l.segments[1:] {
		l.segments[i].seal(s.base)
	}
	l.listEmpty(o)
	l.listCut(names)
	if err := l.listMissing(names); err != nil {
		return err
	}
	return l.matchIndexes(names, o)
}

// matchIndexes notes the transaction indexes, and removes the indexes of segments that never were.
// It decides about all segments before it removes a file, because the entries of names do not know
// a removed file any more.
func (l *Log) matchIndexes(names []fs.DirEntry, o *Options) error {
	lost := map[int64]bool{} // by base offset without a segment
	var unused []string
	for _, e := range names {
		base, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || suffix == segfile.LogSuffix || !slices.Contains(segfile.SegmentSuffixes[:], suffix) {
			continue
		}
		if s := l.segmentAt(base); s != nil {
			s.hasTxn = s.hasTxn || suffix == segfile.TxnIndexSuffix
			continue
		}
		is, known := lost[base]
		if !known {
			var err error
			if is, err = l.lostSegment(names, base, o); err != nil {
				return err
			}
			lost[base] = is
		}
		if !is {
			unused = append(unused, e.Name())
		}
	}
	for _, name := range unused {
		l.logger.Warn("index without a segment is removed", "dir", l.dir, "file", name)
		if err := segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, name)); err != nil {
			return err
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
	l.epochs, err = checkpoint.OpenEpochs(l.fs, l.dir)
	var bad *checkpoint.Error
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
		err := s.walk(func(h *segfile.Head, _ []byte) error {
			if h.Epoch > latest && h.Base < limit {
				latest = h.Epoch
				l.epochs.Assign(h.Epoch, h.Base)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorruptLog) { // recovery deals with it
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
		l.epochs.Assign(e.Epoch, e.StartOffset)
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
		if end, ok, err = l.active().openTail(o.RecoveryPoint); err != nil {
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
		if o.CompactedBelow == math.MaxInt64 {
			if err = l.noteOldGaps(); err != nil {
				return err
			}
		}
	}
	end = max(end, l.active().base)
	if err := l.checkStart(end, o, created); err != nil {
		return err
	}
	if err := l.fitStart(end, o); err != nil {
		return err
	}
	end = max(end, l.logStart.Load())
	if end < o.RecoveryPoint && !created && !(clean && l.checkRecoveryPoint(end, o)) {
		var err error
		if end, err = l.lostEnd(end, o); err != nil {
			return err
		}
	}
	if !clean {
		if err := l.lowerCheckpoints(end); err != nil {
			return err
		}
	}
	l.end.Store(end)
	l.recovery.Store(min(max(o.RecoveryPoint, 0), end))
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
		l.logger.Warn("log ends below its start offset and begins there again", "dir", l.dir, "log_end", end, "log_start", start)
		// The folder has a segment at all times: see checkNew.
		s, err := createSegment(l, start, o.NowMs)
		if err != nil {
			return err
		}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
		if err := l.setAside(0, "the log ended below its log start offset"); err != nil {
			return err
		}
		l.segments, l.namesDirty = []*segment{s}, true
	}
	l.epochs.TruncateFromEnd(max(end, start))
	if !l.startDisputed(start) {
		l.epochs.TruncateFromStart(start)
	}
	if !l.epochs.Dirty() {
		return nil
	}
	return l.epochs.Flush()
}
