package coordinator

import (
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/shard"
)

// Who finds a mailbox idle runs the commands of all others too, but not for ever: the goroutine may be the committer's, and
// everybody's fsync would wait while clients ask without pause.
func TestNobodyDrainsAMailboxForEver(t *testing.T) {
	const enough = 100_000
	f := newFixture(t).load()
	var returned atomic.Bool
	ran := 0
	over := make(chan struct{})
	var decide func(*kv, int64) shard.Outcome
	decide = func(*kv, int64) shard.Outcome {
		if ran++; ran < enough && !returned.Load() {
			f.rt.Submit(0, Command[*kv]{Decide: decide}) // while a command runs, another client's arrives
		} else {
			close(over)
		}
		return shard.Outcome{}
	}
	f.rt.Submit(0, Command[*kv]{Decide: decide})
	returned.Store(true)
	<-over
	if ran >= enough {
		t.Errorf("the goroutine of the first command ran all of %d", ran)
	}
}
