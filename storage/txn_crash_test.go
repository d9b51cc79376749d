package storage

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// txnReplay is what a replay of the log's batches gives: aborted transactions, the first offset of
// the earliest open transaction (-1 without one), and the last sequence and offset of each
// producer.
type txnReplay struct {
	aborted   []string
	open      int64
	producers map[int64]string
}

func replayTxns(t *testing.T, l *Log) txnReplay {
	t.Helper()
	out := txnReplay{open: -1, producers: map[int64]string{}}
	first := map[int64]int64{}
	if l.LogEndOffset() == l.LogStartOffset() {
		return out
	}
	for _, b := range allBatches(t, l) {
		id := b.ProducerID()
		switch _, open := first[id]; {
		case !b.HasProducerID():
		case b.IsControl():
			var r record.Reader
			r.Reset(b, record.Limits{})
			r.Next()
			mark, err := record.ParseEndTxnMarker(r.Record().Key, r.Record().Value)
			check(t, err)
			if open && !mark.Commit {
				out.aborted = append(out.aborted, fmt.Sprint(id, first[id], b.BaseOffset()))
			}
			delete(first, id)
		default:
			out.producers[id] = fmt.Sprint(b.LastSequence(), b.LastOffset())
			if !open && b.IsTransactional() {
				first[id] = b.BaseOffset()
			}
		}
	}
	for _, f := range first {
		if out.open < 0 || f < out.open {
			out.open = f
		}
	}
	slices.Sort(out.aborted)
	return out
}

// checkTxns compares the log's transactions and producers with a replay of its batches.
func checkTxns(t *testing.T, l *Log, when string) {
	t.Helper()
	want := replayTxns(t, l)
	txns, err := l.AbortedTxns(l.LogStartOffset(), l.LogEndOffset())
	check(t, err)
	var got []string
	for _, x := range txns {
		got = append(got, fmt.Sprint(x.ProducerID, x.FirstOffset, x.LastOffset))
	}
	slices.Sort(got)
	if !slices.Equal(got, want.aborted) {
		t.Fatalf("%s: aborted\n%v want\n%v", when, got, want.aborted)
	}
	l.SetHighWatermark(l.LogEndOffset())
	if want.open < 0 {
		want.open = l.LogEndOffset()
	}
	if lso := l.LastStableOffset(); lso != want.open {
		t.Fatalf("%s: last stable offset %d, want %d (end %d)", when, lso, want.open, l.LogEndOffset())
	}
	for _, p := range l.Producers() {
		if w, ok := want.producers[p.ProducerID]; ok && w != fmt.Sprint(p.LastSequence, p.LastOffset) {
			t.Fatalf("%s: producer %d %d %d, want %s", when, p.ProducerID, p.LastSequence, p.LastOffset, w)
		}
	}
}

// txnCrashRun is a random script of transactions, syncs, truncations, sweeps, restarts and power
// cuts.
type txnCrashRun struct {
	t      *testing.T
	rng    *rand.Rand
	disk   *vfs.Mem
	config *Config
	l      *Log
	script txnScript
	point  int64 // the checkpointed recovery point
}

func (r *txnCrashRun) use(disk *vfs.Mem, l *Log) {
	r.disk, r.l = disk, l
	r.script = txnScript{r.t, l, map[int64]int32{}}
	for _, p := range l.Producers() {
		r.script.seqs[p.ProducerID] = p.LastSequence + 1
	}
}

func (r *txnCrashRun) reopen(disk *vfs.Mem, clean bool) *Log {
	o := testOptions(disk, r.config)
	o.CleanShutdown, o.RecoveryPoint = clean, r.point
	return mustOpen(r.t, o)
}

func (r *txnCrashRun) step(when string) {
	id := int64(1 + r.rng.IntN(3))
	switch n := r.rng.IntN(100); {
	case n < 55:
		r.script.data(id)
	case n < 75:
		r.script.end(id, r.rng.IntN(2) == 0)
	case n < 80:
		check(r.t, r.l.Sync(r.l.LogEndOffset()))
	case n < 83:
		upTo, gen, err := r.l.PrepareSync()
		check(r.t, err)
		check(r.t, syncMount(r.disk, ""))
		r.l.SyncDone(upTo, gen)
	case n < 86:
		r.point = r.l.RecoveryPoint()
	case n < 90:
		check(r.t, r.l.TruncateTo(max(r.l.LogStartOffset(), r.l.LogEndOffset()-r.rng.Int64N(30))))
		r.point = min(r.point, r.l.RecoveryPoint())
		r.use(r.disk, r.l)
	case n < 93:
		r.l.pool.Sweep()
	case n < 96:
		check(r.t, r.l.Close(true))
		r.point = r.l.RecoveryPoint()
		r.use(r.disk, r.reopen(r.disk, true))
	default:
		image := r.disk.CrashClone(vfs.CrashOptions{Rand: r.rng, Keep: []float64{0, 0.5, 0.9, 1}[r.rng.IntN(4)], Block: 512})
		l := r.reopen(image, false)
		checkTxns(r.t, l, when+" after a power cut")
		if r.rng.IntN(3) == 0 {
			r.use(image, l)
		}
	}
	r.l.SetHighWatermark(max(r.l.HighWatermark(), r.l.LogEndOffset()-r.rng.Int64N(10)))
}

// After any power cut the log knows the same transactions and producers as a replay of its batches.
func TestTransactionsAfterPowerCuts(t *testing.T) {
	for seed := range uint64(60) {
		c := testConfig()
		c.SegmentBytes, c.IndexIntervalBytes, c.FileDeleteDelayMs = 1500, 300, 0
		r := &txnCrashRun{t: t, rng: rand.New(rand.NewPCG(seed, 77)), config: c}
		disk := vfs.NewCrashableMem()
		check(t, disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm))
		check(t, syncMount(disk, ""))
		r.use(disk, r.reopen(disk, false))
		for i := range 150 {
			r.step(fmt.Sprint("seed ", seed, " operation ", i))
		}
		checkTxns(t, r.l, fmt.Sprint("seed ", seed))
	}
}

// A truncation syncs the folder before the transaction index of a sealed segment is a file. The
// sync that writes the file makes its name durable. The model of unfinished changes found that a
// power cut took it away, and readers of committed records saw aborted ones (retention, step 0,
// seed 15).
func TestTransactionIndexIsDurableAfterATruncation(t *testing.T) {
	l, disk := newTestLog(t, testConfig())
	mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 7}}, "k=v"))
	marker := record.EndTxnMarker{}.Build(0, 1000, 0, 7, 0)
	_, err := l.AppendAsLeader(slices.Clone(marker), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
	check(t, err)
	check(t, l.Roll(1000))
	mustAppend(t, l, batchOf(t, 1, 50, 1))
	mustAppend(t, l, batchOf(t, 1, 50, 1))
	check(t, l.TruncateTo(3))
	check(t, l.Sync(3))
	o := testOptions(disk.CrashClone(vfs.CrashOptions{}), testConfig())
	o.RecoveryPoint = 3
	if aborted, err := mustOpen(t, o).AbortedTxns(0, 3); err != nil || len(aborted) != 1 {
		t.Error(aborted, err)
	}
}
