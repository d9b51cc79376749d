package sim

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
)

// TestSessionsKeepTheirPromises runs a few short sessions. test/simulate runs many long ones.
func TestSessionsKeepTheirPromises(t *testing.T) {
	for seed := range uint64(6) {
		record := trace.New(nil)
		r := Run(Options{Seed: seed, Length: 5 * time.Minute, Trace: record})
		if r.Violation != nil {
			t.Fatalf("%v\n%s", r.Violation, record.Tail())
		}
		t.Logf("seed %d: %v simulated, %+v", seed, r.Simulated, r.Stats)
	}
}

// TestSameSeedGivesTheSameTrace compares two runs line by line.
func TestSameSeedGivesTheSameTrace(t *testing.T) {
	const seed = 7
	goroutines := runtime.NumGoroutine()
	run := func() ([]byte, Result) {
		var out bytes.Buffer
		r := Run(Options{Seed: seed, Length: 4 * time.Minute, Trace: trace.New(&out)})
		return out.Bytes(), r
	}
	one, first := run()
	two, second := run()
	if first.Violation != nil {
		t.Fatal(first.Violation)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines before, %d after: the node runs outside of its host", goroutines, n)
	}
	if first.Sum == second.Sum {
		return
	}
	a, b := bytes.Split(one, []byte("\n")), bytes.Split(two, []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("line %d differs:\n%s\n%s\nafter\n%s", i, a[i], b[i], bytes.Join(a[max(0, i-10):i], []byte("\n")))
		}
	}
	t.Fatalf("one trace has %d lines, the other %d", len(a), len(b))
}

// TestOtherSeedsGiveOtherTraces shows that the trace depends on the seed.
func TestOtherSeedsGiveOtherTraces(t *testing.T) {
	a := Run(Options{Seed: 1, Length: 20 * time.Second})
	b := Run(Options{Seed: 2, Length: 20 * time.Second})
	if a.Sum == b.Sum {
		t.Error("seeds 1 and 2 give the same trace")
	}
}

// TestSessionsWithFailingDisks runs short sessions in which the disk of one of two log directories
// fails.
func TestSessionsWithFailingDisks(t *testing.T) {
	for seed := range uint64(6) {
		record := trace.New(nil)
		r := Run(Options{Seed: seed, Length: 5 * time.Minute, DiskFaults: true, Trace: record})
		if r.Violation != nil {
			t.Errorf("%v", r.Violation)
		}
		t.Logf("seed %d: %v simulated, %+v", seed, r.Simulated, r.Stats)
	}
}
