package storage

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// A group of segments ends in one that holds a tombstone, and the run removes the tombstone
// together with the value that it deletes. A power cut at any operation, with any part of the
// renames on disk, does not bring the key back.
func TestPowerCutDuringASwapDoesNotReviveADeletedKey(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes, c.DeleteRetentionMs = CleanupCompact, 600, 1
	joined := *c
	joined.SegmentBytes = 1700
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 9))
		l, m := newTestLog(t, c)
		pad := "=" + strings.Repeat("x", 88)
		for _, r := range []string{"a0" + pad, "a1" + pad, "a2" + pad, "b0" + pad, "K=old" + pad, "b1" + pad, "b2" + pad,
			"c0" + pad, "K", "b0" + pad, "c0" + pad} {
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, r))
		}
		for i := range 8 {
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("b%d%s", i%3, pad)))
		}
		end := l.LogEndOffset()
		l.SetHighWatermark(end)
		if err := l.Sync(end); err != nil {
			t.Fatal(err)
		}
		want := committed(t, l)
		// The first run has a map too small for the value of K. It sets the delete horizon of the
		// tombstone only.
		if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, DedupeBytes: 24 * 8, LoadFactor: 0.95}); err != nil {
			t.Fatal(err)
		}
		l.SetConfig(&joined)
		n := rng.IntN(60)
		l.fs, _ = cutAt(m, n)
		if _, err := l.Clean(CleanOptions{NowMs: 1 << 40, DirtyOffset: 0}); err != nil && !errors.Is(err, errPowerCut) {
			t.Fatal(err)
		}
		o := testOptions(m.CrashClone(vfs.CrashOptions{Rand: rng, Keep: 0.5}), &joined)
		o.RecoveryPoint = end
		if got := committed(t, mustOpen(t, o)); !maps.Equal(got, want) {
			t.Fatalf("seed %d, power cut at operation %d: %v, want %v", seed, n, got, want)
		}
	}
}

// segmentsAgree checks that look-ups by offset and by timestamp find every record. The timestamp of
// a record is 1000 + 10 × offset.
func segmentsAgree(t *testing.T, l *Log, end int64) {
	t.Helper()
	for from := range end {
		r, err := l.Read(from, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: end})
		if err != nil {
			t.Fatal(from, err)
		}
		if r.FirstOffset != from {
			t.Errorf("read from %d begins at %d", from, r.FirstOffset)
		}
		r.Slice.Close()
		to, found, err := l.OffsetForTimestamp(1000 + from*10)
		if err != nil || !found || to.Offset != from {
			t.Errorf("time of %d: %v %v %v", from, to, found, err)
		}
	}
}

func timedLog(t *testing.T) (l *Log, m *vfs.Mem, c *Config, end int64) {
	t.Helper()
	c = testConfig()
	c.CleanupPolicy, c.SegmentBytes, c.IndexIntervalBytes = CleanupCompact, 3000, 100
	l, m = newTestLog(t, c)
	for i := range 200 {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		if err := b.Append(0, int64(1000+i*10), fmt.Appendf(nil, "k%03d", i), []byte("vvvvvvvv"), nil); err != nil {
			t.Fatal(err)
		}
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, append([]byte(nil), out...))
	}
	end = l.LogEndOffset()
	l.SetHighWatermark(end)
	if err := l.Sync(end); err != nil {
		t.Fatal(err)
	}
	return l, m, c, end
}

// A rename fails in the middle of a replacement. No file of the replacement is left where the next
// open would take it for a file of the old segments.
func TestFailedRenameDuringASwapLeavesNoFalseFile(t *testing.T) {
	for _, stage := range []string{segfile.SwapSuffix, segfile.DeletedSuffix, ""} {
		for _, suffix := range segfile.SegmentSuffixes {
			if suffix == segfile.TxnIndexSuffix {
				continue // the log has none
			}
			l, m, c, end := timedLog(t)
			broken, failed := errors.New("io error"), false
			l.fs = vfs.NewErrorFS(m, func(op vfs.Op) error {
				if op.Kind == vfs.OpRename && strings.HasSuffix(op.To, suffix+stage) {
					failed = true
					return broken
				}
				return nil
			})
			_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
			if !failed || !errors.Is(err, broken) {
				t.Fatal(suffix+stage, failed, err)
			}
			_ = l.Close(false)
			o := testOptions(m, c)
			o.RecoveryPoint = end
			l = mustOpen(t, o)
			l.SetHighWatermark(end)
			segmentsAgree(t, l, end)
			noLeftovers(t, m)
		}
	}
}

// A lack of file descriptors at any operation of a run leaves the log in service, and the next run
// completes the work.
func TestCleanCompletesAfterALackOfDescriptors(t *testing.T) {
	for at := 1; ; at++ {
		l, m, c, end := timedLog(t)
		opens := 0
		l.fs = vfs.NewErrorFS(m, func(op vfs.Op) error {
			switch op.Kind {
			case vfs.OpOpen, vfs.OpCreate, vfs.OpSyncDir:
				if opens++; opens >= at && opens < at+20 { // the tries that follow at once fail too
					return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
				}
			}
			return nil
		})
		stats, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
		if opens < at {
			if err != nil || at < 10 {
				t.Fatal(at, stats, err)
			}
			return
		}
		if err != nil && Classify(err) != ClassRetry {
			t.Fatalf("operation %d: %v", at, err)
		}
		l.fs = m
		segmentsAgree(t, l, end)
		mustAppend(t, l, keyValue(t, 1, 'a'))
		if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
			t.Fatalf("next run after operation %d: %v", at, err)
		}
		if err := l.TruncateTo(end); err != nil {
			t.Fatal(err)
		}
		if _, err := l.DeleteFiles(1 << 50); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(true); err != nil {
			t.Fatal(err)
		}
		noLeftovers(t, m)
		o := testOptions(m, c)
		o.RecoveryPoint, o.CleanShutdown = end, true
		segmentsAgree(t, mustOpen(t, o), end)
	}
}

// lockWatch watches the operations of a disk. It fails the test when an append, a sync or a reader
// would have to wait for one of them.
type lockWatch struct {
	t    *testing.T
	l    *Log
	what string // the name of the work under test, empty when there is none
	ops  map[string]int
}

func (w *lockWatch) on(op vfs.Op) error {
	if w.what == "" || op.Kind == vfs.OpClose {
		return nil
	}
	w.ops[w.what]++
	locks := map[string]interface {
		TryLock() bool
		Unlock()
	}{"a sync": &w.l.maint, "an append": &w.l.appends, "a reader": &w.l.mu}
	if n := len(w.l.segments); n > 0 {
		locks["an append to the active segment"] = &w.l.segments[n-1].mu
	}
	for who, mu := range locks {
		if !mu.TryLock() {
			w.t.Errorf("%s: %s would wait for %s", w.what, who, op)
			continue
		}
		mu.Unlock()
	}
	return nil
}

// during runs work on a log, and checks that it touches the disk.
func (w *lockWatch) during(what string, work func() error) {
	w.t.Helper()
	w.what = what
	err := work()
	w.what = ""
	if err != nil {
		w.t.Errorf("%s: %v", what, err)
	}
	if w.ops[what] == 0 {
		w.t.Errorf("%s did not touch the disk", what)
	}
}

// No append, sync or reader waits for work on closed segments: compaction, retention and unlinks
// hold none of their locks while they read, write or rename.
func TestWorkOnClosedSegmentsHoldsNoLock(t *testing.T) {
	disk := vfs.NewMem()
	if err := disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	w := &lockWatch{t: t, ops: map[string]int{}}
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes, c.IndexIntervalBytes, c.FileDeleteDelayMs = CleanupCompact|CleanupDelete, 1000, 100, 0
	c.RetentionMs, c.MaxCompactionLagMs, c.MinCompactionLagMs = 500, 1<<40, 1
	o := testOptions(vfs.WithHook(disk, w.on), c)
	w.l = mustOpen(t, o)
	for i := range 100 {
		b := keyed(t, record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: 7, Sequence: int32(i)}}, fmt.Sprintf("k%d=v", i%7))
		mustAppend(t, w.l, b)
	}
	mustAppend(t, w.l, batchOf(t, 1, 10, 1900)) // keeps the active segment
	end := w.l.LogEndOffset()
	o.RecoveryPoint, o.CleanShutdown = end, true
	reopen := func() { // nothing is in memory then
		if err := w.l.Close(true); err != nil {
			t.Fatal(err)
		}
		w.l = mustOpen(t, o)
		w.l.SetHighWatermark(end)
	}
	reopen()
	w.during("description of the segments", func() error { w.l.Segments(); return nil })
	reopen()
	w.during("cleaning plan", func() error { _, err := w.l.CleanPlan(-1, 2000); return err })
	reopen()
	w.during("cleaning", func() error { _, err := w.l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); return err })
	reopen()
	w.during("retention", func() error { _, _, err := w.l.DeleteOldSegments(2000); return err })
	w.during("unlinking", func() error { _, err := w.l.DeleteFiles(1 << 50); return err })
	w.during("deletion", func() error { return w.l.Delete() })
}

// A follower's cleaner keeps the last batch of an active producer, as the leader's does: the
// producer state comes from the log on every replica (Kafka: ProducerStateManager.lastEntry).
func TestFollowerKeepsTheLastBatchOfAnActiveProducer(t *testing.T) {
	clean := func(follower bool) []string {
		c := testConfig()
		c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 600
		l, m := newTestLog(t, c)
		for i := range 30 {
			o := record.BuilderOptions{LeaderEpoch: 1, BaseOffset: int64(i)}
			if i < 5 {
				o.Producer = &record.Producer{ID: int64(7 + i%2), Sequence: int32(i / 2)}
			}
			b := keyed(t, o, "k=v")
			if !follower {
				b.SetBaseOffset(0)
				mustAppend(t, l, b)
				continue
			}
			if _, err := l.AppendAsFollower(b, AnyEpoch, 1000); err != nil {
				t.Fatal(err)
			}
		}
		l.SetHighWatermark(30)
		if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
			t.Fatal(err)
		}
		producers := producersOf(l)
		if err := l.Close(false); err != nil {
			t.Fatal(err)
		}
		if err := removeSnapshots(m); err != nil {
			t.Fatal(err)
		}
		again := mustOpen(t, testOptions(m, c)) // recovery knows producers only by their batches
		if got := producersOf(again); got != producers {
			t.Errorf("follower %v: producers after a recovery %s, before %s", follower, got, producers)
		}
		var out []record.Batch
		for b := range record.Batches(readAll(t, again, 0, 1<<20)) {
			out = append(out, b)
		}
		return lines(t, out)
	}
	leader, follower := clean(false), clean(true)
	if fmt.Sprint(leader) != fmt.Sprint(follower) {
		t.Errorf("leader %v\nfollower %v", leader, follower)
	}
}

func removeSnapshots(fsys vfs.FS) error {
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasSuffix(n.Name(), producer.SnapshotSuffix) {
			if err := fsys.Remove(filepath.Join(testDir, n.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
