package storage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// missingSuffix ends the name of an empty file which notes that the records from an offset on, up
// to the next segment, are missing: OFFSET.log.missing. It shows this at every start.
const missingSuffix = segfile.LogSuffix + ".missing"

// checkNew returns an error when the folder has no segment although it had one: a log that begins
// again would hide the loss and give out offsets a second time. nameFirst makes the proofs safe.
func (l *Log) checkNew(names []fs.DirEntry, o *Options) error {
	proof := ""
	if o.RecoveryPoint > 0 && !o.SavedElsewhere {
		proof = fmt.Sprintf("recovery point %d", o.RecoveryPoint)
	}
	for _, e := range names {
		_, suffix, ok := segfile.ParseOffsetName(e.Name())
		switch {
		case e.Name() == checkpoint.LeaderEpochFile:
			epochs, err := checkpoint.OpenEpochs(l.fs, l.dir)
			var bad *checkpoint.Error
			if err != nil && !errors.As(err, &bad) {
				return err
			}
			if err == nil && len(epochs.Entries()) == 0 {
				continue
			}
		case ok && suffix == producer.SnapshotSuffix:
		case ok && slices.Contains(segfile.SegmentSuffixes[:], suffix) && suffix != segfile.TxnIndexSuffix:
			// The indexes of a segment are made before its .log file, and are empty until a sync.
			// The creation may have ended there, for want of a descriptor, before a clean stop. The
			// transaction index is no proof, see hasIndex.
			info, err := e.Info()
			if err != nil {
				return err
			}
			if info.Size() == 0 && (!o.CleanShutdown || o.RecoveryPoint == 0) {
				continue
			}
		default:
			continue
		}
		proof = e.Name()
	}
	if proof == "" {
		return nil
	}
	return fmt.Errorf("%w: %s has no .log file, and %s shows that it had one", ErrMissingFile, l.dir, proof)
}

// removeTxnIndexes removes the transaction indexes that a power cut has left of a log without a
// segment. They must not become part of new segments.
func (l *Log) removeTxnIndexes(names []fs.DirEntry) error {
	for _, e := range names {
		if _, suffix, ok := segfile.ParseOffsetName(e.Name()); ok && suffix == segfile.TxnIndexSuffix {
			if err := segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameFirst makes the name of a new log's first segment durable, before any file that shows that
// the log has a segment. So a folder with such a file and without a segment has lost the segment,
// and a power cut is no explanation. The caller holds maint.
func (l *Log) nameFirst() error {
	if !l.unnamed {
		return nil
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	l.unnamed = false
	return nil
}

// nameSwept makes the names in the folder durable, before a sweep of memory gives the indexes of a
// segment entries: see nameSealed. It reports whether they are durable. Many logs are never synced,
// and their indexes must not stay in memory for that. Like syncIdle it shares maint with Sync. A
// folder that is away breaks no log here: the next request or checkpoint knows better whether its
// directory is unmounted.
func (l *Log) nameSwept() bool {
	if !l.maint.TryLock() {
		return false
	}
	defer l.maint.Unlock()
	l.mu.RLock()
	usable := l.usable() == nil
	named, dir := !l.namesDirty && !l.prepared.names && !l.unnamed, l.dir
	l.mu.RUnlock()
	if !usable || named {
		return usable
	}
	err := l.fs.SyncDir(dir)
	if notExist(err) {
		return false
	}
	if err != nil {
		_ = l.failNow("sync", err)
		return false
	}
	l.unnamed = false
	return true
}

// emptyingFile is the name of an empty file that is in the folder while all segments are removed.
// Without it a folder that has no segment any more has lost the last one, whatever the names of
// removed segments are. Apache Kafka ignores the file.
const emptyingFile = "removing-all-segments"

// noteEmptying makes emptyingFile, durably, before the first of all segments is removed.
func (l *Log) noteEmptying() error {
	f, err := vfs.Create(l.fs, filepath.Join(l.dir, emptyingFile))
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return l.fs.SyncDir(l.dir)
}

// endEmptying removes emptyingFile, after the name of the new segment is durable.
func (l *Log) endEmptying() error {
	return segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, emptyingFile))
}

// finishRemoval completes a removal of segments that a crash has interrupted: of all segments, when
// none is left, and of the indexes. The files of removed segments go afterwards, and nothing shows
// then that the removal was intended.
func (l *Log) finishRemoval(names []fs.DirEntry, o *Options) error {
	removed := map[int64]bool{}
	left := false
	for _, e := range names {
		base, suffix, ok := segfile.ParseOffsetName(e.Name())
		switch {
		case !ok:
		case suffix == segfile.LogSuffix+segfile.DeletedSuffix:
			removed[base] = true
		case suffix == segfile.LogSuffix || suffix == segfile.LogSuffix+segfile.SwapSuffix:
			left = true
		}
	}
	emptying := hasName(names, emptyingFile)
	changed := emptying
	switch {
	case left || len(removed) == 0:
	case !emptying:
		return fmt.Errorf("%w: %s has no .log file, and the names of the removed segments show that it had one", ErrMissingFile, l.dir)
	default:
		f, err := vfs.Create(l.fs, filepath.Join(l.dir, segfile.OffsetName(o.LogStartOffset)+segfile.LogSuffix))
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
		l.emptied = true
	}
	if emptying {
		if err := l.endEmptying(); err != nil {
			return err
		}
	}
	for _, e := range names {
		base, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || !removed[base] || suffix == segfile.LogSuffix || !slices.Contains(segfile.SegmentSuffixes[:], suffix) || hasName(names, segfile.OffsetName(base)+segfile.LogSuffix) {
			continue
		}
		if err := segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, e.Name())); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return l.fs.SyncDir(l.dir)
}

// lostSegment reports whether the segment based at base, of which an index is there, has lost its
// .log file: the segment before ends at or below base, and the one behind, if any, or the recovery
// point is above it. Readers of the segment's offsets get an error instead of the records behind
// them. The index stays: it shows at the next start that the segment is missing.
//
// Compaction removes the index of a segment before its .log file, or the .log file leaves a name
// that ends in .deleted. So it explains no index without a .log file. But a power cut may leave the
// empty indexes of a segment that no sync covered. Nothing was acknowledged then, and recovery sets
// the segments behind aside, unless the log may have gaps.
func (l *Log) lostSegment(names []fs.DirEntry, base int64, o *Options) (bool, error) {
	if !o.synced(base) {
		filled, err := hasIndex(names, base)
		if err != nil || !filled {
			return false, err
		}
	}
	i, _ := slices.BinarySearchFunc(l.segments, base, func(s *segment, b int64) int { return cmp.Compare(s.base, b) })
	switch i {
	case 0:
		// Retention renames the .log file, and recovery does when it sets a segment aside.
		prefix := segfile.OffsetName(base) + segfile.LogSuffix + "."
		if slices.ContainsFunc(names, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), prefix) }) {
			return false, nil
		}
		if len(l.lost) == 0 || l.lost[0].to != l.segments[0].base {
			l.noteLost(base, l.segments[0])
		}
		return true, nil
	case len(l.segments):
		return base < o.RecoveryPoint && !o.SavedElsewhere, nil // see lostEnd
	}
	return l.gap(i, base)
}

// hasIndex reports whether an index of the segment at base is there and has an entry. The
// transaction index does not count: it is written before the name of the .log file is durable, when
// an active segment has many aborted transactions.
func hasIndex(names []fs.DirEntry, base int64) (bool, error) {
	for _, e := range names {
		b, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || b != base || suffix != segfile.IndexSuffix && suffix != segfile.TimeIndexSuffix {
			continue
		}
		info, err := e.Info()
		if err != nil || info.Size() > 0 {
			return true, err
		}
	}
	return false, nil
}

// gap reports whether records are missing from offset from on up to segment i, and notes it.
func (l *Log) gap(i int, from int64) (bool, error) {
	if slices.ContainsFunc(l.lost, func(r hole) bool { return r.from == from }) {
		return true, nil
	}
	// A power cut may bring back an index that a truncation or an open has removed.
	end := l.segments[i-1].base
	err := l.segments[i-1].walk(func(h *segfile.Head, _ []byte) error {
		end = h.Next()
		return nil
	})
	if err != nil && !errors.Is(err, ErrCorruptLog) {
		return false, err
	}
	if end > from {
		return false, nil
	}
	l.noteLost(from, l.segments[i])
	return true, nil
}

func (l *Log) noteLost(from int64, behind *segment) {
	l.lost = append(l.lost, hole{offsetRange{from, behind.base}, behind})
	l.report(Damage{From: from, To: behind.base, Text: "a segment file is missing"})
}

// listMissing notes the offsets that an earlier open found missing at the log end.
func (l *Log) listMissing(names []fs.DirEntry) error {
	for _, e := range names {
		from, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || suffix != missingSuffix {
			continue
		}
		i := slices.IndexFunc(l.segments, func(s *segment) bool { return s.base > from })
		if i <= 0 {
			continue
		}
		if _, err := l.gap(i, from); err != nil {
			return err
		}
	}
	return nil
}

// lostEnd handles a log that ends at end, below its recovery point: synced records are gone. The
// log goes on at the recovery point, so that no offset is given out twice.
func (l *Log) lostEnd(end int64, o *Options) (int64, error) {
	if o.SavedElsewhere {
		l.report(Damage{From: end, To: o.RecoveryPoint, Text: "the log ends below its recovery point"})
		return end, nil
	}
	f, err := vfs.Create(l.fs, filepath.Join(l.dir, segfile.OffsetName(end)+missingSuffix))
	if err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return 0, err
	}
	old := l.active()
	if err := old.finishIndex(); err != nil {
		return 0, err
	}
	s, err := createSegment(l, o.RecoveryPoint, o.NowMs)
	if err != nil {
		return 0, err
	}
	old.deactivate()
	old.seal(s.base)
	l.segments = append(l.segments[:len(l.segments):len(l.segments)], s)
	l.namesDirty = true
	l.noteLost(end, s)
	return o.RecoveryPoint, nil
}
