package producer

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

// SnapshotSuffix is how the names of snapshot files end.
const SnapshotSuffix = ".snapshot"

// SnapshotName is the name of the snapshot file of offset.
func SnapshotName(offset int64) string { return fmt.Sprintf("%020d%s", offset, SnapshotSuffix) }

func (m *Manager) snapshotPath(offset int64) string {
	return filepath.Join(m.dir, SnapshotName(offset))
}

func (m *Manager) listSnapshots() error {
	entries, err := m.fs.ReadDir(m.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), SnapshotSuffix)
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

// TruncateAndReload makes the state fit a log of [logStart, logEnd): snapshots outside of
// (logStart, logEnd] are deleted, and unless the state ends at logEnd already it is reloaded from
// the newest readable snapshot. Unreadable snapshots are deleted. Afterwards replay the log's
// batches from MapEndOffset up to logEnd (Begin(Replication), Check, Commit). An error is an IO
// error.
func (m *Manager) TruncateAndReload(logStart, logEnd, nowMs int64) error {
	if err := m.deleteSnapshots(true, func(o int64) bool { return o > logEnd || o <= logStart }); err != nil {
		return err
	}
	if m.mapEnd == logEnd {
		m.OnLogStartOffset(logStart)
		return nil
	}
	m.clear()
	// A call that fails from here on can be made again: the state does not end at logEnd, unless
	// nothing is below it.
	m.mapEnd, m.snapEnd = logStart, logStart
	return m.loadSnapshot(logStart, nowMs)
}

func (m *Manager) clear() {
	m.table = table{gen: m.table.gen}
	m.ongoing, m.unreplicated = nil, nil
}

// loadSnapshot fills the empty state from the newest readable snapshot, and deletes unreadable
// ones.
func (m *Manager) loadSnapshot(logStart, nowMs int64) error {
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
		if errors.Is(err, ErrCorruptSnapshot) { // one that is missing was never written
			m.opts.Logger.Warn("producer snapshot is unreadable, it is deleted and the state rebuilt from the log",
				"file", m.snapshotPath(offset), "error", err)
		}
		if err := m.deleteSnapshots(false, func(o int64) bool { return o == offset }); err != nil {
			return err
		}
	}
}

// LoadFrom fills the empty state from the newest readable snapshot in (first, last] and returns its
// offset. It changes no file.
func (m *Manager) LoadFrom(first, last int64) (offset int64, ok bool, err error) {
	for _, o := range slices.Backward(m.snapshots) {
		if o > last || o <= first {
			continue
		}
		entries, err := m.readSnapshot(o)
		if err == nil {
			m.load(entries, 0)
			return o, true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrCorruptSnapshot) {
			return 0, false, err
		}
	}
	return 0, false, nil
}

// OpenAt returns the producers with an open transaction, from the snapshot at offset. It is nil
// without a readable one.
func (m *Manager) OpenAt(offset int64) (map[int64]bool, error) {
	entries, err := m.readSnapshot(offset)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCorruptSnapshot) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open := map[int64]bool{}
	for _, e := range entries {
		if e.CurrentTxnFirstOffset >= 0 {
			open[e.ProducerID] = true
		}
	}
	return open, nil
}

// EndOthers ends the open transactions of the producers that are not in open, which OpenAt has
// returned for the offset at which the state ends. Compaction has removed their markers, and no
// marker follows. The first offset of a transaction proves nothing: the log start may have passed
// its first record since.
func (m *Manager) EndOthers(open map[int64]bool) {
	m.ongoing = slices.DeleteFunc(m.ongoing, func(t txnSpan) bool {
		if open[t.producerID] {
			return false
		}
		if n := m.table.get(t.producerID); n != nil && n.txnFirst == t.first {
			e := n.entry
			e.txnFirst = -1
			m.table.update(n, e)
		}
		return true
	})
}

func (m *Manager) readSnapshot(offset int64) ([]SnapshotEntry, error) {
	b, err := vfs.ReadFile(m.fs, m.snapshotPath(offset))
	if err != nil {
		return nil, err
	}
	return DecodeSnapshot(b)
}

func (m *Manager) load(entries []SnapshotEntry, nowMs int64) {
	known := make([]entry, 0, len(entries))
	for i := range entries {
		if e := entries[i].entry(); !m.expired(&e, nowMs) {
			known = append(known, e)
		}
	}
	m.table.load(known)
	for _, n := range m.table.nodes {
		if n.txnFirst >= 0 {
			m.ongoing = insertTxn(m.ongoing, txnSpan{producerID: n.id, first: n.txnFirst, last: -1})
		}
	}
}

// TruncateFully forgets everything and deletes all snapshots; the log restarts at offset.
func (m *Manager) TruncateFully(offset int64) error {
	m.clear()
	m.mapEnd, m.snapEnd = offset, 0
	return m.deleteSnapshots(true, func(int64) bool { return true })
}

// Snapshot is a snapshot file that is to be written. Its use needs no lock.
type Snapshot struct {
	Offset  int64
	capture Capture
}

// TakeSnapshot captures the state for MapEndOffset's snapshot file, unless it is the newest one
// already, and reports whether it did. TakePending hands the work of writing it to the caller: at a
// roll the log's lock is held, and nothing is written under it.
func (m *Manager) TakeSnapshot() bool {
	if m.mapEnd <= m.snapEnd {
		return false
	}
	i, found := slices.BinarySearch(m.snapshots, m.mapEnd)
	if !found {
		m.snapshots = slices.Insert(m.snapshots, i, m.mapEnd)
	}
	m.pending = append(m.pending, &Snapshot{Offset: m.mapEnd, capture: m.Capture()})
	m.snapEnd = m.mapEnd
	return true
}

// TakePending returns the snapshots that are to be written. A caller that cannot write one gives it
// back with PutPending.
func (m *Manager) TakePending() []*Snapshot {
	p := m.pending
	m.pending = nil
	return p
}

// PutPending returns snapshots from TakePending. It drops snapshots that were deleted in between.
func (m *Manager) PutPending(p []*Snapshot) {
	for _, s := range p {
		if _, found := slices.BinarySearch(m.snapshots, s.Offset); found {
			m.pending = append(m.pending, s)
		}
	}
}

// WriteSnapshot is TakeSnapshot where the log has no other user, such as at recovery: the file is
// written when it returns.
func (m *Manager) WriteSnapshot() error {
	m.TakeSnapshot()
	for len(m.pending) > 0 {
		if err := m.pending[0].Write(m.fs, m.dir, false); err != nil {
			return err
		}
		m.pending = m.pending[1:]
	}
	return nil
}

// Write writes the file into dir, and syncs it if asked to.
func (s *Snapshot) Write(fsys vfs.FS, dir string, sync bool) error {
	f, err := vfs.Create(fsys, filepath.Join(dir, SnapshotName(s.Offset)))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(EncodeSnapshot(s.capture.entries()), 0)
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// deleteSnapshots deletes the snapshot files that gone picks; sync makes the deletions durable.
func (m *Manager) deleteSnapshots(sync bool, gone func(offset int64) bool) error {
	m.pending = slices.DeleteFunc(m.pending, func(s *Snapshot) bool { return gone(s.Offset) })
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

// ForgetSnapshot takes the snapshot of offset, if there is one, off the list. The caller removes
// the file at path.
func (m *Manager) ForgetSnapshot(offset int64) (path string, ok bool) {
	i, found := slices.BinarySearch(m.snapshots, offset)
	if !found {
		return "", false
	}
	m.snapshots = slices.Delete(m.snapshots, i, i+1)
	m.pending = slices.DeleteFunc(m.pending, func(s *Snapshot) bool { return s.Offset == offset })
	return m.snapshotPath(offset), true
}

// RemoveStraySnapshots keeps snapshots that stand at a segment's base offset and the newest one if
// it is above all of them; done at recovery.
func (m *Manager) RemoveStraySnapshots(segmentBases []int64) error {
	bases := make(map[int64]bool, len(segmentBases))
	newest := int64(math.MinInt64)
	for _, b := range segmentBases {
		bases[b], newest = true, max(newest, b)
	}
	latest := m.latestSnapshot()
	return m.deleteSnapshots(false, func(o int64) bool { return !bases[o] && (o != latest || o < newest) })
}

// LatestSnapshotOffset is the offset of the newest snapshot file.
func (m *Manager) LatestSnapshotOffset() (offset int64, ok bool) {
	if len(m.snapshots) == 0 {
		return 0, false
	}
	return m.latestSnapshot(), true
}
