package coordinator

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// Decisions that are made while an append is in flight go into the next batch.
func TestAppendsInFlightCollect(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.set("b", "x", "2")
	f.set("c", "y", "3")
	if f.log.appends != 1 {
		t.Fatalf("%d appends", f.log.appends)
	}
	f.log.release()
	f.expect("a=ok b=ok c=ok")
	if f.log.appends != 2 || f.log.batches[0][1].Count() != 2 {
		t.Errorf("%d appends, second of %d records", f.log.appends, f.log.batches[0][1].Count())
	}
}

// A command decides on records that are not committed. Its answer waits for their commit, also when
// it has no records of its own, and no longer than for that.
func TestAnswersWaitForTheStateThatTheySaw(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.get("b", "x") // sees what a decided
	f.set("c", "x", "2")
	f.get("d", "x")
	f.expect("")
	f.log.commitOne()
	f.expect("a=ok b=1")
	f.get("e", "x")
	f.expect("")
	f.log.release()
	f.expect("c=ok d=2 e=2")
	f.get("g", "x")
	f.expect("g=2")
}

// The answers are in the order of the decisions.
func TestTimersSeeUncommittedState(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.do(func(*kv) shard.Outcome {
		return shard.Outcome{Timers: []shard.Timer{{Key: shard.TimerKey{Kind: 1, Name: "x"}, At: 1500}}}
	})
	f.tick(1600)
	var fired int
	f.do(func(k *kv) shard.Outcome { fired = len(k.fired); return shard.Outcome{} })
	if fired != 1 {
		t.Error("a timer waits for a commit")
	}
}

// When an append fails, the state is dropped and the log is loaded again, so that no later command
// sees the records that are not in the log.
func TestFailedAppendLoadsTheLogAgain(t *testing.T) {
	f := newFixture(t).load()
	f.set("a", "x", "0")
	f.expect("a=ok")
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
		f.get("r", "x")
		f.expect("r!COORDINATOR_LOAD_IN_PROGRESS")
		f.retry()
		f.get("r", "x")
		f.expect("r=0")
	}
	f.log.fail = nil
	f.set("a", "x", "2")
	f.get("r", "x")
	f.expect("a=ok r=2")
}

// A failed append also fails the decisions after it: the queued ones, and the answers that depend
// on its records. All get its error.
func TestFailedAppendTakesLaterDecisionsAlong(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.get("b", "x")
	f.set("c", "y", "1")
	parked := collect{&f.a, "d"}
	f.do(func(k *kv) shard.Outcome { k.parked = append(k.parked, parked); return shard.Outcome{} })
	f.log.failOne(protocol.ErrNotEnoughReplicas)
	f.expect("a!COORDINATOR_NOT_AVAILABLE b!COORDINATOR_NOT_AVAILABLE c!COORDINATOR_NOT_AVAILABLE d!COORDINATOR_NOT_AVAILABLE")
	f.log.hold = false
	f.retry()
	f.get("r", "x")
	f.get("r", "y")
	f.expect("r= r=")
	if f.log.appends != 1 {
		t.Errorf("%d appends", f.log.appends)
	}
}

// Appends that fail one after the other make the loads rarer, up to one in 10 s.
func TestLoadsAfterFailedAppendsPause(t *testing.T) {
	f := newFixture(t).load()
	f.log.fail = errors.New("disk")
	var pauses []int64
	for range 10 {
		f.set("a", "x", "1")
		if at := f.rt.nextDeadline(); at != 0 {
			pauses = append(pauses, at-f.elapsed)
			f.tick(at - 1)
			f.get("r", "x")
		}
		f.retry()
	}
	if want := "[100 200 400 800 1600 3200 6400 10000 10000]"; fmt.Sprint(pauses) != want {
		t.Errorf("pauses %v, want %v", pauses, want)
	}
	f.log.fail = nil
	f.a.take()
	f.set("a", "x", "1")
	f.log.fail = errors.New("disk")
	f.set("b", "x", "1")
	f.run()
	f.get("r", "x")
	f.expect("a=ok b!NOT_COORDINATOR r=1")
}

// A record of another writer in the log makes the state wrong, so the log is loaded again.
func TestRecordsOfOthersAreFound(t *testing.T) {
	f := newFixture(t).load()
	f.set("a", "x", "1")
	foreign := f.log.batches[0][0]
	foreign = append(record.Batch(nil), foreign...)
	foreign.SetBaseOffset(1)
	f.log.batches[0], f.log.end[0] = append(f.log.batches[0], foreign), 2
	f.set("b", "x", "2")
	f.run()
	f.get("r", "x")
	f.expect("a=ok b!NOT_COORDINATOR r=2")
}

// A load that fails for another reason than damage is tried again.
func TestFailedLoadIsTriedAgain(t *testing.T) {
	f := newFixture(t)
	f.log.unreadable = errors.New("too many open files")
	f.load()
	if s := f.rt.States(); s != (States{Failed: 1}) {
		t.Errorf("%+v", s)
	}
	f.get("a", "k")
	f.expect("a!COORDINATOR_LOAD_IN_PROGRESS")
	f.log.unreadable = nil
	f.retry()
	f.get("a", "k")
	f.expect("a=")
	if s := f.rt.States(); s != (States{Active: 1}) {
		t.Errorf("%+v", s)
	}
}
