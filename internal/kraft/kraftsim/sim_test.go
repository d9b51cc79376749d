package kraftsim

import (
	"bytes"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
)

// TestQuorumsKeepTheirPromises runs a few short seeds. test/kraft runs many long ones.
func TestQuorumsKeepTheirPromises(t *testing.T) {
	var total Stats
	for seed := range uint64(20) {
		o := Options{Seed: seed, Length: 4 * time.Minute}
		r := Run(o)
		if r.Violation != nil {
			o.Trace = trace.New(nil)
			Run(o)
			t.Fatalf("%v\n%s", r.Violation, o.Trace.Tail())
		}
		total.Add(&r.Stats)
	}
	total.Failover, total.Calm = nil, nil
	t.Logf("%+v", total)
	for i, n := range total.counts() {
		if *n == 0 {
			t.Errorf("the count %d of Stats.counts is 0: the runs do not reach everything", i)
		}
	}
}

// TestSameSeedGivesTheSameTrace compares two runs line by line, and a run without a trace.
func TestSameSeedGivesTheSameTrace(t *testing.T) {
	const seed = 7
	run := func() ([]byte, Result, string) {
		var out bytes.Buffer
		record := trace.New(&out)
		r := Run(Options{Seed: seed, Length: 2 * time.Minute, Trace: record})
		return out.Bytes(), r, record.Sum()
	}
	one, first, sum := run()
	two, second, again := run()
	if first.Violation != nil {
		t.Fatal(first.Violation)
	}
	if plain := Run(Options{Seed: seed, Length: 2 * time.Minute}); plain.Sum != first.Sum {
		t.Error("a trace changes the run")
	}
	if first.Sum == second.Sum && sum == again {
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

// TestOtherSeedsGiveOtherRuns shows that the run depends on the seed.
func TestOtherSeedsGiveOtherRuns(t *testing.T) {
	a := Run(Options{Seed: 1, Length: 20 * time.Second})
	b := Run(Options{Seed: 2, Length: 20 * time.Second})
	if a.Sum == b.Sum {
		t.Error("seeds 1 and 2 give the same run")
	}
}
