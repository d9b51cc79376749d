package storage

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// end compares the log with the model, after a clean close or a power cut.
func (m *reshapeModel) end() {
	o := testOptions(m.disk, m.cfg)
	if m.rng.IntN(3) == 0 {
		m.do("sync")
		if err := m.differs(m.l, m.batches, expected{m.start, m.start, m.synced, true}); err != nil {
			m.fatal("before the close: %v", err)
		}
		m.do("checkpoint")
		if err := m.l.Close(true); err != nil {
			m.fatal("close: %v", err)
		}
		o.FS, o.Dir, o.CleanShutdown = m.disk.CrashClone(vfs.CrashOptions{}), m.l.Dir(), true
		o.LogStartOffset, o.RecoveryPoint = m.l.LogStartOffset(), m.l.LogEndOffset()
		got := m.open(o)
		if err := m.differs(got, m.batches, expected{m.start, m.start, m.synced, true}); err != nil {
			m.fatal("after a clean close: %v", err)
		}
		return
	}
	o.LogStartOffset, o.RecoveryPoint = m.checkpointStart, m.checkpointEnd
	for _, keep := range []float64{0, 0.5, 1} {
		disk := m.disk.CrashClone(vfs.CrashOptions{Keep: keep, Rand: rand.New(rand.NewPCG(m.rng.Uint64(), 0))})
		o.FS, o.Dir = disk, m.find(disk)
		got := m.open(o)
		if err := m.differsAfterPowerCut(got); err != nil {
			m.fatal("after a power cut that keeps %v: %v; damage %v", keep, err, got.Damage())
		}
	}
}

func (m *reshapeModel) open(o Options) *Log {
	l, err := Open(o)
	if err != nil {
		m.fatal("open: %v", err)
	}
	return l
}

// find returns the name of the folder.
func (m *reshapeModel) find(disk vfs.FS) string {
	i := slices.IndexFunc(m.dirs, func(dir string) bool { return vfs.Exists(disk, dir) })
	if i < 0 {
		m.fatal("no folder %v", m.dirs)
	}
	return m.dirs[i]
}

func (m *reshapeModel) checkDeleted(done bool) {
	disk := m.disk.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: m.rng})
	if !done {
		return
	}
	for _, dir := range m.dirs {
		if vfs.Exists(disk, dir) || vfs.Exists(m.disk, dir) {
			m.fatal("the folder %s is there after a deletion", dir)
		}
	}
}

// differsAfterPowerCut allows each log that the disk may hold.
func (m *reshapeModel) differsAfterPowerCut(got *Log) error {
	err := m.differs(got, m.batches, expected{m.checkpointStart, m.start, m.synced, false})
	if err == nil || !m.pending {
		return err
	}
	low := m.synced
	if m.begun >= 0 {
		low = 0 // the segments go one after the other
		for _, at := range []int64{m.begun, m.checkpointStart} {
			if got.LogStartOffset() == at && got.LogEndOffset() == at {
				return nil
			}
		}
	}
	return m.differs(got, m.before, expected{m.checkpointStart, 1 << 60, low, false})
}

// expected bounds the log start and the log end. exact says that the log has all batches.
type expected struct {
	start, maxStart, end int64
	exact                bool
}

// differs compares a log with batches.
func (m *reshapeModel) differs(got *Log, batches []reshapeBatch, want expected) error {
	start, end := got.LogStartOffset(), got.LogEndOffset()
	last := want.maxStart
	if n := len(batches); n > 0 {
		last = max(last, batches[n-1].next)
	}
	if start < want.start || start > want.maxStart || end < want.end || end > last || want.exact && end != max(want.end, start) {
		return fmt.Errorf("log is [%d, %d), want %+v up to %d", start, end, want, last)
	}
	found, err := m.read(got)
	if err != nil {
		return err
	}
	holes := false
	batches = slices.DeleteFunc(slices.Clone(batches), func(b reshapeBatch) bool {
		// A power cut may take records that were not synced out of the middle of a compacted log:
		// the gap looks like one that compaction leaves.
		_, ok := found[b.base]
		hole := b.next <= end && !ok && !want.exact && m.cfg.compacted() && b.base >= want.end
		holes = holes || hole
		return b.next > end || hole
	})
	if err := m.recordsDiffer(got, found, batches); err != nil {
		return fmt.Errorf("[%d, %d): %w", start, end, err)
	}
	got.SetHighWatermark(end)
	if holes {
		return nil // the transactions are other ones
	}
	if err = m.producersDiffer(got, batches, want.exact); err == nil {
		err = m.txnsDiffer(got, batches)
	}
	if err != nil {
		return fmt.Errorf("[%d, %d): %w", start, end, err)
	}
	return nil
}

// read returns the batches of a log by their base offsets.
func (m *reshapeModel) read(got *Log) (map[int64]record.Batch, error) {
	start, end := got.LogStartOffset(), got.LogEndOffset()
	found := map[int64]record.Batch{}
	for from := start; from < end; {
		r, err := got.Read(from, ReadOptions{MaxBytes: 300, MinOneBatch: true, Below: end})
		if err != nil {
			return nil, fmt.Errorf("read at %d: %w", from, err)
		}
		if r.Slice.Size() == 0 {
			break
		}
		data, err := r.Slice.ReadInto(nil)
		if err != nil {
			return nil, err
		}
		r.Slice.Close()
		for b, err := range record.Batches(data) {
			if err != nil {
				return nil, err
			}
			found[b.BaseOffset()] = b
			from = b.NextOffset()
		}
	}
	return found, nil
}

func (m *reshapeModel) recordsDiffer(got *Log, found map[int64]record.Batch, batches []reshapeBatch) error {
	start := got.LogStartOffset()
	for _, b := range batches {
		x, ok := found[b.base]
		delete(found, b.base)
		switch {
		case !ok && b.next > start && !b.optional:
			return fmt.Errorf("no batch at %d", b.base)
		case !ok:
			continue
		case x.NextOffset() != b.next || x.PartitionLeaderEpoch() != b.epoch || !b.optional && int64(x.Count()) != b.next-b.base:
			return fmt.Errorf("batch %d to %d of epoch %d, want %+v", x.BaseOffset(), x.NextOffset(), x.PartitionLeaderEpoch(), b)
		}
		if epoch, ok := got.epochs.EpochForOffset(b.base); b.base >= start && (!ok || epoch != b.epoch) {
			return fmt.Errorf("epoch %d of offset %d, want %d (%v)", epoch, b.base, b.epoch, got.epochs.Entries())
		}
	}
	for base := range found {
		return fmt.Errorf("a batch at %d that was never there, or is gone", base)
	}
	return nil
}

// producersDiffer compares the producers. One whose batches are all below the log start may be
// forgotten. Compaction keeps the last batch of a producer, and a power cut may take that one.
func (m *reshapeModel) producersDiffer(got *Log, batches []reshapeBatch, exact bool) error {
	known := map[int64]int32{}
	for _, p := range got.Producers() {
		known[p.ProducerID] = p.LastSequence
	}
	for pid := int64(1); pid < 4; pid++ {
		want, last := lastSequence(batches, pid)
		seq, ok := known[pid]
		if !ok && last < got.LogStartOffset() || ok && seq == want {
			continue
		}
		// A snapshot may know the producers of batches below the log start. Without a batch of
		// records the marker alone is known.
		is := func(from int64) bool {
			left, _ := lastSequence(slices.DeleteFunc(slices.Clone(batches), func(b reshapeBatch) bool {
				return b.base < from || b.commit || b.abort || b.optional && !exact
			}), pid)
			return ok && seq == left
		}
		if is(0) || is(got.LogStartOffset()) {
			continue
		}
		if !exact && ok && slices.ContainsFunc(batches, func(b reshapeBatch) bool { return b.pid == pid && b.optional && b.base < m.floor }) {
			continue // compaction kept another batch than the last one that is left
		}
		return fmt.Errorf("producer %d: known %v, last sequence %d, want %d", pid, ok, seq, want)
	}
	return nil
}

// txnsDiffer compares the last stable offset and the aborted transactions.
func (m *reshapeModel) txnsDiffer(got *Log, batches []reshapeBatch) error {
	start, end := got.LogStartOffset(), got.LogEndOffset()
	stable := end
	for _, first := range openTxns(batches) {
		if first < start {
			return nil // a truncation opened it again, and its beginning is gone
		}
		stable = min(stable, first)
	}
	if lso := got.LastStableOffset(); lso != stable {
		return fmt.Errorf("last stable offset %d, want %d", lso, stable)
	}
	aborted, err := got.AbortedTxns(start, end)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if !b.abort || b.first < start {
			continue
		}
		is := slices.ContainsFunc(aborted, func(a segfile.AbortedTxn) bool {
			return a.ProducerID == b.pid && a.FirstOffset == b.first && a.LastOffset == b.base
		})
		if !is && !b.compacted(batches) {
			return fmt.Errorf("no aborted transaction of producer %d from %d to %d: %v", b.pid, b.first, b.base, aborted)
		}
	}
	for _, a := range aborted {
		if !slices.ContainsFunc(batches, func(b reshapeBatch) bool { return b.abort && b.pid == a.ProducerID && b.base == a.LastOffset }) {
			return fmt.Errorf("aborted transaction %+v", a)
		}
	}
	return nil
}

// compacted says that compaction may have removed the transaction that b ends.
func (b *reshapeBatch) compacted(batches []reshapeBatch) bool {
	return slices.ContainsFunc(batches, func(d reshapeBatch) bool {
		return d.pid == b.pid && d.base >= b.first && d.base < b.base && d.optional
	})
}
