package storage

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// twoTransactions writes: k1=committed (transaction of producer 1), k1=aborted (transaction of
// producer 2), fillers. The first segment holds the first four batches.
func twoTransactions(t *testing.T, fsys vfs.FS, dir string, policy CleanupPolicy) Options {
	c := testConfig()
	c.CleanupPolicy = policy
	o := testOptions(vfs.NewMem(), c)
	o.FS, o.Dir = fsys, dir
	check(t, fsys.MkdirAll(filepath.Dir(dir), 0o755))
	l := mustOpen(t, o)
	ts := int64(1_000_000)
	data, end := transactions(t, l, ts)
	data(1, 0, "k1", "committed")
	end(1, true)
	data(2, 0, "k1", "aborted")
	end(2, false)
	check(t, l.Roll(ts))
	data(1, 1, "k2", "x")
	end(1, true)
	check(t, l.Roll(ts))
	data(1, 2, "k3", "x")
	end(1, true)
	check(t, l.Sync(l.LogEndOffset()))
	o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
	check(t, l.Close(true))
	o.CleanShutdown = true
	return o
}

// transactions returns functions that append a record of a transaction to l, and its end.
func transactions(t *testing.T, l *Log, ts int64) (data func(id int64, seq int32, k, v string), end func(id int64, commit bool)) {
	data = func(id int64, seq int32, k, v string) {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: seq}})
		check(t, b.Append(0, ts, []byte(k), []byte(v), nil))
		out, err := b.Bytes()
		check(t, err)
		mustAppend(t, l, slices.Clone(out))
	}
	end = func(id int64, commit bool) {
		m := record.EndTxnMarker{Commit: commit}.Build(0, ts, 0, id, 0)
		_, err := l.AppendAsLeader(slices.Clone(m), AppendOptions{LeaderEpoch: 1, NowMs: ts, Origin: OriginCoordinator})
		check(t, err)
	}
	return data, end
}

// readCommitted is what a consumer with read_committed sees.
func readCommitted(t *testing.T, l *Log) (out []string) {
	end := l.LogEndOffset()
	for from := l.LogStartOffset(); from < end; {
		r, err := l.Read(from, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: end})
		check(t, err)
		if r.Slice.Size() == 0 {
			break
		}
		aborted, err := l.AbortedTxns(from, r.NextOffset)
		check(t, err)
		b, err := r.Slice.ReadInto(nil)
		check(t, err)
		r.Slice.Close()
		run := map[int64]bool{}
		for len(b) > 0 {
			n := record.Batch(b).Size()
			x := record.Batch(b[:n])
			b = b[n:]
			from = x.LastOffset() + 1
			for _, a := range aborted {
				if a.FirstOffset <= x.LastOffset() && x.LastOffset() <= a.LastOffset {
					run[a.ProducerID] = true
				}
			}
			if x.IsControl() {
				delete(run, x.ProducerID())
				continue
			}
			if run[x.ProducerID()] {
				continue
			}
			var rd record.Reader
			for rd.Open(x, record.Limits{}); rd.Next(); {
				out = append(out, string(rd.Record().Key)+"="+string(rd.Record().Value))
			}
			rd.Close()
		}
	}
	return out
}

func TestCompactionRebuildsAMissingTxnIndex(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for _, clean := range []bool{true, false} {
			o := twoTransactions(t, vfs.NewMem(), "data/topic-0", CleanupCompact)
			o.CleanShutdown = clean
			files := txnIndexFiles(t, o)
			if len(files) != 1 {
				t.Fatal(files)
			}
			if lost {
				check(t, o.FS.Remove(files[0]))
			}
			l := mustOpen(t, o)
			l.SetHighWatermark(l.LogEndOffset())
			before := readCommitted(t, l)
			_, err := l.Clean(CleanOptions{NowMs: 2_000_000_000, DirtyOffset: 0, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
			after := readCommitted(t, l)
			t.Logf("lost=%v clean=%v before=%v after=%v damage=%v err=%v", lost, clean, before, after, l.Damage(), err)
			if !slices.Contains(after, "k1=committed") || slices.Contains(after, "k1=aborted") {
				t.Errorf("lost=%v clean=%v: committed record gone or aborted one visible: %v", lost, clean, after)
			}
			l.Close(false)
		}
	}
}

func txnIndexFiles(t *testing.T, o Options) (out []string) {
	es, err := o.FS.ReadDir(o.Dir)
	check(t, err)
	for _, e := range es {
		if strings.HasSuffix(e.Name(), ".txnindex") {
			out = append(out, filepath.Join(o.Dir, e.Name()))
		}
	}
	return out
}

// The .txnindex of the active segment disappears, and later aborts are written: the new file begins
// with a hole of zeros where the lost entries were.
func TestMissingTxnIndexOfTheActiveSegment(t *testing.T) {
	fsys := vfs.NewMem()
	c := testConfig()
	o := testOptions(fsys, c)
	o.Pool = NewFilePool(100)
	check(t, fsys.MkdirAll("data", 0o755))
	l := mustOpen(t, o)
	defer l.Close(false)
	ts, seq := int64(1_000_000), int32(0)
	abort := func(v string) {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 9, Sequence: seq}})
		check(t, b.Append(0, ts, []byte("k"), []byte(v), nil))
		out, err := b.Bytes()
		check(t, err)
		seq++
		mustAppend(t, l, out)
		m := record.EndTxnMarker{Commit: false}.Build(0, ts, 0, 9, 0)
		_, err = l.AppendAsLeader(m, AppendOptions{LeaderEpoch: 1, NowMs: ts, Origin: OriginCoordinator})
		check(t, err)
	}
	abort("a1")
	abort("a2")
	check(t, l.Sync(l.LogEndOffset()))
	for range 3 {
		o.Pool.Sweep() // writes the .txnindex
	}
	files := txnIndexFiles(t, o)
	if len(files) != 1 {
		t.Fatal(files)
	}
	check(t, fsys.Remove(files[0]))
	abort("a3")
	check(t, l.Sync(l.LogEndOffset()))
	check(t, l.Roll(ts))
	abort("a4")
	check(t, l.Sync(l.LogEndOffset()))
	l.SetHighWatermark(l.LogEndOffset())
	got, err := l.AbortedTxns(0, l.LogEndOffset())
	t.Log(got, err)
	if r := fmt.Sprint(readCommitted(t, l)); r != "[]" {
		t.Errorf("a reader of committed records gets %v", r)
	}
	for range 3 {
		o.Pool.Sweep()
	}
	check(t, l.Close(true))
	o.CleanShutdown, o.RecoveryPoint, o.HighWatermark = true, l.LogEndOffset(), l.LogEndOffset()
	l = mustOpen(t, o)
	l.SetHighWatermark(l.LogEndOffset())
	t.Log("after a restart", readCommitted(t, l))
}
