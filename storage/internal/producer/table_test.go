package producer

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// One client that makes producer ids without end does not make the partition remember all of them:
// the oldest idle ones go. Active producers and those with an open transaction stay.
func TestNumberOfProducersIsBounded(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	m.SetMax(100)
	offset := int64(0)
	next := func(s batchSpec) {
		s.offset, s.n = offset, 1
		mustPut(t, m, dataBatch(t, s))
		offset++
	}
	next(batchSpec{id: 1, txn: true})
	for i := range 1000 {
		next(batchSpec{id: int64(10 + i)})
		if i%20 == 0 {
			next(batchSpec{id: 2, seq: int32(i / 20)})
		}
		if m.Len() > 100 {
			t.Fatalf("%d producers after %d", m.Len(), i)
		}
	}
	known := map[int64]State{}
	for _, p := range m.Capture().States() {
		known[p.ProducerID] = p
	}
	if len(known) != 100 || known[1].CurrentTxnFirstOffset != 0 || known[2].LastSequence != 49 {
		t.Errorf("%d producers, with an open transaction %+v, active %+v", len(known), known[1], known[2])
	}
	for id := int64(10 + 1000 - 98); id < 1010; id++ {
		if _, ok := known[id]; !ok {
			t.Errorf("producer %d is forgotten, older ones are known", id)
		}
	}
	m.SetMax(10)
	next(batchSpec{id: 5000})
	if m.Len() != 10 {
		t.Errorf("%d producers, the bound is 10", m.Len())
	}
}

// A capture does not change when the producers do, in any order of changes.
func TestCaptureStaysAsItWas(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := newProducers(t, vfs.NewMem())
		m.SetMax(30)
		type kept struct {
			c    Capture
			want string
		}
		var all []kept
		seqs := map[int64]int32{}
		for i := range int64(500) {
			switch id := rng.Int64N(40); rng.IntN(10) {
			case 0:
				c := m.Capture()
				all = append(all, kept{c, fmt.Sprint(c.States())})
			case 1:
				if _, next := m.RemoveExpired(dayMs+rng.Int64N(i+1), 0); next != 0 {
					t.Fatal(next)
				}
			default:
				if m.table.get(id) == nil {
					seqs[id] = 0
				}
				mustPut(t, m, dataBatch(t, batchSpec{offset: i, n: 1, id: id, seq: seqs[id], ts: i}))
				seqs[id]++
			}
			m.checkTable(t, seed)
		}
		for i, k := range all {
			if got := fmt.Sprint(k.c.States()); got != k.want {
				t.Fatalf("seed %d: capture %d is %s, was %s", seed, i, got, k.want)
			}
		}
	}
}

// checkTable compares the three ways in which the table holds its nodes.
func (m *Manager) checkTable(t *testing.T, seed uint64) {
	t.Helper()
	n := 0
	for e := m.table.byUse.First; e != nil; e = e.Next {
		if m.table.get(e.id) != e || m.table.nodes[e.at] != e || e.Next == nil && e != m.table.byUse.Last || e.Next != nil && e.Next.Prev != e {
			t.Fatalf("seed %d: producer %d is not the same everywhere", seed, e.id)
		}
		n++
	}
	if n != len(m.table.nodes) || n != len(m.table.byID) {
		t.Fatalf("seed %d: %d in the list, %d nodes, %d by id", seed, n, len(m.table.nodes), len(m.table.byID))
	}
}

// RemoveExpired looks at a part of the producers in each call, and at all of them in the end.
func TestRemoveExpiredInParts(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	const n = 10_000
	for i := range int64(n) {
		m.table.add(entry{id: i, txnFirst: -1, timestamp: i % 2 * dayMs})
	}
	removed, calls := 0, 0
	for next := -1; next != 0; calls++ {
		var k int
		k, next = m.RemoveExpired(dayMs, next)
		removed += k
	}
	if removed != n/2 || m.Len() != n/2 || calls != 3 {
		t.Errorf("%d removed in %d calls, %d left", removed, calls, m.Len())
	}
	m.checkTable(t, 0)
}

// A snapshot holds the state of the moment when it was taken, however late it is written.
func TestSnapshotIsWrittenLater(t *testing.T) {
	fsys := vfs.NewMem()
	m := newProducers(t, fsys)
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 5, id: 1, ts: 10}))
	want := fmt.Sprint(m.Capture().States())
	m.TakeSnapshot()
	m.TakeSnapshot() // there is one for this offset
	mustPut(t, m, dataBatch(t, batchSpec{offset: 5, n: 5, id: 1, seq: 5, ts: 10}))
	pending := m.TakePending()
	if len(pending) != 1 || pending[0].Offset != 5 || len(m.TakePending()) != 0 {
		t.Fatal(pending)
	}
	m.PutPending(pending)
	if err := m.TakePending()[0].Write(fsys, m.dir, true); err != nil {
		t.Fatal(err)
	}
	again := newProducers(t, fsys)
	if err := again.TruncateAndReload(0, 5, 0); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(again.Capture().States()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// A truncation drops an unwritten snapshot.
	m.TakeSnapshot()
	if err := m.TruncateAndReload(0, 7, 0); err != nil {
		t.Fatal(err)
	}
	if p := m.TakePending(); len(p) != 0 || m.MapEndOffset() != 5 {
		t.Error(p, m.MapEndOffset())
	}
}
