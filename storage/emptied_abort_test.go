package storage

import (
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// An aborted transaction that compaction has emptied (its last batch stays for its producer's
// sake), then its .txnindex is missing at a clean start, two compactions, kill -9.
func TestEmptiedAbortKeepsItsMarker(t *testing.T) {
	for _, lost := range []bool{false, true} {
		fsys := vfs.NewMem()
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		c.DeleteRetentionMs = 1000
		o := testOptions(fsys, c)
		l := mustOpen(t, o)
		ts := int64(1_000_000)
		seqs := map[int64]int32{}
		txn := func(id int64, k, v string, commit bool) {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: seqs[id]}})
			check(t, b.Append(0, ts, []byte(k), []byte(v), nil))
			out, err := b.Bytes()
			check(t, err)
			mustAppend(t, l, slices.Clone(out))
			seqs[id]++
			m := record.EndTxnMarker{Commit: commit}.Build(0, ts, 0, id, 0)
			_, err = l.AppendAsLeader(slices.Clone(m), AppendOptions{LeaderEpoch: 1, NowMs: ts, Origin: OriginCoordinator})
			check(t, err)
		}
		dirty := int64(0)
		clean := func() {
			l.SetHighWatermark(l.LogEndOffset())
			st, err := l.Clean(CleanOptions{NowMs: ts, DirtyOffset: dirty, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
			dirty = st.EndOffset
			t.Logf("lost=%v clean to %d: %v LSO=%d end=%d", lost, dirty, err, l.LastStableOffset(), l.LogEndOffset())
		}
		restart := func(ok bool) {
			check(t, l.Sync(l.LogEndOffset()))
			o.RecoveryPoint, o.HighWatermark, o.CleanShutdown = l.LogEndOffset(), l.LogEndOffset(), ok
			check(t, l.Close(ok))
		}
		txn(1, "k1", "committed", true)
		txn(2, "k1", "aborted", false)
		txn(1, "k2", "x", true)
		check(t, l.Roll(ts))
		clean()
		restart(true)
		files := txnIndexFiles(t, o)
		t.Log(files)
		if lost {
			check(t, fsys.Remove(files[0]))
		}
		l = mustOpen(t, o)
		for range 3 {
			ts += 5000
			txn(1, "k3", "x", true)
			check(t, l.Roll(ts))
			clean()
		}
		restart(false) // kill -9
		l = mustOpen(t, o)
		l.SetHighWatermark(l.LogEndOffset())
		t.Logf("lost=%v after kill: LSO=%d end=%d", lost, l.LastStableOffset(), l.LogEndOffset())
		if l.LastStableOffset() != l.LogEndOffset() {
			t.Errorf("lost=%v: readers of committed records stop at %d of %d for ever", lost, l.LastStableOffset(), l.LogEndOffset())
		}
		l.Close(false)
	}
}
