package storage

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// The aborted transaction's records are in a sealed segment, its marker in the active one. The
// .txnindex with its entry (of the active segment) is missing at a clean open. Compaction runs.
func TestCompactionWithoutTheTxnIndexOfTheActiveSegment(t *testing.T) {
	for _, lost := range []bool{false, true} {
		fsys := vfs.NewMem()
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		o := testOptions(fsys, c)
		o.Dir = "data/topic-0"
		check(t, fsys.MkdirAll("data", 0o755))
		l := mustOpen(t, o)
		ts := int64(1_000_000)
		data, end := transactions(t, l, ts)
		data(1, 0, "k1", "committed")
		end(1, true)
		data(2, 0, "k1", "aborted")
		check(t, l.Roll(ts))
		end(2, false) // in the active segment
		data(1, 1, "k2", "x")
		end(1, true)
		check(t, l.Sync(l.LogEndOffset()))
		o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
		check(t, l.Close(true))
		o.CleanShutdown = true
		files := txnIndexFiles(t, o)
		if len(files) != 1 {
			t.Fatal(files)
		}
		t.Log(filepath.Base(files[0]))
		if lost {
			check(t, o.FS.Remove(files[0]))
		}
		l = mustOpen(t, o)
		l.SetHighWatermark(l.LogEndOffset())
		before := readCommitted(t, l)
		dirty := int64(0)
		for i := range 4 {
			st, err := l.Clean(CleanOptions{NowMs: 2_000_000_000, DirtyOffset: dirty, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
			dirty = st.EndOffset
			t.Logf("lost=%v run %d before=%v after=%v damage=%v err=%v end=%d", lost, i, before, readCommitted(t, l), l.Damage(), err, dirty)
			check(t, l.Roll(ts))
		}
		after := readCommitted(t, l)
		if !slices.Contains(after, "k1=committed") {
			t.Errorf("lost=%v: committed record gone: %v", lost, after)
		}
		l.Close(false)
	}
}
