package coordinator

import (
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

func TestStates(t *testing.T) {
	f := newFixture(t)
	f.get("a", "x")
	f.expect("a!NOT_COORDINATOR")
	f.rt.Load(0, 3)
	f.get("a", "x")
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	f.run()
	f.set("a", "x", "1")
	f.get("b", "x")
	f.expect("a=ok b=1")
	f.rt.Load(0, 4) // the same leader again: state stands
	f.rt.Unload(0, 3)
	f.get("a", "x")
	f.expect("a=1")
	f.rt.Unload(0, 4)
	f.get("a", "x")
	f.expect("a!NOT_COORDINATOR")
	f.rt.Load(0, 3) // stale
	f.run()
	f.get("a", "x")
	f.expect("a!NOT_COORDINATOR")
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
	f.get("a", "k1")
	f.get("b", "k4")
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
	f.get("a", "k")
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	if s := f.rt.States(); s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	f.log.batches[0][0] = b
	f.retry()
	f.get("a", "k")
	f.expect("a=1")
}

// A load that fails because the leadership moved is begun again if this node leads again, whatever
// comes first.
func TestLeadershipMovesWhileLoading(t *testing.T) {
	f := newFixture(t).load()
	f.set("s", "k", "1")
	f.a.take()
	f.rt.Unload(0, -1)
	f.log.hold2 = true
	f.rt.Load(0, 5)
	f.run()
	f.rt.Load(0, 6) // a new term began before the load did
	f.log.hold2 = false
	f.log.awaits[0](protocol.ErrNotLeaderOrFollower)
	f.get("a", "k")
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	if !f.run() {
		t.Fatal("nothing is loaded again")
	}
	f.get("a", "k")
	f.expect("a=1")

	f.rt.Unload(0, 7)
	f.log.hold2 = true
	f.rt.Load(0, 8)
	f.run()
	f.log.awaits[1](protocol.ErrNotLeaderOrFollower)
	f.get("a", "k")
	f.expect("a!NOT_COORDINATOR")
	f.log.hold2 = false
	f.rt.Load(0, 9)
	f.run()
	f.get("a", "k")
	f.expect("a=1")
}

// A partition whose log is being opened again answers a load with NOT_LEADER_OR_FOLLOWER although
// this node still leads, so that no other Load follows. The load is tried again until Unload comes.
func TestLoadIsTriedAgainWithoutAnotherLoad(t *testing.T) {
	f := newFixture(t).load()
	f.set("s", "k", "1")
	f.a.take()
	f.rt.Unload(0, -1)
	f.log.hold2 = true
	f.rt.Load(0, 5)
	f.run()
	f.log.awaits[0](protocol.ErrNotLeaderOrFollower)
	f.get("a", "k")
	f.expect("a!NOT_COORDINATOR")
	f.log.hold2 = false
	f.retry()
	f.get("a", "k")
	f.expect("a=1")

	f.rt.Unload(0, -1)
	f.log.hold2 = true
	f.rt.Load(0, 7)
	f.run()
	f.log.awaits[1](protocol.ErrUnknownTopicOrPartition)
	f.rt.Unload(0, 8)
	f.log.hold2 = false
	f.pass(maxPauseMs)
	f.retry()
	f.get("a", "k")
	f.expect("a!NOT_COORDINATOR")
}

func TestUnloadAnswersAll(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.set("b", "x", "2")
	f.get("c", "x")
	f.rt.UnloadAll()
	f.expect("a!NOT_COORDINATOR b!NOT_COORDINATOR c!NOT_COORDINATOR")
	f.load()
	f.log.release() // the first append ends late
	f.get("r", "x")
	f.expect("r=1") // it is in the log, so it counts; b was never appended
}

func TestSlowAppend(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	if next := f.tick(f.elapsed); next != 6000 {
		t.Errorf("next deadline %d", next)
	}
	f.pass(5000)
	f.tick(f.elapsed)
	f.expect("a!COORDINATOR_NOT_AVAILABLE")
	f.log.release()
	f.get("r", "x")
	f.expect("r=1")
}

func TestTimers(t *testing.T) {
	f := newFixture(t).load()
	key := func(n string) shard.TimerKey { return shard.TimerKey{Kind: 1, Name: n} }
	do := func(ts ...shard.Timer) {
		f.do(func(*kv) shard.Outcome { return shard.Outcome{Timers: ts} })
	}
	fired := func() (s string) {
		f.do(func(k *kv) shard.Outcome {
			for _, x := range k.fired {
				s += x.Name
			}
			k.fired = nil
			return shard.Outcome{}
		})
		return s
	}
	do(shard.Timer{Key: key("a"), At: 1500}, shard.Timer{Key: key("b"), At: 1200}, shard.Timer{Key: key("c"), At: 1300})
	do(shard.Timer{Key: key("b"), At: 1600}, shard.Timer{Key: key("c")}, shard.Timer{Key: key("none")})
	if next := f.tick(1400); next != 1500 || fired() != "" {
		t.Errorf("next %d", next)
	}
	if next := f.tick(1700); next != 0 {
		t.Errorf("next %d", next)
	}
	if got := fired(); got != "ab" {
		t.Errorf("fired %q", got)
	}
	do(shard.Timer{Key: key("a"), At: 1500})
	f.rt.UnloadAll()
	if next := f.tick(5000); next != 0 {
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
		f.run()
		f.do(func(*kv) shard.Outcome {
			return shard.Outcome{Records: records(40), Divisible: divisible, Replies: []shard.Reply{{To: collect{&f.a, "a"}, Response: "ok"}}}
		})
	}
	f.expect("a!UNKNOWN_SERVER_ERROR a=ok")
	if n := f.log.appends; n < 4 {
		t.Errorf("%d appends", n)
	}
	f.get("r", "k39")
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
	if next := f.tick(f.elapsed); next != 1010 || f.log.appends != 0 {
		t.Errorf("next %d, %d appends", next, f.log.appends)
	}
	f.pass(10)
	f.tick(f.elapsed)
	f.expect("a=ok b=ok")
	if f.log.appends != 1 {
		t.Errorf("%d appends", f.log.appends)
	}
}

func TestTransactionalBatches(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("p", "plain", "1") // in flight
	for i := range 3 {
		f.do(func(*kv) shard.Outcome {
			return shard.Outcome{Records: []shard.Record{{Key: fmt.Appendf(nil, "t%d", i)}}, Transactional: true, ProducerID: int64(7 + i/2), ProducerEpoch: 1}
		})
	}
	f.log.release()
	f.rt.UnloadAll()
	marker := record.EndTxnMarker{Commit: true}.Build(f.log.end[0], 1, 3, 7, 1)
	f.log.batches[0] = append(f.log.batches[0], marker)
	f.log.end[0]++
	f.load()
	var got string
	f.do(func(k *kv) shard.Outcome {
		got = fmt.Sprint(k.txns, maps.Clone(k.m))
		return shard.Outcome{}
	})
	if want := "[t0 t1 t2 7 true] map[plain:1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(f.log.batches[0]); n != 4 { // plain, producer 7, producer 8, marker
		t.Errorf("%d batches", n)
	}
}

// The lines of one subject are bounded in rate, and the next line says how many were left out.
func TestNotesAreBounded(t *testing.T) {
	f := newFixture(t)
	var log strings.Builder
	f.rt.opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	f.load()
	note := func(subject string) {
		f.do(func(*kv) (o shard.Outcome) {
			o.Note(subject, "it happened", "group", subject)
			return o
		})
	}
	for range 100 {
		note("a")
	}
	note("b")
	f.pass(1000)
	note("a")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "level=INFO msg=\"it happened\" group=a") || !strings.Contains(lines[2], "group=a suppressed=99") {
		t.Errorf("%d lines:\n%s", len(lines), log.String())
	}
}
