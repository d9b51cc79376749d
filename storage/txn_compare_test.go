package storage

import (
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/vfs"
)

// An abort marker is appended while compaction compares the index of the active segment: the
// append has published its size (committed: s.size.Store), and has not reached appendTxn. The test
// goes through the same steps as AppendAsLeader, under the same lock, with the comparison between.
func TestComparisonBesideAnAppendOfAnAbortMarker(t *testing.T) {
	for _, between := range []bool{false, true} {
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		l := mustOpen(t, testOptions(vfs.NewMem(), c))
		seq := int32(0)
		data := func() {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 1, Sequence: seq}})
			check(t, b.Append(0, 1000, []byte("k"), []byte("v"), nil))
			out, err := b.Bytes()
			check(t, err)
			mustAppend(t, l, slices.Clone(out))
			seq++
		}
		abort := func() error {
			_, err := l.AppendAsLeader(record.EndTxnMarker{}.Build(0, 1000, 0, 1, 0), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
			return err
		}
		data()
		check(t, abort())
		data()
		check(t, l.active().saveIndex(true)) // as a sync, a sweep of memory or 1024 aborts do
		// Clean's comparison begins: it has its view.
		v, err := l.view()
		check(t, err)
		s := l.active()
		s.doubtTxns()

		l.mu.Lock() // as append does
		m := record.Batch(record.EndTxnMarker{}.Build(l.end.Load(), 1000, 1, 1, 0))
		pa := l.producers.Begin(producer.Replication)
		_, _, err = pa.Check(m)
		check(t, err)
		check(t, l.write(m))
		s.size.Store(s.size.Load() + int64(len(m)))
		l.end.Store(m.NextOffset())
		if between {
			check(t, l.checkTxns(&v, 0)) // the cleaner's goroutine: takes no mu
		}
		err = l.commitProducers(s, pa, m.NextOffset())
		if err != nil {
			err = l.fail("write of the transaction index", err)
		}
		l.mu.Unlock()
		t.Logf("between=%v: append of the marker: %v", between, err)
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		check(t, b.Append(0, 1000, []byte("k"), []byte("v"), nil))
		out, _ := b.Bytes()
		_, err = l.AppendAsLeader(slices.Clone(out), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
		t.Logf("between=%v: next append: %v", between, err)
		if err != nil && strings.Contains(err.Error(), "ndex") {
			t.Errorf("a healthy log is broken")
		}
		l.Close(false)
	}
}
