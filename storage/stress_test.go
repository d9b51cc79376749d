package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// stressRounds is the number of appends of one TestStress. GREGOR_STRESS_ROUNDS sets another one.
const stressRounds = 1500

// TestStress runs transactional appends, truncations, compaction, retention, syncs, half syncs and
// readers at the same time. Then it recovers the log from its beginning. The producers must be the
// same, and a read_committed consumer must read the same batches. The seeds make the operations
// repeatable, but not their order.
func TestStress(t *testing.T) {
	rounds := stressRounds
	if n, err := strconv.Atoi(os.Getenv("GREGOR_STRESS_ROUNDS")); err == nil {
		rounds = n
	}
	for _, compact := range []bool{false, true} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("compact=%v/seed=%d", compact, seed), func(t *testing.T) { newStress(t, compact, seed).test(rounds) })
		}
	}
}

type stress struct {
	t       *testing.T
	l       *Log
	o       Options
	disk    *vfs.Mem
	compact bool
	seed    uint64

	running sync.WaitGroup
	stop    atomic.Bool
	threads uint64

	epoch     int32
	sequences map[int64]int32
}

func newStress(t *testing.T, compact bool, seed uint64) *stress {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes, c.FileDeleteDelayMs = 20_000, 500, 0
	if compact {
		c.CleanupPolicy = CleanupCompact
	} else {
		c.RetentionBytes = 200_000
	}
	s := &stress{t: t, disk: vfs.NewCrashableMem(), compact: compact, seed: seed, epoch: 1, sequences: map[int64]int32{}}
	s.o = testOptions(s.disk, c)
	s.o.Pool = NewFilePool(2)
	s.l = mustOpen(t, s.o)
	return s
}

// random returns a source of its own for each thread.
func (s *stress) random() *rand.Rand {
	s.threads++
	return rand.New(rand.NewPCG(s.seed, s.threads))
}

// repeat calls fn on a goroutine until the appends are over.
func (s *stress) repeat(fn func(rng *rand.Rand) error) {
	rng := s.random()
	s.running.Go(func() {
		for !s.stop.Load() && !s.t.Failed() {
			if err := fn(rng); err != nil {
				s.t.Error(err)
			}
			runtime.Gosched()
		}
	})
}

func (s *stress) test(rounds int) {
	s.repeat(func(*rand.Rand) error { return s.l.Sync(s.l.LogEndOffset()) })
	s.repeat(s.halfSync)
	s.repeat(s.retain)
	s.repeat(s.look)
	s.repeat(s.read)
	if s.compact {
		dirty := int64(-1)
		s.repeat(func(*rand.Rand) error {
			stats, err := s.l.Clean(CleanOptions{NowMs: 1 << 40, DirtyOffset: dirty, IOBytes: 4096})
			if errors.Is(err, ErrCleanAborted) {
				return nil
			}
			dirty = stats.EndOffset
			return err
		})
	}
	rng := s.random()
	for i := 0; i < rounds && !s.t.Failed(); i++ {
		s.append(rng, int64(1000+i))
		s.move(rng)
	}
	s.stop.Store(true)
	s.running.Wait()
	if !s.t.Failed() {
		s.recover()
	}
}

// halfSync syncs the file system between the two halves of a sync, as a group commit does.
func (s *stress) halfSync(*rand.Rand) error {
	upTo, gen, err := s.l.PrepareSync()
	if err != nil {
		return err
	}
	err = syncMount(s.disk, testDir)
	s.l.SyncDone(upTo, gen)
	return err
}

func (s *stress) retain(*rand.Rand) error {
	if _, _, err := s.l.DeleteOldSegments(2000); err != nil {
		return err
	}
	_, err := s.l.DeleteFiles(1 << 40)
	return err
}

// look reads state and looks up times.
func (s *stress) look(rng *rand.Rand) error {
	s.o.Pool.Sweep()
	s.l.Segments()
	s.l.EpochEntries()
	s.l.Producers()
	if _, _, err := s.l.OffsetForTimestamp(rng.Int64N(4000)); err != nil {
		return fmt.Errorf("lookup of a time: %w", err)
	}
	if _, _, err := s.l.MaxTimestampOffset(); err != nil {
		return fmt.Errorf("lookup of the maximum: %w", err)
	}
	return nil
}

// read reads up to ten answers from a random offset on.
func (s *stress) read(rng *rand.Rand) error {
	from := s.l.LogStartOffset()
	from += rng.Int64N(max(s.l.HighWatermark()-from, 1))
	for range 10 {
		below := s.l.HighWatermark()
		r, err := s.l.Read(from, ReadOptions{MaxBytes: 3000, MinOneBatch: true, Below: below})
		if errors.Is(err, ErrOffsetOutOfRange) {
			return nil
		}
		if err != nil {
			return err
		}
		got, err := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil {
			return err
		}
		for b, err := range record.Batches(got) {
			if err != nil || b.Validate() != nil || b.LastOffset() < from || b.LastOffset() >= below {
				return fmt.Errorf("at %d below %d: a batch from %d to %d, %w", from, below, b.BaseOffset(), b.LastOffset(), err)
			}
			from = b.NextOffset()
		}
		if _, err := s.l.AbortedTxns(from, below); err != nil {
			return err
		}
	}
	return nil
}

// append appends a batch of one of three transactional producers or of none, and perhaps the end of
// the transaction.
func (s *stress) append(rng *rand.Rand, nowMs int64) {
	id, n := rng.Int64N(4), 1+rng.IntN(5)
	o := record.BuilderOptions{LeaderEpoch: -1, Transactional: id > 0}
	if id > 0 {
		o.Producer = &record.Producer{ID: id, Sequence: s.sequences[id]}
	}
	b := record.NewBuilder(o)
	for i := range n {
		if err := b.Append(int64(i), nowMs, fmt.Append(nil, "k", rng.IntN(50)), make([]byte, rng.IntN(300)), nil); err != nil {
			s.t.Fatal(err)
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	s.appendBytes(batch, nowMs)
	s.sequences[id] += int32(n)
	if id > 0 && rng.IntN(3) == 0 {
		s.appendBytes(record.EndTxnMarker{Commit: rng.IntN(2) == 0}.Build(0, nowMs, 0, id, 0), nowMs)
	}
}

func (s *stress) appendBytes(b []byte, nowMs int64) {
	if _, err := s.l.AppendAsLeader(slices.Clone(b), AppendOptions{LeaderEpoch: s.epoch, NowMs: nowMs, Origin: OriginCoordinator}); err != nil {
		s.t.Fatal(err)
	}
}

// move raises the high watermark in one of eight rounds, and truncates above it in one of forty.
func (s *stress) move(rng *rand.Rand) {
	high := s.l.HighWatermark()
	above := s.l.LogEndOffset() - high
	switch n := rng.IntN(40); {
	case above <= 0:
	case n == 0:
		if err := s.l.TruncateTo(high + rng.Int64N(above)); err != nil {
			s.t.Fatal(err)
		}
		s.epoch++
		if err := s.l.AssignEpoch(s.epoch, s.l.LogEndOffset()); err != nil {
			s.t.Fatal(err)
		}
	case n <= 5:
		s.l.SetHighWatermark(high + rng.Int64N(above))
	}
}

// recover opens the log after a kill, from its beginning, and compares.
func (s *stress) recover() {
	start, end := s.l.LogStartOffset(), s.l.LogEndOffset()
	producers := fmt.Sprint(s.l.Producers())
	aborted, err := s.l.AbortedTxns(start, end)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.l.Close(false); err != nil {
		s.t.Fatal(err)
	}
	s.o.RecoveryPoint, s.o.LogStartOffset = 0, start
	l := mustOpen(s.t, s.o)
	if l.LogStartOffset() != start || l.LogEndOffset() != end {
		s.t.Errorf("the log is from %d to %d after the recovery, it was from %d to %d", l.LogStartOffset(), l.LogEndOffset(), start, end)
	}
	if got := fmt.Sprint(l.Producers()); got != producers {
		s.t.Errorf("producers after the recovery\n%s\nwant\n%s", got, producers)
	}
	again, err := l.AbortedTxns(start, end)
	if err != nil {
		s.t.Fatal(err)
	}
	// The recovery does not find transactions without records, so the lists may differ. Consumers
	// must not see the difference.
	n := 0
	for b, err := range record.Batches(readAll(s.t, l, start, 1<<20)) {
		if err != nil {
			s.t.Fatal(err)
		}
		if b.IsControl() || !b.IsTransactional() {
			continue
		}
		n++
		if before, after := abortedIn(aborted, b), abortedIn(again, b); before != after {
			s.t.Errorf("batch at %d of producer %d: aborted %v before the recovery, %v after it", b.BaseOffset(), b.ProducerID(), before, after)
		}
	}
	s.t.Logf("from %d to %d, epoch %d, %d transactional batches, %d and %d aborted transactions", start, end, s.epoch, n, len(aborted), len(again))
	if err := l.Close(true); err != nil {
		s.t.Fatal(err)
	}
}

// abortedIn reports whether a read_committed consumer skips b.
func abortedIn(list []AbortedTxn, b record.Batch) bool {
	return slices.ContainsFunc(list, func(a AbortedTxn) bool {
		return a.ProducerID == b.ProducerID() && a.FirstOffset <= b.BaseOffset() && b.BaseOffset() < a.LastOffset
	})
}
