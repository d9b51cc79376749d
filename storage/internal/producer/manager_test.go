package producer

import (
	"errors"
	"math"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

const dayMs = 24 * 3600 * 1000

func newProducers(t testing.TB, fsys vfs.FS) *Manager {
	t.Helper()
	if err := fsys.MkdirAll("/d/t-0", vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	m, err := NewManager(fsys, "/d/t-0", Options{Topic: "t", ExpirationMs: dayMs})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type batchSpec struct {
	offset int64
	n      int
	id     int64
	epoch  int16
	seq    int32
	txn    bool
	ts     int64
}

func dataBatch(t testing.TB, s batchSpec) record.Batch {
	t.Helper()
	b := record.NewBuilder(record.BuilderOptions{
		BaseOffset: s.offset, Transactional: s.txn, Producer: &record.Producer{ID: s.id, Epoch: s.epoch, Sequence: s.seq},
	})
	for i := range s.n {
		if err := b.Append(s.offset+int64(i), s.ts, []byte("k"), []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

// put checks and commits one batch.
func put(m *Manager, origin Origin, b record.Batch) (dup Batch, isDup bool, err error) {
	a := m.Begin(origin)
	if dup, isDup, err = a.Check(b); err != nil || isDup {
		return dup, isDup, err
	}
	m.Commit(a, b.NextOffset())
	for _, txn := range a.Completed() {
		m.CompleteTxn(txn)
	}
	return dup, isDup, nil
}

func mustPut(t testing.TB, m *Manager, b record.Batch) {
	t.Helper()
	if _, dup, err := put(m, Client, b); err != nil || dup {
		t.Fatalf("batch at %d: duplicate %v, error %v", b.BaseOffset(), dup, err)
	}
}

func kind(err error) ErrorKind {
	var p *Error
	if errors.As(err, &p) {
		return p.Kind
	}
	return 0
}

func TestSequences(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	// Nothing is known of the producer, so any sequence is taken (its records may have been
	// deleted).
	for i := range int64(7) {
		mustPut(t, m, dataBatch(t, batchSpec{offset: 10 * i, n: 10, id: 1, seq: 100 + int32(10*i)}))
	}
	for i := range int64(7) {
		dup, isDup, err := put(m, Client, dataBatch(t, batchSpec{offset: 70, n: 10, id: 1, seq: 100 + int32(10*i)}))
		switch {
		case i < 2: // older than the last five
			if kind(err) != OutOfOrderSequence {
				t.Fatalf("batch %d: %v", i, err)
			}
		case err != nil || !isDup || dup.FirstOffset != 10*i || dup.LastOffset != 10*i+9 || dup.FirstSequence != 100+int32(10*i):
			t.Fatalf("batch %d: %+v %v %v", i, dup, isDup, err)
		}
	}
	// The same first sequence with another length is no duplicate.
	if _, isDup, err := put(m, Client, dataBatch(t, batchSpec{offset: 70, n: 9, id: 1, seq: 160})); isDup || kind(err) != OutOfOrderSequence {
		t.Fatal(isDup, err)
	}
	_, _, err := put(m, Client, dataBatch(t, batchSpec{offset: 70, n: 1, id: 1, seq: 171}))
	want := "Out of order sequence number for producer 1 at offset 70 in partition t-0: 171 (incoming seq. number), 169 (current end sequence number)"
	if kind(err) != OutOfOrderSequence || err.Error() != want {
		t.Fatalf("gap: %v", err)
	}
	// A new epoch starts at 0.
	_, _, err = put(m, Client, dataBatch(t, batchSpec{offset: 70, n: 1, id: 1, epoch: 1, seq: 170}))
	want = "Invalid sequence number for new epoch of producer 1 at offset 70 in partition t-0: 1 (request epoch), 170 (seq. number), 0 (current producer epoch)"
	if kind(err) != OutOfOrderSequence || err.Error() != want {
		t.Fatalf("new epoch: %v", err)
	}
	mustPut(t, m, dataBatch(t, batchSpec{offset: 70, n: 1, id: 1, epoch: 1}))
	_, _, err = put(m, Client, dataBatch(t, batchSpec{offset: 71, n: 1, id: 1, epoch: 0, seq: 170}))
	if kind(err) != InvalidEpoch {
		t.Fatalf("old epoch: %v", err)
	}
	// Coordinators are checked for epochs only, replicas not at all.
	if _, _, err = put(m, Coordinator, dataBatch(t, batchSpec{offset: 71, n: 1, id: 1, epoch: 1, seq: 900})); err != nil {
		t.Fatal(err)
	}
	if _, _, err = put(m, Coordinator, dataBatch(t, batchSpec{offset: 72, n: 1, id: 1})); kind(err) != InvalidEpoch {
		t.Fatal(err)
	}
	if _, _, err = put(m, Replication, dataBatch(t, batchSpec{offset: 72, n: 1, id: 1})); err != nil {
		t.Fatal(err)
	}
}

func TestSequenceWrap(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 1, id: 1, seq: math.MaxInt32 - 2}))
	wrapping := dataBatch(t, batchSpec{offset: 1, n: 4, id: 1, seq: math.MaxInt32 - 1})
	mustPut(t, m, wrapping)
	if dup, isDup, _ := put(m, Client, wrapping); !isDup || dup.FirstSequence != math.MaxInt32-1 || dup.LastSequence != 1 {
		t.Fatalf("%+v %v", dup, isDup)
	}
	mustPut(t, m, dataBatch(t, batchSpec{offset: 5, n: 1, id: 1, seq: 2}))
	m = newProducers(t, vfs.NewMem())
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 1, id: 1, seq: math.MaxInt32}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 1, n: 1, id: 1, seq: 0}))
}

func TestTransactions(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	first := func(want int64) {
		t.Helper()
		got, ok := m.FirstUnstableOffset()
		if want < 0 && ok || want >= 0 && (!ok || got != want) {
			t.Fatalf("first unstable offset %d %v, want %d", got, ok, want)
		}
	}
	first(-1)
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 2, id: 1, txn: true}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 2, n: 2, id: 2, txn: true}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 4, n: 2, id: 1, seq: 2, txn: true}))
	first(0)
	_, _, err := put(m, Client, dataBatch(t, batchSpec{offset: 6, n: 1, id: 1, seq: 4}))
	if kind(err) != InvalidTxnState || err.Error() != "Expected transactional write from producer 1 at offset 6 in partition t-0" {
		t.Fatal(err)
	}
	mark := record.EndTxnMarker{CoordinatorEpoch: 3}.Build(6, 50, 0, 1, 0)
	a := m.Begin(Coordinator)
	if _, _, err := a.Check(mark); err != nil || len(a.Completed()) != 1 {
		t.Fatal(err, a.Completed())
	}
	m.Commit(a, 7)
	done := a.Completed()[0]
	if done != (CompletedTxn{ProducerID: 1, FirstOffset: 0, LastOffset: 6, Aborted: true}) {
		t.Fatalf("%+v", done)
	}
	if stable := m.LastStableOffset(done); stable != 2 {
		t.Fatal(stable)
	}
	m.CompleteTxn(done)
	first(0) // until the high watermark passes the marker
	m.OnHighWatermark(6)
	first(0)
	m.OnHighWatermark(7)
	first(2)
	stale := record.EndTxnMarker{CoordinatorEpoch: 2, Commit: true}.Build(7, 50, 0, 1, 0)
	if _, _, err := put(m, Coordinator, stale); kind(err) != CoordinatorFenced {
		t.Fatal(err)
	}
	if _, _, err := put(m, Replication, stale); err != nil {
		t.Fatal(err)
	}
	a = m.Begin(Coordinator)
	if _, _, err := a.Check(record.EndTxnMarker{Commit: true}.Build(8, 50, 0, 2, 1)); err != nil {
		t.Fatal(err)
	}
	m.Commit(a, 9)
	if lso := m.LastStableOffset(a.Completed()[0]); lso != 9 {
		t.Fatal(lso)
	}
	m.CompleteTxn(a.Completed()[0])
	m.OnHighWatermark(9)
	first(-1)
	// The marker has raised the epoch, so the producer starts at sequence 0 again.
	mustPut(t, m, dataBatch(t, batchSpec{offset: 9, n: 1, id: 2, epoch: 1, txn: true}))
}

func TestMarkerOfTransactionVersion2(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 1, id: 1, epoch: 5, txn: true}))
	check := func(epoch int16) error {
		a := m.Begin(Coordinator)
		a.SetTransactionVersion(2)
		_, _, err := a.Check(record.EndTxnMarker{Commit: true}.Build(1, 0, 0, 1, epoch))
		return err
	}
	if err := check(5); kind(err) != InvalidEpoch {
		t.Fatal(err)
	}
	if err := check(6); err != nil {
		t.Fatal(err)
	}
}

func TestExpiration(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 1, id: 1, ts: 1000}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 1, n: 1, id: 2, ts: 1000, txn: true}))
	if n, _ := m.RemoveExpired(1000+dayMs-1, 0); n != 0 {
		t.Fatal(n)
	}
	if n, next := m.RemoveExpired(1000+dayMs, 0); next != 0 || n != 1 || m.Len() != 1 || m.Capture().States()[0].ProducerID != 2 {
		t.Fatal(n, m.Capture().States())
	}
	mustPut(t, m, dataBatch(t, batchSpec{offset: 2, n: 1, id: 1, seq: 77, ts: 1000}))
}

func TestManyInOneAppend(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	for range 2 {
		a := m.Begin(Replication)
		for i := range 3 * mapStagedAbove {
			for k := range 2 {
				offset := int64(2*i + k)
				if _, _, err := a.Check(dataBatch(t, batchSpec{offset: offset, n: 1, id: int64(i), seq: int32(k)})); err != nil {
					t.Fatal(err)
				}
			}
		}
		if m.Commit(a, 100); m.Len() != 3*mapStagedAbove {
			t.Fatal(m.Len())
		}
	}
	for i, p := range m.Capture().States() {
		if p.ProducerID != int64(i) || p.LastSequence != 1 || p.LastOffset != int64(2*i+1) {
			t.Fatalf("%d: %+v", i, p)
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	m := newProducers(t, vfs.NewMem())
	b := dataBatch(t, batchSpec{offset: 0, n: 3, id: 9})
	mustPut(t, m, b)
	seq := int32(3)
	if n := testing.AllocsPerRun(1000, func() {
		setSequence(b, seq)
		seq += 3
		b.SetBaseOffset(b.NextOffset())
		if _, dup, err := put(m, Client, b); dup || err != nil {
			t.Fatal(dup, err)
		}
	}); n != 0 {
		t.Fatalf("%v allocations per append", n)
	}
}

func setSequence(b record.Batch, seq int32) {
	b[53], b[54], b[55], b[56] = byte(seq>>24), byte(seq>>16), byte(seq>>8), byte(seq)
}
