package replsim

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
)

// Seeds that found faults while followers were built: a log start inside a batch (2), and others.
func TestNoPromiseIsBroken(t *testing.T) {
	length := 40 * time.Second
	if testing.Short() {
		length = 10 * time.Second
	}
	for _, seed := range []uint64{2, 5, 11, 100, 101} {
		if r := Run(Options{Seed: seed, Length: length}); r.Violation != nil {
			t.Error(r.Violation)
		} else if r.Stats.Acked < 50 {
			t.Errorf("seed %d: %+v", seed, r.Stats)
		}
	}
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	run := func() Result { return Run(Options{Seed: 77, Length: 15 * time.Second, Trace: trace.New(nil)}) }
	if a, b := run(), run(); a.Sum == "" || a.Sum != b.Sum || a.Stats != b.Stats {
		t.Errorf("%s %+v\n%s %+v", a.Sum, a.Stats, b.Sum, b.Stats)
	}
}
