package storage

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/record"
)

func (m *reshapeModel) append() error {
	pid := int64(m.rng.IntN(5)) - 1
	if m.pending {
		pid = -1 // the log does not know its producers at the moment
	}
	o := record.BuilderOptions{LeaderEpoch: -1}
	x := reshapeBatch{base: m.l.LogEndOffset(), pid: pid, txn: pid == 1 || pid == 2}
	n := 1 + m.rng.IntN(3)
	if pid > 0 {
		seq := m.sequence(pid)
		o.Producer, o.Transactional = &record.Producer{ID: pid, Sequence: seq + 1}, x.txn
		x.seq = seq + int32(n)
	} else {
		x.pid = -1
	}
	b := record.NewBuilder(o)
	for j := range n {
		check(m.t, b.Append(int64(j), m.now, fmt.Appendf(nil, "k%d", x.base+int64(j)), []byte("some value"), nil))
	}
	out, err := b.Bytes()
	check(m.t, err)
	if m.rng.IntN(8) == 0 {
		m.epoch++
	}
	return m.write(x, out, OriginClient)
}

// sequence is the last sequence of a producer. The log may have forgotten the sequences of batches
// below its start.
func (m *reshapeModel) sequence(pid int64) int32 {
	seq, _ := lastSequence(m.batches, pid)
	if slices.ContainsFunc(m.batches, func(b reshapeBatch) bool { return b.pid == pid && b.base >= m.start && !b.commit && !b.abort }) {
		return seq
	}
	for _, p := range m.l.Producers() {
		if p.ProducerID == pid {
			return p.LastSequence
		}
	}
	return seq
}

// marker ends the open transaction of a producer, if there is one.
func (m *reshapeModel) marker(pid int64) error {
	first, open := openTxns(m.batches)[pid]
	if !open {
		return nil
	}
	x := reshapeBatch{base: m.l.LogEndOffset(), pid: pid, first: first, commit: m.rng.IntN(2) == 0, optional: true}
	x.abort = !x.commit
	x.seq, _ = lastSequence(m.batches, pid)
	return m.write(x, record.EndTxnMarker{Commit: x.commit}.Build(0, m.now, 0, pid, 0), OriginCoordinator)
}

func (m *reshapeModel) write(x reshapeBatch, b []byte, origin Origin) error {
	info, err := m.l.AppendAsLeader(slices.Clone(b), AppendOptions{LeaderEpoch: m.epoch, NowMs: m.now, Origin: origin})
	if err != nil {
		return err
	}
	if info.FirstOffset != x.base || info.Duplicate {
		m.fatal("append at %d, want %d, duplicate %v", info.FirstOffset, x.base, info.Duplicate)
	}
	if m.pending {
		m.complete()
	}
	x.next, x.epoch = info.LastOffset+1, m.epoch
	m.batches = append(m.batches, x)
	return nil
}

func (m *reshapeModel) sync() error {
	if m.rng.IntN(2) == 0 {
		if err := m.l.Sync(1 << 60); err != nil {
			return err
		}
		m.dirs = m.dirs[len(m.dirs)-1:]
	} else {
		upTo, gen, err := m.l.PrepareSync()
		if err != nil {
			return err
		}
		check(m.t, syncMount(m.disk, ""))
		m.l.SyncDone(upTo, gen)
		m.dirs = m.dirs[len(m.dirs)-1:]
	}
	m.synced = m.l.LogEndOffset()
	return nil
}

// settleTxns ends all transactions.
func (m *reshapeModel) settleTxns() error {
	for pid := range int64(3) {
		if err := m.marker(pid); err != nil {
			return err
		}
	}
	return nil
}

func (m *reshapeModel) retention() error {
	if err := m.settleTxns(); err != nil {
		return err
	}
	// No higher than what compaction can rely on later, see clean.
	m.l.SetHighWatermark(m.synced)
	_, _, err := m.l.DeleteOldSegments(m.now)
	if m.pending && m.l.truncating.Load() {
		return err
	}
	if start := m.l.LogStartOffset(); start < m.start || start > m.l.LogEndOffset() {
		m.fatal("retention moves the log start from %d to %d", m.start, start)
	}
	m.start = m.l.LogStartOffset()
	return err
}

func (m *reshapeModel) truncate(offset int64) error {
	if m.begun >= 0 {
		offset = m.begun // the log will begin there
	}
	end := m.l.LogEndOffset()
	if offset > end || m.begun < 0 && offset < max(m.start, m.floor) {
		return nil // the log has changed since the first try
	}
	err := m.l.TruncateTo(offset)
	if err == nil {
		m.cut(offset, m.l.LogEndOffset())
	}
	return err
}

func (m *reshapeModel) truncateFully(offset int64) error {
	err := m.l.TruncateFullyAndStartAt(offset)
	if err == nil {
		m.pending, m.before, m.batches, m.start, m.synced, m.begun, m.floor = false, nil, nil, offset, offset, -1, 0
	}
	return err
}

// cut drops the batches behind end, which is the base offset of the batch that holds offset.
func (m *reshapeModel) cut(offset, end int64) {
	for len(m.batches) > 0 && m.batches[len(m.batches)-1].next > end {
		b := m.batches[len(m.batches)-1]
		if offset >= b.next || end > b.base && !b.optional {
			m.fatal("truncation to %d ends at %d", offset, end)
		}
		m.batches = m.batches[:len(m.batches)-1]
	}
	m.synced = min(m.synced, end)
}

// begin notes a truncation that is not complete.
func (m *reshapeModel) begin(w *truncation) {
	if m.pending {
		m.complete()
	}
	m.pending, m.before, m.begun = true, slices.Clone(m.batches), -1
	m.batches = slices.DeleteFunc(slices.Clone(m.batches), func(b reshapeBatch) bool { return w.full || b.next > w.end })
	m.synced, m.start = min(m.synced, w.end), min(m.start, w.end)
	if w.full {
		m.begun = w.end
	}
}

// complete notes that a truncation is on disk.
func (m *reshapeModel) complete() {
	if m.begun >= 0 {
		m.start, m.synced, m.floor = m.begun, m.begun, 0
	}
	m.pending, m.before, m.begun = false, nil, -1
}

// clean compacts synced records: compaction relies on the marker of a transaction and on the last
// batch of a producer, and a power cut must not take these away.
func (m *reshapeModel) clean() error {
	if err := m.settleTxns(); err != nil {
		return err
	}
	if err := m.sync(); err != nil {
		return err
	}
	m.floor = m.l.SetHighWatermark(m.synced)
	for _, b := range m.batches {
		if !b.abort {
			continue
		}
		for i := range m.batches {
			if d := &m.batches[i]; d.pid == b.pid && d.base >= b.first && d.base < b.base {
				d.optional = true
			}
		}
	}
	_, err := m.l.Clean(CleanOptions{NowMs: m.now, DirtyOffset: -1, IOBytes: 256, DedupeBytes: 24 * 100, LoadFactor: 0.9})
	return err
}

func (m *reshapeModel) rename(dir string) error {
	err := m.l.Rename(dir)
	if m.l.Dir() == dir && !slices.Contains(m.dirs, dir) {
		m.dirs = append(m.dirs, dir)
	}
	if err == nil {
		m.dirs = []string{dir}
	}
	return err
}

// lastSequence is the sequence of the last record of a producer, -1 without one.
func lastSequence(batches []reshapeBatch, pid int64) (seq int32, last int64) {
	for _, b := range slices.Backward(batches) {
		if b.pid == pid {
			return b.seq, b.base
		}
	}
	return -1, -1
}

// openTxns is the first offset of each open transaction.
func openTxns(batches []reshapeBatch) map[int64]int64 {
	open := map[int64]int64{}
	for _, b := range batches {
		if _, is := open[b.pid]; b.commit || b.abort {
			delete(open, b.pid)
		} else if b.txn && !is {
			open[b.pid] = b.base
		}
	}
	return open
}
