package coordinator

import (
	"testing"

	"github.com/gregorhq/gregor/internal/shard"
)

// The goroutine that finds a partition idle runs the commands of other goroutines, too, but not for
// ever: it may be the committer's, and every commit would wait while clients send without pause.
func TestNoGoroutineDrainsAMailboxForEver(t *testing.T) {
	const enough = 100_000
	f := newFixture(t).load()
	returned, ran, over := false, 0, false
	var decide func(*kv, shard.Env) shard.Outcome
	decide = func(*kv, shard.Env) shard.Outcome {
		if ran++; ran < enough && !returned {
			f.rt.Run(0, Command[*kv]{Decide: decide}) // another client's command arrives while this one runs
		} else {
			over = true
		}
		return shard.Outcome{}
	}
	f.rt.Run(0, Command[*kv]{Decide: decide})
	returned = true
	if ran >= enough {
		t.Errorf("the goroutine of the first command ran all %d", ran)
	}
	if f.run(); !over {
		t.Error("the rest does not run on the host")
	}
}
