package coordinator

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

func TestStates(t *testing.T) {
	f := newFixture(t)
	f.get("a", "x", false)
	f.expect("a!NOT_COORDINATOR")
	f.rt.Load(0, 3)
	f.get("a", "x", false)
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	f.log.hold2 = true
	f.rt.LoadPending()
	f.get("a", "x", false)
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS") // the high watermark is behind
	f.log.awaits[0](nil)
	f.set("a", "x", "1")
	f.get("b", "x", false)
	f.expect("a=ok b=1")
	f.rt.Load(0, 4) // the same leader again: state stands
	f.rt.Unload(0, 3)
	f.get("a", "x", false)
	f.expect("a=1")
	f.rt.Unload(0, 4)
	f.get("a", "x", false)
	f.expect("a!NOT_COORDINATOR")
	f.rt.Load(0, 3) // stale
	if f.rt.LoadPending() {
		t.Error("loaded with a stale epoch")
	}
}

func TestLoadingReplaysTheLog(t *testing.T) {
	f := newFixture(t).load()
	for i := range 7 {
		f.set("s", fmt.Sprintf("k%d", i%5), fmt.Sprint(i))
	}
	f.set("s", "bad", "is passed over")
	f.a.take()
	f.rt.Unload(0, -1)
	f.load()
	f.get("a", "k1", false)
	f.get("b", "k4", false)
	f.expect("a=6 b=4")
}

func TestLoadFails(t *testing.T) {
	f := newFixture(t).load()
	f.set("s", "k", "1")
	f.a.take()
	f.rt.Unload(0, -1)
	b := f.log.batches[0][0]
	f.log.batches[0][0] = b[:len(b)-3]
	f.load()
	f.get("a", "k", false)
	f.expect("a!NOT_COORDINATOR")
	f.log.batches[0][0] = b
	f.rt.Load(0, 5) // a later epoch tries again
	f.rt.LoadPending()
	f.get("a", "k", false)
	f.expect("a=1")
}

// A load that fails because the leadership moved is begun again if this node leads again, whatever comes first.
func TestLeadershipMovesWhileLoading(t *testing.T) {
	f := newFixture(t).load()
	f.set("s", "k", "1")
	f.a.take()
	f.rt.Unload(0, -1)
	f.log.hold2 = true
	f.rt.Load(0, 5)
	f.rt.LoadPending()
	f.rt.Load(0, 6) // the term ended and began anew before the load did
	f.log.hold2 = false
	f.log.awaits[0](protocol.ErrNotLeaderOrFollower)
	f.get("a", "k", false)
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	if !f.rt.LoadPending() {
		t.Fatal("nothing is loaded again")
	}
	f.get("a", "k", false)
	f.expect("a=1")

	f.rt.Unload(0, 7)
	f.log.hold2 = true
	f.rt.Load(0, 8)
	f.rt.LoadPending()
	f.log.awaits[1](protocol.ErrNotLeaderOrFollower)
	f.get("a", "k", false)
	f.expect("a!NOT_COORDINATOR")
	f.log.hold2 = false
	f.rt.Load(0, 9)
	f.rt.LoadPending()
	f.get("a", "k", false)
	f.expect("a=1")
}

func TestAppendsInFlightCollect(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.set("b", "x", "2")
	f.set("c", "y", "3")
	f.get("r", "x", false) // committed state: nothing yet
	f.expect("r=")
	if f.log.appends != 1 {
		t.Fatalf("%d appends", f.log.appends)
	}
	f.log.release()
	f.expect("a=ok b=ok c=ok")
	if f.log.appends != 2 || f.log.batches[0][1].Count() != 2 {
		t.Errorf("%d appends, second of %d records", f.log.appends, f.log.batches[0][1].Count())
	}
	f.get("r", "x", false)
	f.expect("r=2")
}

func TestBarrier(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.get("b", "x", true)
	f.get("c", "x", false) // behind the barrier
	f.set("d", "x", "2")
	f.expect("")
	f.log.release()
	f.expect("a=ok b=1 c=1 d=ok")
}

func TestFailedAppend(t *testing.T) {
	f := newFixture(t).load()
	for _, c := range []struct {
		err  error
		want string
	}{
		{protocol.ErrNotEnoughReplicas, "COORDINATOR_NOT_AVAILABLE"}, {protocol.ErrNotLeaderOrFollower, "NOT_COORDINATOR"},
		{protocol.ErrMessageTooLarge, "UNKNOWN_SERVER_ERROR"}, {errors.New("disk"), "NOT_COORDINATOR"},
		{fmt.Errorf("wrapped: %w", protocol.ErrKafkaStorageError), "NOT_COORDINATOR"},
	} {
		f.log.fail = c.err
		f.set("a", "x", "1")
		f.expect("a!" + c.want)
		f.get("r", "x", false)
		f.expect("r=")
	}
	f.log.fail = nil
	f.set("a", "x", "2")
	f.get("r", "x", false)
	f.expect("a=ok r=2")
}

func TestThen(t *testing.T) {
	f := newFixture(t).load()
	submit := func() {
		f.rt.Submit(0, Command[*kv]{Decide: func(*kv, int64) shard.Outcome {
			return shard.Outcome{Records: []shard.Record{{Key: []byte("k")}}, Then: func(_ int64, err protocol.Error) shard.Outcome {
				var o shard.Outcome
				o.Reply(collect{&f.a, "then"}, err.Name())
				return o
			}}
		}})
	}
	submit()
	f.log.fail = protocol.ErrNotEnoughReplicas
	submit()
	f.expect("then=NONE then=COORDINATOR_NOT_AVAILABLE")
}

func TestUnloadAnswersAll(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.set("b", "x", "2")
	f.get("c", "x", true)
	f.rt.Submit(0, Command[*kv]{Decide: func(k *kv, _ int64) shard.Outcome { return shard.Outcome{} }})
	f.rt.UnloadAll()
	f.expect("a!NOT_COORDINATOR b!NOT_COORDINATOR c!NOT_COORDINATOR")
	f.load()
	f.log.release() // the first append ends late
	f.get("r", "x", false)
	f.expect("r=1") // it is in the log, so it counts; b was never appended
}

func TestSlowAppend(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	if next := f.rt.Tick(f.now); next != 6000 {
		t.Errorf("next deadline %d", next)
	}
	f.now = 6000
	f.rt.Tick(f.now)
	f.expect("a!COORDINATOR_NOT_AVAILABLE")
	f.log.release()
	f.get("r", "x", false)
	f.expect("r=1")
}

func TestTimers(t *testing.T) {
	f := newFixture(t).load()
	key := func(n string) shard.TimerKey { return shard.TimerKey{Kind: 1, Name: n} }
	do := func(ts ...shard.Timer) {
		f.rt.Submit(0, Command[*kv]{Decide: func(*kv, int64) shard.Outcome { return shard.Outcome{Timers: ts} }})
	}
	fired := func() (s string) {
		f.rt.Submit(0, Command[*kv]{Decide: func(k *kv, _ int64) shard.Outcome {
			for _, x := range k.fired {
				s += x.Name
			}
			k.fired = nil
			return shard.Outcome{}
		}})
		return s
	}
	do(shard.Timer{Key: key("a"), At: 1500}, shard.Timer{Key: key("b"), At: 1200}, shard.Timer{Key: key("c"), At: 1300})
	do(shard.Timer{Key: key("b"), At: 1600}, shard.Timer{Key: key("c")}, shard.Timer{Key: key("none")})
	if next := f.rt.Tick(1400); next != 1500 || fired() != "" {
		t.Errorf("next %d", next)
	}
	if next := f.rt.Tick(1700); next != 0 {
		t.Errorf("next %d", next)
	}
	if got := fired(); got != "ab" {
		t.Errorf("fired %q", got)
	}
	do(shard.Timer{Key: key("a"), At: 1500})
	f.rt.UnloadAll()
	if next := f.rt.Tick(5000); next != 0 {
		t.Errorf("an unloaded partition has a deadline: %d", next)
	}
}

func TestLargeOutcomes(t *testing.T) {
	f := newFixture(t).load()
	f.log.limit = 1000
	records := func(n int) (rs []shard.Record) {
		for i := range n {
			rs = append(rs, shard.Record{Key: fmt.Appendf(nil, "k%d", i), Value: make([]byte, 50)})
		}
		return rs
	}
	for _, divisible := range []bool{false, true} {
		f.rt.Submit(0, Command[*kv]{Decide: func(*kv, int64) shard.Outcome {
			return shard.Outcome{Records: records(40), Divisible: divisible, Replies: []shard.Reply{{To: collect{&f.a, "a"}, Response: "ok"}}}
		}})
	}
	f.expect("a!UNKNOWN_SERVER_ERROR a=ok")
	if n := f.log.appends; n < 4 {
		t.Errorf("%d appends", n)
	}
	f.get("r", "k39", false)
	if got := f.a.take(); len(got) != 52 {
		t.Errorf("last record: %q", got)
	}
}

func TestLinger(t *testing.T) {
	f := newFixture(t)
	f.rt.opts.LingerMs = func() int64 { return 10 }
	f.load()
	f.set("a", "x", "1")
	f.set("b", "x", "2")
	if next := f.rt.Tick(f.now); next != 1010 || f.log.appends != 0 {
		t.Errorf("next %d, %d appends", next, f.log.appends)
	}
	f.now = 1010
	f.rt.Tick(f.now)
	f.expect("a=ok b=ok")
	if f.log.appends != 1 {
		t.Errorf("%d appends", f.log.appends)
	}
}

func TestTransactionalBatches(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("p", "plain", "1") // under way
	for i := range 3 {
		f.rt.Submit(0, Command[*kv]{Decide: func(*kv, int64) shard.Outcome {
			return shard.Outcome{Records: []shard.Record{{Key: fmt.Appendf(nil, "t%d", i)}}, Transactional: true, ProducerID: int64(7 + i/2), ProducerEpoch: 1}
		}})
	}
	f.log.release()
	f.rt.UnloadAll()
	marker := record.EndTxnMarker{Commit: true}.Build(f.log.end[0], 1, 3, 7, 1)
	f.log.batches[0] = append(f.log.batches[0], marker)
	f.log.end[0]++
	f.load()
	var got string
	f.rt.Submit(0, Command[*kv]{Decide: func(k *kv, _ int64) shard.Outcome {
		got = fmt.Sprint(k.txns, maps.Clone(k.m))
		return shard.Outcome{}
	}})
	if want := "[t0 t1 t2 7 true] map[plain:1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(f.log.batches[0]); n != 4 { // plain, producer 7, producer 8, marker
		t.Errorf("%d batches", n)
	}
}
