package coordinator

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// TestNoAnswerIsTakenBack runs commands for three keys from a seed, over a log whose appends are
// slow, fail and are refused, and with leaderships that end with and without the records that are
// not committed. Each answer must speak of committed records only, and no answer about a key may be
// older than an earlier one.
func TestNoAnswerIsTakenBack(t *testing.T) {
	for seed := range uint64(500) {
		if fault := randomAnswers(t, seed, ""); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

func TestAnswersCheckerFires(t *testing.T) {
	for _, bug := range []string{"a load has no keys", "answers do not wait for their key", "a load counts as committed", "commands without a key do not count"} {
		seed := uint64(0)
		for ; seed < 500 && randomAnswers(t, seed, bug) == ""; seed++ {
		}
		if seed == 500 {
			t.Errorf("%s: not found", bug)
		}
	}
}

type answersWorld struct {
	*fixture
	rng *rand.Rand
	bug string
	// committed is how many records of the log are committed.
	committed int64
	// known is the newest number that an answer named, by key.
	known  map[string]int
	number int
	fault  string
}

func randomAnswers(t *testing.T, seed uint64, bug string) string {
	w := &answersWorld{fixture: newFixture(t), rng: rand.New(rand.NewPCG(seed, 3)), bug: bug, known: map[string]int{}}
	w.log.hold, w.log.hold2 = true, true
	w.load()
	for i := 0; i < 300 && w.fault == ""; i++ {
		w.step()
		p := w.rt.partition(0)
		switch bug {
		case "answers do not wait for their key":
			p.seen.keys = nil
		case "a load has no keys":
			if len(w.log.awaits) > 0 && p.written == p.decided {
				p.seen = seen{}
			}
		case "a load counts as committed":
			if p.appending == 0 {
				p.committed = p.written
			}
		case "commands without a key do not count":
			p.seen.all = 0
		}
	}
	return w.fault
}

func (w *answersWorld) step() {
	key := string(rune('a' + w.rng.IntN(3)))
	switch n := w.rng.IntN(20); {
	case n < 6:
		w.write(key, key)
	case n < 7: // a command for the whole core
		w.write("", key)
	case n < 13:
		w.read(key)
	case n < 16 && len(w.log.held) > 0:
		w.committed = w.log.end[0]
		w.log.commitOne()
	case n < 17 && len(w.log.held) > 0:
		w.log.failOne(protocol.ErrKafkaStorageError)
		w.retry()
	case n < 18:
		w.log.refuses = nil
		if w.rng.IntN(2) == 0 {
			w.log.refuses = protocol.ErrNotEnoughReplicas
		}
	case n < 19 && len(w.log.awaits) > 0: // the high watermark reaches the end of the load
		w.committed = max(w.committed, w.rt.partition(0).written)
		w.log.awaits[len(w.log.awaits)-1](nil)
		w.log.awaits = nil
	case n < 20 && w.rng.IntN(4) == 0:
		w.move()
	}
	w.run()
}

// move ends the leadership and begins another one. The records that are not committed may be gone.
func (w *answersWorld) move() {
	w.rt.Unload(0, -1)
	w.log.held, w.log.awaits = nil, nil
	if w.rng.IntN(2) == 0 {
		for n := len(w.log.batches[0]); n > 0 && w.log.end[0] > w.committed; n-- {
			w.log.end[0] = w.log.batches[0][n-1].BaseOffset()
			w.log.batches[0] = w.log.batches[0][:n-1]
		}
	}
	w.log.high = w.committed
	w.load()
}

func (w *answersWorld) write(key, name string) {
	w.number++
	to := &checkedAnswer{w: w, key: name, number: w.number}
	w.rt.Run(0, Command[*kv]{To: to, Key: key, Decide: func(*kv, shard.Env) shard.Outcome {
		return shard.Outcome{Records: []shard.Record{{Key: []byte(name), Value: strconv.AppendInt(nil, int64(to.number), 10)}},
			Replies: []shard.Reply{{To: to, Response: strconv.Itoa(to.number)}}}
	}})
}

func (w *answersWorld) read(key string) {
	to := &checkedAnswer{w: w, key: key}
	w.rt.Run(0, Command[*kv]{To: to, Key: key, Reads: true, Decide: func(k *kv, _ shard.Env) shard.Outcome {
		return shard.Outcome{Replies: []shard.Reply{{To: to, Response: k.m[key]}}}
	}})
}

// checkedAnswer checks the number of a key's newest record, as an answer names it.
type checkedAnswer struct {
	w      *answersWorld
	key    string
	number int
}

func (c *checkedAnswer) Fail(protocol.Error) {}

func (c *checkedAnswer) Reply(response any) {
	number, _ := strconv.Atoi(response.(string))
	w := c.w
	if number < w.known[c.key] {
		w.fault = fmt.Sprintf("the answer about %s names %d, an earlier one %d", c.key, number, w.known[c.key])
	}
	w.known[c.key] = number
	if number == 0 {
		return
	}
	for _, b := range w.log.batches[0] {
		var r record.Reader
		r.Reset(b, record.Limits{})
		for r.Next() {
			rec := r.Record()
			if string(rec.Value) == response && rec.Offset < w.committed {
				return
			}
		}
	}
	w.fault = fmt.Sprintf("the answer about %s names %d, which is not committed", c.key, number)
}
