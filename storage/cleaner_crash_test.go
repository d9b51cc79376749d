package storage

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/compact"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

var errPowerCut = errors.New("power cut")

// cutAt returns a file system on which n operations that change something succeed and the later
// ones fail. count is the number of these operations.
func cutAt(inner vfs.FS, n int) (fsys vfs.FS, count *int) {
	count = new(int)
	return vfs.NewErrorFS(inner, func(op vfs.Op) error {
		if !op.Mutates() {
			return nil
		}
		if *count++; *count > n {
			return errPowerCut
		}
		return nil
	}), count
}

func compactConfig() *Config {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes, c.IndexIntervalBytes = CleanupCompact, 600, 100
	c.DeleteRetentionMs = 1 << 40
	return c
}

func compactOptions(fsys vfs.FS, end int64) Options {
	c := compactConfig()
	c.SegmentBytes = 1500 // so that segments join
	o := testOptions(fsys, c)
	o.RecoveryPoint = end
	return o
}

// fillCompacted appends keyed batches, transactions that commit and abort, and tombstones, over
// many segments. It returns the value of every key for a reader of committed records.
func fillCompacted(t *testing.T, l *Log, rng *rand.Rand) map[string]string {
	t.Helper()
	want := map[string]string{}
	seqs := map[int64]int32{}
	add := func(id int64, commit bool) {
		t.Helper()
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: id > 0, Producer: producerOf(id, seqs[id])})
		for i := range 2 {
			key := fmt.Sprintf("k%d", rng.IntN(9))
			value := fmt.Appendf(nil, "v%d.%d", l.LogEndOffset(), i)
			if rng.IntN(6) == 0 {
				value = nil
			}
			if err := b.Append(int64(i), 500, []byte(key), value, nil); err != nil {
				t.Fatal(err)
			}
			if value == nil && commit {
				delete(want, key)
			} else if commit {
				want[key] = string(value)
			}
		}
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, append([]byte(nil), out...))
		seqs[id] += 2
	}
	for i := range 28 {
		id := int64(rng.IntN(3))
		if id == 0 {
			add(0, true)
			continue
		}
		commit := rng.IntN(2) == 0
		for range 1 + i%2 {
			add(id, commit)
		}
		m := record.EndTxnMarker{Commit: commit}.Build(0, 500, 0, id, 0)
		if _, err := l.AppendAsLeader(append([]byte(nil), m...), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator}); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

func producerOf(id int64, seq int32) *record.Producer {
	if id == 0 {
		return nil
	}
	return &record.Producer{ID: id, Sequence: seq}
}

// committed reads the log as a read_committed consumer does and checks that offsets rise.
func committed(t *testing.T, l *Log) map[string]string {
	t.Helper()
	aborted, err := l.AbortedTxns(0, l.LogEndOffset())
	if err != nil {
		t.Fatal(err)
	}
	isAborted := func(b record.Batch) bool {
		for _, a := range aborted {
			if a.ProducerID == b.ProducerID() && b.IsTransactional() && b.BaseOffset() >= a.FirstOffset && b.BaseOffset() < a.LastOffset {
				return true
			}
		}
		return false
	}
	got := map[string]string{}
	next := int64(0)
	for b, err := range record.Batches(readAll(t, l, 0, 300)) {
		if err == nil {
			err = b.Validate()
		}
		if err != nil || b.BaseOffset() < next {
			t.Fatalf("batch at %d after %d: %v", b.BaseOffset(), next, err)
		}
		next = b.NextOffset()
		if b.IsControl() || isAborted(b) {
			continue
		}
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			if rec := r.Record(); rec.Value == nil {
				delete(got, string(rec.Key))
			} else {
				got[string(rec.Key)] = string(rec.Value)
			}
		}
	}
	return got
}

// compactedImage is a synced file system with an uncompacted log on it.
func compactedImage(t *testing.T) (image *vfs.Mem, want map[string]string, end int64, producers string) {
	t.Helper()
	l, m := newTestLog(t, compactConfig())
	want = fillCompacted(t, l, rand.New(rand.NewPCG(1, 2)))
	if err := l.Sync(l.LogEndOffset()); err != nil {
		t.Fatal(err)
	}
	if l.SegmentCount() < 6 {
		t.Fatal("too few segments", l.SegmentCount())
	}
	if err := m.SyncDir("data"); err != nil {
		t.Fatal(err)
	}
	if err := m.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	return m.CrashClone(vfs.CrashOptions{}), want, l.LogEndOffset(), producersOf(l)
}

func producersOf(l *Log) string { return fmt.Sprint(l.Producers()) }

func cleanAll(l *Log) (CleanStats, error) {
	l.SetHighWatermark(l.LogEndOffset())
	return l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, IOBytes: 256})
}

func TestCleanLog(t *testing.T) {
	image, want, end, producers := compactedImage(t)
	l := mustOpen(t, compactOptions(image, end))
	before, segments := l.Size(), l.SegmentCount()
	plan, err := l.CleanPlan(-1, 2000)
	if err != nil || plan.CleanableBytes != 0 {
		t.Fatal("nothing is below the high watermark yet", plan, err)
	}
	stats, err := cleanAll(l)
	if err != nil {
		t.Fatal(err)
	}
	if got := committed(t, l); !maps.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	if l.Size() >= before || l.SegmentCount() >= segments || l.LogEndOffset() != end || producersOf(l) != producers {
		t.Fatal(l.Size(), before, l.SegmentCount(), segments, stats)
	}
	if plan, err = l.CleanPlan(stats.EndOffset, 2000); err != nil || plan.CleanableBytes != 0 || plan.CleanBytes == 0 {
		t.Fatal(plan, err)
	}
	if n, err := l.DeleteFiles(1 << 50); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	noLeftovers(t, image)
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, compactOptions(image, end))
	if got := committed(t, again); !maps.Equal(got, want) || producersOf(again) != producers {
		t.Fatalf("%v, want %v", got, want)
	}
}

func leftoverNames(t *testing.T, fsys vfs.FS) (out []string) {
	t.Helper()
	entries, err := fsys.ReadDir(testDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); strings.HasSuffix(n, segfile.CleanedSuffix) || strings.HasSuffix(n, segfile.SwapSuffix) || strings.HasSuffix(n, segfile.DeletedSuffix) {
			out = append(out, n)
		}
	}
	return out
}

func noLeftovers(t *testing.T, fsys vfs.FS) {
	t.Helper()
	if names := leftoverNames(t, fsys); len(names) > 0 {
		t.Fatal("left over:", names)
	}
}

// The power is cut at every operation of a run, and any part of the unsynced changes survives. The
// log opens, no committed value is lost, no deleted one comes back, and the next run finishes the
// work. The same holds when the power is cut again during the open.
func TestCleanSurvivesPowerCut(t *testing.T) {
	image, want, end, producers := compactedImage(t)
	check := func(fsys *vfs.Mem, when string) {
		t.Helper()
		l, err := Open(compactOptions(fsys, end))
		if err != nil {
			t.Fatal(when, err)
		}
		noLeftovers(t, fsys)
		if got := committed(t, l); !maps.Equal(got, want) || l.LogEndOffset() != end || producersOf(l) != producers {
			t.Fatalf("%s: %v to %d, want %v to %d\nproducers %s, want %s", when, got, l.LogEndOffset(), want, end, producersOf(l), producers)
		}
		if _, err := cleanAll(l); err != nil {
			t.Fatal(when, err)
		}
		if got := committed(t, l); !maps.Equal(got, want) {
			t.Fatalf("%s, cleaned again: %v, want %v", when, got, want)
		}
	}
	done := false
	for n := 0; !done; n++ {
		disk := image.CrashClone(vfs.CrashOptions{})
		l := mustOpen(t, compactOptions(disk, end))
		l.fs, _ = cutAt(disk, n)
		_, err := cleanAll(l)
		if done = err == nil; !done && !errors.Is(err, errPowerCut) {
			t.Fatal(n, err)
		}
		for i, o := range crashOptions(int64(n)) {
			crashed := disk.CrashClone(o)
			when := fmt.Sprintf("cut at operation %d, image %d", n, i)
			if n%5 == i && len(leftoverNames(t, crashed)) > 0 {
				cutOpening(t, crashed, end, when, check)
			}
			check(crashed, when)
		}
	}
}

// cutOpening opens the log with a power cut at each of the first operations, and checks the log
// after each.
func cutOpening(t *testing.T, disk *vfs.Mem, end int64, when string, check func(*vfs.Mem, string)) {
	t.Helper()
	for n := 0; ; n += 3 {
		again := disk.CrashClone(vfs.CrashOptions{})
		fsys, _ := cutAt(again, n)
		if compact.RecoverSwaps(fsys, testDir) == nil {
			return
		}
		o := crashOptions(int64(n))[2]
		check(again.CrashClone(o), fmt.Sprintf("%s, then at operation %d of the opening", when, n))
	}
}

// A reader during an exchange of segments sees the old segments or the new one.
func TestReadsWhileCleaning(t *testing.T) {
	image, want, end, _ := compactedImage(t)
	l := mustOpen(t, compactOptions(image, end))
	l.SetHighWatermark(end)
	inSwap := 0
	l.fs = vfs.NewErrorFS(image, func(op vfs.Op) error {
		if op.Kind == vfs.OpSyncDir || op.Kind == vfs.OpRename {
			if l.mu.TryRLock() { // the exchange itself holds the lock
				l.mu.RUnlock()
				if op.Kind == vfs.OpSyncDir {
					inSwap++
					if got := committed(t, l); !maps.Equal(got, want) {
						t.Errorf("at %v: %v, want %v", op, got, want)
					}
				}
			}
		}
		return nil
	})
	if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil || inSwap < 4 {
		t.Fatal(inSwap, err)
	}
}

func TestCleanAbortsWhenSegmentsGo(t *testing.T) {
	image, _, end, _ := compactedImage(t)
	l := mustOpen(t, compactOptions(image, end))
	l.SetHighWatermark(end)
	calls := 0
	_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, Check: func() error {
		if calls++; calls == 60 {
			return l.TruncateFullyAndStartAt(5)
		}
		return nil
	}})
	if !errors.Is(err, ErrCleanAborted) || l.LogEndOffset() != 5 {
		t.Fatal(err, l.LogEndOffset())
	}
	for _, n := range leftoverNames(t, image) {
		if !strings.HasSuffix(n, segfile.DeletedSuffix) {
			t.Fatal(n)
		}
	}
	if _, err := l.AppendAsLeader(batchOf(t, 1, 1, 1), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); err != nil {
		t.Fatal("an aborted run must not break the log:", err)
	}
}
