package storage

import (
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

func flipByte(t *testing.T, fsys vfs.FS, path string, at int64, mask byte) {
	f, err := fsys.OpenFile(path, 2, vfs.FilePerm)
	check(t, err)
	b := []byte{0}
	_, err = f.ReadAt(b, at)
	check(t, err)
	b[0] ^= mask
	_, err = f.WriteAt(b, at)
	check(t, err)
	check(t, f.Close())
}

// One bit of a .txnindex entry flips after the index was compared with the log (a broker that runs
// for weeks). Compaction.
func TestCompactionComparesTheTxnIndexAgain(t *testing.T) {
	for _, flip := range []struct {
		what string
		at   int64
	}{{"none", -1}, {"producer id", 9}, {"first offset", 16}, {"last offset", 24}} {
		o := twoTransactions(t, vfs.NewMem(), "data/topic-0", CleanupCompact)
		files := txnIndexFiles(t, o)
		l := mustOpen(t, o)
		l.SetHighWatermark(l.LogEndOffset())
		before := readCommitted(t, l) // compares the index with the log
		if flip.at >= 0 {
			flipByte(t, o.FS, files[0], flip.at, 8)
		}
		_, err := l.Clean(CleanOptions{NowMs: 2_000_000_000, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
		after := readCommitted(t, l)
		t.Logf("%s: before=%v after=%v err=%v damage=%v", flip.what, before, after, err, l.Damage())
		if !slices.Contains(after, "k1=committed") {
			t.Errorf("%s: a committed record is gone", flip.what)
		}
		l.Close(false)
	}
}

// Two batches have the newest timestamp above the log start, the first of them is damaged.
func TestNewestRecordBesideADamagedOne(t *testing.T) {
	for _, damage := range []bool{false, true} {
		fsys := vfs.NewMem()
		o := testOptions(fsys, testConfig())
		l := mustOpen(t, o)
		var pos []int64
		for _, ts := range []int64{9000, 2000, 5000, 5000, 1000} {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
			check(t, b.Append(0, ts, []byte("k"), []byte("value"), nil))
			out, err := b.Bytes()
			check(t, err)
			pos = append(pos, l.active().size.Load())
			mustAppend(t, l, slices.Clone(out))
		}
		check(t, l.Sync(l.LogEndOffset()))
		l.SetHighWatermark(l.LogEndOffset())
		if damage {
			flipByte(t, o.FS, l.active().path(".log"), pos[2]+68, 1)
			t.Log(l.newestTimestamp())
			v, _ := l.view()
			t.Log(v.segments[0].newestFrom(1, v.sizeOf(0)))
		}
		check(t, l.SetLogStartOffset(1))
		to, found, err := l.MaxTimestampOffset()
		t.Logf("damage=%v: %+v %v %v", damage, to, found, err)
		if to.Timestamp != 5000 {
			t.Errorf("damage=%v: a sound batch has 5000, the answer is %d", damage, to.Timestamp)
		}
		l.Close(false)
	}
}

// The map is full before the marker of the aborted transaction.
func TestCompactionWithoutTxnIndexAndAFullMap(t *testing.T) {
	for _, lost := range []bool{false, true} {
		fsys := vfs.NewMem()
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		c.SegmentBytes = 800 // the two segments are not joined
		o := testOptions(fsys, c)
		l := mustOpen(t, o)
		ts := int64(1_000_000)
		data, end := transactions(t, l, ts)
		data(1, 0, "k1", "committed")
		end(1, true)
		data(2, 0, "k1", "aborted")
		check(t, l.Roll(ts))
		for i := range 8 {
			data(1, int32(i+1), string(rune('a'+i)), "x")
		}
		end(1, true)
		end(2, false)
		check(t, l.Roll(ts))
		data(1, 9, "zz", "x")
		end(1, true)
		check(t, l.Sync(l.LogEndOffset()))
		o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
		check(t, l.Close(true))
		o.CleanShutdown = true
		files := txnIndexFiles(t, o)
		if lost {
			check(t, o.FS.Remove(files[0]))
		}
		l = mustOpen(t, o)
		l.SetHighWatermark(l.LogEndOffset())
		dirty := int64(0)
		for range 4 {
			st, err := l.Clean(CleanOptions{NowMs: 2_000_000_000, DirtyOffset: dirty, DedupeBytes: 24 * 4, LoadFactor: 0.9, IOBytes: 1 << 20})
			dirty = st.EndOffset
			t.Log(lost, st.EndOffset, err, readCommitted(t, l))
		}
		if after := readCommitted(t, l); !slices.Contains(after, "k1=committed") {
			t.Errorf("lost=%v: committed record gone: %v", lost, after)
		}
		l.Close(false)
	}
}
