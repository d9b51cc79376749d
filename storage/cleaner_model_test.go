package storage

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// modelRecord is one record that was ever appended. txn is 0 outside of a transaction.
type modelRecord struct {
	offset int64
	key, v string
	txn    int
}

// cleanModel runs a random script on a compacted log, and keeps every record with the outcome of
// its transaction.
type cleanModel struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	cfg  *Config
	mem  *vfs.Mem
	l    *Log

	records    []modelRecord
	committed  map[int]bool // outcome of each transaction that has ended
	open       map[int64]int
	txns       int
	next       map[int64]int32 // sequence of each producer
	now, dirty int64
}

// A random script has appends, transactions, cleaning with maps of every size, sweeps, syncs, and
// clean and unclean stops with the right or no recovery point. A reader of committed records sees
// the records of an independent model, and the log forgets no producer.
func TestCompactionAgainstAModel(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 6))
		c := testConfig()
		c.CleanupPolicy, c.SegmentBytes, c.IndexIntervalBytes = CleanupCompact, int64(400+rng.IntN(1500)), 100
		c.DeleteRetentionMs, c.FileDeleteDelayMs = 100, 0
		m := &cleanModel{t: t, seed: seed, rng: rng, cfg: c, mem: vfs.NewCrashableMem(), committed: map[int]bool{}, open: map[int64]int{},
			next: map[int64]int32{}, now: 1000, dirty: -1}
		if err := m.mem.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
			t.Fatal(err)
		}
		m.l = mustOpen(t, testOptions(m.mem, c))
		for op := range 150 {
			m.now += int64(rng.IntN(60))
			if what := m.step(); what != "" {
				m.check(fmt.Sprintf("seed %d op %d %s", seed, op, what))
			}
		}
		_ = m.l.Close(false)
	}
}

// step does one operation. It returns the name of the operation when the caller must compare the
// log with the model.
func (m *cleanModel) step() string {
	switch n := m.rng.IntN(100); {
	case n < 55:
		m.append()
	case n < 75:
		m.end()
	case n < 88:
		m.l.SetHighWatermark(m.l.LogEndOffset())
		s, err := m.l.Clean(CleanOptions{NowMs: m.now, DirtyOffset: m.dirty, IOBytes: 256, DedupeBytes: 24 * (2 + m.rng.IntN(12)), LoadFactor: 0.9})
		m.must(err)
		if m.rng.IntN(4) > 0 {
			m.dirty = s.EndOffset
		}
		return "clean"
	case n < 91:
		m.l.pool.Sweep()
	case n < 94:
		m.must(m.l.Sync(m.l.LogEndOffset()))
	default:
		o := testOptions(m.mem, m.cfg)
		o.CleanShutdown = m.rng.IntN(2) == 0
		o.RecoveryPoint = m.l.RecoveryPoint() * int64(m.rng.IntN(2))
		m.must(m.l.Close(o.CleanShutdown))
		m.l = mustOpen(m.t, o)
		return fmt.Sprint("reopen, clean ", o.CleanShutdown, ", recovery point ", o.RecoveryPoint)
	}
	return ""
}

func (m *cleanModel) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("seed %d: %v", m.seed, err)
	}
}

func (m *cleanModel) append() {
	id := int64(m.rng.IntN(4))
	o := record.BuilderOptions{LeaderEpoch: -1, Transactional: id > 0}
	if id > 0 {
		o.Producer = &record.Producer{ID: id, Sequence: m.next[id]}
		if m.open[id] == 0 {
			m.txns++
			m.open[id] = m.txns
		}
	}
	b := record.NewBuilder(o)
	n := 1 + m.rng.IntN(3)
	for j := range n {
		r := modelRecord{offset: m.l.LogEndOffset() + int64(j), key: fmt.Sprint("k", m.rng.IntN(8)), txn: m.open[id]}
		var value []byte
		if m.rng.IntN(4) > 0 {
			r.v = fmt.Sprint("v", r.offset)
			value = []byte(r.v)
		}
		m.must(b.Append(int64(j), m.now, []byte(r.key), value, nil))
		m.records = append(m.records, r)
	}
	out, err := b.Bytes()
	m.must(err)
	_, err = m.l.AppendAsLeader(append([]byte(nil), out...), AppendOptions{LeaderEpoch: 1, NowMs: m.now})
	m.must(err)
	if id > 0 {
		m.next[id] += int32(n)
	}
}

// end ends a transaction, or writes a marker without one.
func (m *cleanModel) end() {
	id, commit := int64(1+m.rng.IntN(3)), m.rng.IntN(2) == 0
	marker := record.EndTxnMarker{Commit: commit}.Build(0, m.now, 0, id, 0)
	_, err := m.l.AppendAsLeader(append([]byte(nil), marker...), AppendOptions{LeaderEpoch: 1, NowMs: m.now, Origin: OriginCoordinator})
	m.must(err)
	if txn := m.open[id]; txn > 0 {
		m.committed[txn] = commit
		m.open[id] = 0
	}
}

func (m *cleanModel) check(when string) {
	m.t.Helper()
	m.l.SetHighWatermark(m.l.LogEndOffset())
	stable := m.l.LogEndOffset()
	for _, r := range m.records {
		if _, ended := m.committed[r.txn]; r.txn > 0 && !ended {
			stable = r.offset
			break
		}
	}
	if got := m.l.LastStableOffset(); got != stable {
		m.t.Fatalf("%s: last stable offset %d, want %d", when, got, stable)
	}
	want := map[string]string{}
	for _, r := range m.records {
		switch {
		case r.offset >= stable || r.txn > 0 && !m.committed[r.txn]:
		case r.v == "":
			delete(want, r.key)
		default:
			want[r.key] = r.v
		}
	}
	if got := m.read(stable); !maps.Equal(got, want) {
		m.t.Fatalf("%s: %v, want %v", when, got, want)
	}
	known := map[int64]int32{}
	for _, p := range m.l.Producers() {
		known[p.ProducerID] = p.LastSequence
	}
	for id, next := range m.next {
		if last, ok := known[id]; !ok || last != next-1 {
			m.t.Fatalf("%s: producer %d has last sequence %d (known %v), want %d", when, id, last, ok, next-1)
		}
	}
}

// read returns the value of every key for a reader of the committed records below an offset.
func (m *cleanModel) read(below int64) map[string]string {
	m.t.Helper()
	got := map[string]string{}
	aborted, err := m.l.AbortedTxns(0, below)
	m.must(err)
	for b := range record.Batches(readAll(m.t, m.l, 0, 300)) {
		skip := b.BaseOffset() >= below || b.IsControl()
		for _, a := range aborted {
			skip = skip || a.ProducerID == b.ProducerID() && b.IsTransactional() && b.BaseOffset() >= a.FirstOffset && b.BaseOffset() < a.LastOffset
		}
		if skip {
			continue
		}
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			if x := r.Record(); x.Value == nil {
				delete(got, string(x.Key))
			} else {
				got[string(x.Key)] = string(x.Value)
			}
		}
	}
	return got
}
