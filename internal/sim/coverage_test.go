package sim

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// TestEveryServedVersionIsAnswered runs sessions until every version of every served API has an
// answer, at most sixteen.
func TestEveryServedVersionIsAnswered(t *testing.T) {
	const seeds = 16
	answered := map[versioned]int{}
	var missing []versioned
	for seed := range uint64(seeds) {
		r := Run(Options{Seed: seed, Length: 5 * time.Minute})
		if r.Violation != nil {
			t.Fatal(r.Violation)
		}
		for k, n := range r.machine.answered {
			answered[k] += n
		}
		missing = missing[:0]
		for _, key := range slices.Sorted(maps.Keys(r.machine.served)) {
			a := r.machine.served[key]
			for v := a.MinVersion; v <= a.MaxVersion; v++ {
				if answered[versioned{key, v}] == 0 {
					missing = append(missing, versioned{key, v})
				}
			}
		}
		if len(missing) == 0 {
			t.Logf("%d versions of %d APIs after %d sessions", len(answered), len(r.machine.served), seed+1)
			return
		}
	}
	for _, m := range missing {
		t.Errorf("%s version %d has no answer in %d sessions", protocol.Name(m.key), m.version, seeds)
	}
}
