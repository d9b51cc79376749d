package storage

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// txnScript appends aborted, committed and overlapping transactions of several producers, over
// several segments.
type txnScript struct {
	t    *testing.T
	l    *Log
	seqs map[int64]int32
}

func (s *txnScript) data(id int64) {
	s.t.Helper()
	b := keyed(s.t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: s.seqs[id]}}, "k=v")
	mustAppend(s.t, s.l, b)
	s.seqs[id]++
}

func (s *txnScript) end(id int64, commit bool) {
	s.t.Helper()
	mark := record.EndTxnMarker{Commit: commit}.Build(0, 500, 0, id, 0)
	_, err := s.l.AppendAsLeader(append([]byte(nil), mark...), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *txnScript) run() {
	s.t.Helper()
	for i := range 12 {
		s.data(7)
		s.data(8)
		s.end(7, i%3 == 0)
		s.data(9)
		s.end(8, false)
		s.end(9, i%2 == 0)
	}
}

func txnConfig() *Config {
	c := testConfig()
	c.SegmentBytes = 1500
	return c
}

// listOf is the aborted transactions of the log as text.
func listOf(t *testing.T, l *Log) string {
	t.Helper()
	got, err := l.AbortedTxns(0, l.LogEndOffset())
	if err != nil {
		t.Fatalf("class %v: %v", Classify(err), err)
	}
	return fmt.Sprint(got)
}

// One flipped bit anywhere in a transaction index changes nothing that a reader sees, after a clean
// stop: every entry is compared with the log. Nothing of it looks like a failed disk.
func TestDamagedTransactionIndexIsRebuilt(t *testing.T) {
	l, disk := newTestLog(t, txnConfig())
	(&txnScript{t, l, map[int64]int32{}}).run()
	want := listOf(t, l)
	end := l.LogEndOffset()
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	img := imageOf(t, disk, testDir)
	files, flips := 0, 0
	for name, data := range img {
		if !strings.HasSuffix(name, segfile.TxnIndexSuffix) {
			continue
		}
		files++
		for at := range data {
			flips++
			bad := img.flip(name, at, byte(1<<(flips%8)))
			o := testOptions(bad.write(t, testDir), txnConfig())
			o.CleanShutdown, o.RecoveryPoint = true, end
			l := mustOpen(t, o)
			l.SetHighWatermark(end)
			if got := listOf(t, l); got != want {
				t.Fatalf("flip at %s:%d\n got %s\nwant %s", name, at, got, want)
			}
			if flips%50 != 0 {
				continue
			}
			s := txnScript{t, l, map[int64]int32{7: 12, 8: 12, 9: 12}}
			s.data(7)
			s.end(7, false)
			if err := l.Sync(l.LogEndOffset()); err != nil {
				t.Fatal(err)
			}
			if got := listOf(t, l); got == want {
				t.Fatal("the new aborted transaction is missing")
			}
			if err := l.TruncateTo(end); err != nil {
				t.Fatal(err)
			}
			if got := listOf(t, l); got != want {
				t.Fatalf("after a truncation\n got %s\nwant %s", got, want)
			}
		}
	}
	if files < 3 {
		t.Fatalf("%d transaction indexes", files)
	}
}

// A sound transaction index is not rewritten, also when the log start offset or compaction took
// records of its transactions.
func TestSoundTransactionIndexStays(t *testing.T) {
	c := txnConfig()
	l, disk := newTestLog(t, c)
	(&txnScript{t, l, map[int64]int32{}}).run()
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	check(t, l.SetLogStartOffset(30))
	if _, _, err := l.DeleteOldSegments(2000); err != nil {
		t.Fatal(err)
	}
	check(t, l.Close(true))
	for _, compact := range []bool{false, true} {
		var written []string
		fs := vfs.NewLogged(disk, func(op vfs.Op) {
			if op.Kind == vfs.OpWrite && strings.HasSuffix(op.Path, segfile.TxnIndexSuffix) {
				written = append(written, op.String())
			}
		})
		o := testOptions(fs, c)
		o.CleanShutdown, o.RecoveryPoint, o.LogStartOffset = true, end, 30
		l = mustOpen(t, o)
		l.SetHighWatermark(end)
		listOf(t, l)
		if len(written) > 0 {
			t.Errorf("compacted %v: %v", compact, written)
		}
		if !compact {
			d := *c
			d.CleanupPolicy = CleanupCompact
			l.SetConfig(&d)
			if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
				t.Fatal(err)
			}
			written = nil
		}
		check(t, l.Close(true))
	}
}

// The cost of an abort marker does not depend on the number of aborted transactions before it, and
// a look-up reads few of their entries.
func TestAbortMarkersCostTheSame(t *testing.T) {
	disk := memDisk(t)
	var read, opens atomic.Int64
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if strings.HasSuffix(op.Path, segfile.TxnIndexSuffix) {
			switch op.Kind {
			case vfs.OpRead:
				read.Add(int64(op.Size))
			case vfs.OpOpen, vfs.OpCreate:
				opens.Add(1)
			}
		}
		return nil
	})
	l := mustOpen(t, testOptions(fs, testConfig()))
	s := txnScript{t, l, map[int64]int32{}}
	for range 3 * maxPendingTxns {
		s.data(7)
		s.end(7, false)
	}
	if opens.Load() > 6 || read.Load() > 200 {
		t.Errorf("%d aborts: %d opens, %d bytes read", 3*maxPendingTxns, opens.Load(), read.Load())
	}
	check(t, l.Sync(l.LogEndOffset()))
	read.Store(0)
	got, err := l.AbortedTxns(3000, 3004)
	if err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	if read.Load() > segfile.ChunkEntries*segfile.AbortedTxnSize+20*segfile.AbortedTxnSize {
		t.Errorf("%d bytes read for 2 entries", read.Load())
	}
}

// A fetch passes the end of what it read, and gets the aborted transactions of that part only.
func TestAbortedTransactionsOfWhatWasRead(t *testing.T) {
	l, _ := newTestLog(t, txnConfig())
	(&txnScript{t, l, map[int64]int32{}}).run()
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	for from := range end {
		for _, size := range []int{1, 150, 400, 1 << 20} {
			r, err := l.Read(from, ReadOptions{MaxBytes: size, MinOneBatch: true, Below: end})
			if err != nil {
				t.Fatal(err)
			}
			b, err := r.Slice.ReadInto(nil)
			check(t, err)
			r.Slice.Close()
			if last := lastBatch(b); r.NextOffset != last.NextOffset() {
				t.Fatalf("from %d, %d bytes: next offset %d, the last batch ends at %d", from, size, r.NextOffset, last.LastOffset())
			}
			txns, err := l.AbortedTxns(from, r.NextOffset)
			check(t, err)
			for _, x := range txns {
				if x.FirstOffset >= r.NextOffset || x.LastOffset < from {
					t.Fatalf("[%d, %d): %+v", from, r.NextOffset, x)
				}
			}
		}
	}
}

// flip returns a copy of the image with bits of one byte changed.
func (img diskImage) flip(name string, at int, bits byte) diskImage {
	out := diskImage{}
	for k, v := range img {
		out[k] = v
	}
	b := append([]byte(nil), img[name]...)
	b[at] ^= bits
	out[name] = b
	return out
}
