package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/vfs"
)

const snapshotSuffix = ".snapshot"

func (m *ProducerStateManager) snapshotPath(offset int64) string {
	return filepath.Join(m.dir, fmt.Sprintf("%020d%s", offset, snapshotSuffix))
}

func (m *ProducerStateManager) listSnapshots() error {
	entries, err := m.fs.ReadDir(m.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), snapshotSuffix)
		if !ok || len(digits) != 20 {
			continue
		}
		if offset, err := strconv.ParseInt(digits, 10, 64); err == nil && offset >= 0 {
			m.snapshots = append(m.snapshots, offset)
		}
	}
	slices.Sort(m.snapshots)
	return nil
}

// TruncateAndReload makes the state fit a log of [logStart, logEnd): snapshots outside of (logStart, logEnd] are
// deleted, and unless the state ends at logEnd already it is reloaded from the newest readable snapshot. Unreadable
// snapshots are deleted. Afterwards replay the log's batches from MapEndOffset up to logEnd
// (Begin(OriginReplication), Check, Commit). An error is an IO error.
func (m *ProducerStateManager) TruncateAndReload(logStart, logEnd, nowMs int64) error {
	if err := m.deleteSnapshots(true, func(o int64) bool { return o > logEnd || o <= logStart }); err != nil {
		return err
	}
	if m.mapEnd == logEnd {
		m.OnLogStartOffset(logStart)
		return nil
	}
	m.producers, m.ongoing, m.unreplicated = nil, nil, nil
	return m.loadSnapshot(logStart, nowMs)
}

// loadSnapshot fills the empty state from the newest snapshot that can be read, deleting those that cannot.
func (m *ProducerStateManager) loadSnapshot(logStart, nowMs int64) error {
	for {
		offset := m.latestSnapshot()
		if offset == math.MinInt64 {
			m.mapEnd, m.snapEnd = logStart, logStart
			return nil
		}
		entries, err := m.readSnapshot(offset)
		if err == nil {
			m.load(entries, nowMs)
			m.mapEnd, m.snapEnd = offset, offset
			return nil
		}
		if !errors.Is(err, ErrCorruptSnapshot) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		m.opts.Logger.Warn("producer snapshot is unreadable, it is deleted and the state rebuilt from the log",
			"file", m.snapshotPath(offset), "error", err)
		if err := m.deleteSnapshots(false, func(o int64) bool { return o == offset }); err != nil {
			return err
		}
	}
}

func (m *ProducerStateManager) readSnapshot(offset int64) ([]ProducerSnapshotEntry, error) {
	b, err := vfs.ReadFile(m.fs, m.snapshotPath(offset))
	if err != nil {
		return nil, err
	}
	return DecodeProducerSnapshot(b)
}

func (m *ProducerStateManager) load(entries []ProducerSnapshotEntry, nowMs int64) {
	for i := range entries {
		e := entries[i].entry()
		if m.expired(&e, nowMs) {
			continue
		}
		m.add(e)
		if e.txnFirst >= 0 {
			m.ongoing = insertTxn(m.ongoing, txnSpan{producerID: e.id, first: e.txnFirst, last: -1})
		}
	}
}

// TruncateFully forgets everything and deletes all snapshots; the log restarts at offset.
func (m *ProducerStateManager) TruncateFully(offset int64) error {
	m.producers, m.ongoing, m.unreplicated = nil, nil, nil
	m.mapEnd, m.snapEnd = offset, 0
	return m.deleteSnapshots(true, func(int64) bool { return true })
}

// TakeSnapshot writes MapEndOffset's snapshot file unless it is the newest one already. Kafka takes one at a roll
// (sync false, the flush of the segment syncs it) and at a clean close (sync true).
func (m *ProducerStateManager) TakeSnapshot(sync bool) error {
	if m.mapEnd <= m.snapEnd {
		return nil
	}
	f, err := vfs.Create(m.fs, m.snapshotPath(m.mapEnd))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(EncodeProducerSnapshot(m.snapshotEntries()), 0)
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if i, found := slices.BinarySearch(m.snapshots, m.mapEnd); !found {
		m.snapshots = slices.Insert(m.snapshots, i, m.mapEnd)
	}
	m.snapEnd = m.mapEnd
	return nil
}

// SyncSnapshot fsyncs the snapshot file of offset, if there is one (done when the segment before it is flushed).
func (m *ProducerStateManager) SyncSnapshot(offset int64) error {
	if _, found := slices.BinarySearch(m.snapshots, offset); !found {
		return nil
	}
	f, err := vfs.Open(m.fs, m.snapshotPath(offset))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// deleteSnapshots deletes the snapshot files that gone picks; sync makes the deletions durable.
func (m *ProducerStateManager) deleteSnapshots(sync bool, gone func(offset int64) bool) error {
	kept, deleted := m.snapshots[:0], false
	var failed error
	for _, o := range m.snapshots {
		if failed == nil && gone(o) {
			if err := m.fs.Remove(m.snapshotPath(o)); err == nil || errors.Is(err, fs.ErrNotExist) {
				deleted = true
				continue
			} else {
				failed = err
			}
		}
		kept = append(kept, o)
	}
	m.snapshots = kept
	if failed == nil && deleted && sync {
		return m.fs.SyncDir(m.dir)
	}
	return failed
}

// DeleteSnapshotsBefore deletes snapshot files below offset.
func (m *ProducerStateManager) DeleteSnapshotsBefore(offset int64) error {
	return m.deleteSnapshots(false, func(o int64) bool { return o < offset })
}

// ForgetSnapshot takes the snapshot of offset, if there is one, off the list. The caller removes the file at path.
func (m *ProducerStateManager) ForgetSnapshot(offset int64) (path string, ok bool) {
	i, found := slices.BinarySearch(m.snapshots, offset)
	if !found {
		return "", false
	}
	m.snapshots = slices.Delete(m.snapshots, i, i+1)
	return m.snapshotPath(offset), true
}

// DeleteSnapshot deletes the snapshot file of a deleted segment's base offset, if there is one.
func (m *ProducerStateManager) DeleteSnapshot(offset int64) error {
	return m.deleteSnapshots(false, func(o int64) bool { return o == offset })
}

// RemoveStraySnapshots keeps snapshots that stand at a segment's base offset and the newest one if it is above all of
// them; done at recovery.
func (m *ProducerStateManager) RemoveStraySnapshots(segmentBases []int64) error {
	bases := make(map[int64]bool, len(segmentBases))
	newest := int64(math.MinInt64)
	for _, b := range segmentBases {
		bases[b], newest = true, max(newest, b)
	}
	latest := m.latestSnapshot()
	return m.deleteSnapshots(false, func(o int64) bool { return !bases[o] && (o != latest || o < newest) })
}

// LatestSnapshotOffset is the offset of the newest snapshot file.
func (m *ProducerStateManager) LatestSnapshotOffset() (offset int64, ok bool) {
	if len(m.snapshots) == 0 {
		return 0, false
	}
	return m.latestSnapshot(), true
}

// OldestSnapshotOffset is the offset of the oldest snapshot file.
func (m *ProducerStateManager) OldestSnapshotOffset() (offset int64, ok bool) {
	if len(m.snapshots) == 0 {
		return 0, false
	}
	return m.snapshots[0], true
}
