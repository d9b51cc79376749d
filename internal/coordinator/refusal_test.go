package coordinator

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// The ISR is below min.insync.replicas, and the log refuses every record. Commits fail; reads and
// heartbeats are answered, as in Kafka, whose coordinator takes back the refused records only.
// gregor does not decide on them.
func TestReadsAreAnsweredWhileTheLogRefusesRecords(t *testing.T) {
	f := newFixture(t).load()
	f.set("set", "a", "1")
	f.expect("set=ok")
	f.log.refuses = protocol.ErrNotEnoughReplicas
	for range 60 {
		f.set("set", "b", "2")
		f.get("get", "a")
		f.get("get", "b")
		f.expect("set!COORDINATOR_NOT_AVAILABLE get=1 get=")
		f.pass(1000)
		f.tick(f.elapsed)
		f.run()
	}
	f.log.refuses = nil
	f.set("set", "b", "3")
	f.get("get", "b")
	f.expect("set=ok get=3")
	if s := f.rt.States(); s.Active != 1 || f.log.appends != 2 {
		t.Errorf("%+v, %d appends", s, f.log.appends)
	}
}

// The ISR becomes too small between a decision and its append. The state is ahead of the log, so it
// is loaded again, once and without a pause.
func TestStateAheadOfTheLogIsLoadedOnce(t *testing.T) {
	f := newFixture(t).load()
	f.log.hold = true
	f.set("a", "x", "1")
	f.set("b", "y", "1") // waits for the append of a
	f.log.refuses = protocol.ErrNotEnoughReplicas
	f.log.release()
	f.expect("a=ok b!COORDINATOR_NOT_AVAILABLE")
	f.run()
	for range 3 {
		f.set("b", "y", "2")
		f.get("r", "x")
		f.get("r", "y")
		f.expect("b!COORDINATOR_NOT_AVAILABLE r=1 r=")
	}
}

// An answer waits for the records that its command may have seen: those of its own key, and those
// of commands that use the whole core. While an append cannot be committed, other keys are served.
func TestAnswersOfOtherKeysDoNotWait(t *testing.T) {
	f := newFixture(t).load()
	f.set("a", "x", "0")
	f.expect("a=ok")
	f.log.hold = true
	f.set("a", "x", "1")
	f.get("b", "x")
	f.get("c", "y")
	f.expect("c=")
	f.do(func(*kv) shard.Outcome { return shard.Outcome{Records: []shard.Record{{Key: []byte("z")}}} })
	f.get("d", "y")
	f.set("e", "y", "1")
	f.expect("")
	f.log.commitOne()
	f.expect("a=ok b=1")
	f.get("g", "x")
	f.expect("") // the command for the whole core came after a
	f.log.release()
	f.expect("d= e=ok g=1")
	if p := f.rt.partition(0); len(p.seen.keys) != 0 {
		t.Errorf("%v is committed", p.seen.keys)
	}
}

// A replica becomes leader of a coordinator partition while the ISR is below min.insync.replicas,
// and its high watermark is below its log end and does not move (KIP-966). The partition is active,
// and answers wait for the records that they may have seen.
func TestPartitionServesBelowItsHighWatermark(t *testing.T) {
	f := newFixture(t).load()
	f.set("a", "y", "1")
	f.set("a", "x", "1")
	f.expect("a=ok a=ok")
	f.rt.Unload(0, -1)
	f.log.hold2, f.log.high = true, 1
	f.load()
	if s := f.rt.States(); s != (States{Active: 1}) {
		t.Errorf("%+v", s)
	}
	f.get("r", "x")
	f.expect("")
	f.get("r", "y")
	f.expect("r=1")
	f.pass(5000)
	f.tick(f.elapsed)
	f.expect("r!COORDINATOR_NOT_AVAILABLE")
	f.get("r", "x")
	f.log.awaits[0](nil)
	f.expect("r=1")
	f.set("a", "x", "2")
	f.expect("a=ok")

	// Without uncommitted records nothing waits.
	g := newFixture(t)
	g.log.hold2 = true
	g.load()
	g.get("r", "x")
	g.expect("r=")
	// A committed append commits all records before it.
	f.rt.Unload(0, -1)
	f.load()
	f.get("r", "x")
	f.set("a", "x", "3")
	f.expect("r=2 a=ok")
}

// No timer fires while the log refuses records, because it may write. It fires soon after.
func TestTimersWaitWhileTheLogRefusesRecords(t *testing.T) {
	f := newFixture(t).load()
	f.do(func(*kv) shard.Outcome {
		return shard.Outcome{Timers: []shard.Timer{{Key: shard.TimerKey{Kind: 1, Name: "x"}, At: f.now + 100}}}
	})
	f.log.refuses = protocol.ErrNotEnoughReplicas
	f.pass(100)
	if next := f.tick(f.elapsed); next != f.elapsed+timersHeldMs {
		t.Errorf("the next look is at %d, now is %d", next, f.elapsed)
	}
	f.log.refuses = nil
	f.pass(timersHeldMs)
	f.tick(f.elapsed)
	fired := 0
	f.do(func(k *kv) shard.Outcome { fired = len(k.fired); return shard.Outcome{} })
	if fired != 1 {
		t.Errorf("%d timers fired", fired)
	}
}

// A group keeps its members and its offsets while the log refuses records: heartbeats and fetches
// are answered, and commits are not available. No member has to join again afterwards.
func TestGroupLivesThroughAnISRThatIsTooSmall(t *testing.T) {
	f := newGroups()
	id := f.stable(t)
	commit := func(offset int64) (code protocol.Error) {
		c := commitOne("g", "t", offset)
		c.MemberID, c.GenerationIDOrMemberEpoch = id, 1
		group.OffsetCommit.Call(f, shard.Request{Version: 8}, c, func(r *protocol.OffsetCommitResponse) { code = protocol.Error(r.Topics[0].Partitions[0].ErrorCode) })
		return code
	}
	beat := func() (code protocol.Error) {
		group.Heartbeat.Call(f, shard.Request{}, &protocol.HeartbeatRequest{GroupID: "g", MemberID: id, GenerationID: 1},
			func(r *protocol.HeartbeatResponse) { code = protocol.Error(r.ErrorCode) })
		return code
	}
	if err := commit(1); err != protocol.ErrNone {
		t.Fatal(err)
	}
	f.log.refuses = protocol.ErrNotEnoughReplicas
	for i := range int64(10) {
		got := fmt.Sprint(commit(100+i), beat(), f.offset("g", "t"))
		if want := fmt.Sprint(protocol.ErrCoordinatorNotAvailable, protocol.ErrNone, 1); got != want {
			t.Fatalf("round %d: %s, want %s", i, got, want)
		}
		f.pass(3000)
		f.tick()
	}
	f.log.refuses = nil
	if got := fmt.Sprint(commit(7), beat(), f.offset("g", "t")); got != fmt.Sprint(protocol.ErrNone, protocol.ErrNone, 7) {
		t.Error(got)
	}
}

// The records of a group name it, so that a load knows which groups have records that are not
// committed.
func TestRecordsNameTheirGroup(t *testing.T) {
	f := newGroups()
	id := f.stable(t)
	c := commitOne("g", "t", 1)
	c.MemberID, c.GenerationIDOrMemberEpoch = id, 1
	group.OffsetCommit.Call(f, shard.Request{Version: 8}, c, func(*protocol.OffsetCommitResponse) {})
	records := 0
	for _, b := range f.log.batches[f.PartitionFor("g")] {
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); records++ {
			if key := (*group.Shard)(nil).KeyOf(r.Record().Key); key != "g" {
				t.Errorf("record %d: key %q", records, key)
			}
		}
	}
	if records < 3 {
		t.Errorf("%d records", records)
	}
}

// A load of an earlier term whose leadership ended does not end the partition of the next term.
func TestCommitOfAnEarlierLoadIsLate(t *testing.T) {
	f := newFixture(t)
	f.log.hold2 = true
	f.load()
	f.rt.Unload(0, 4)
	f.rt.Load(0, 5)
	f.run()
	f.log.awaits[0](errors.New("late"))
	if s := f.rt.States(); s != (States{Active: 1}) {
		t.Errorf("%+v", s)
	}
}

// A record that cannot be encoded is never written, also not in a divisible decision.
func TestRecordThatCannotBeEncoded(t *testing.T) {
	for _, divisible := range []bool{false, true} {
		f := newFixture(t).load()
		before := f.log.appends
		f.do(func(*kv) shard.Outcome {
			return shard.Outcome{Divisible: divisible, Records: []shard.Record{{Key: []byte("z")}, {Err: errors.New("too long")}}}
		})
		f.run()
		if f.log.appends != before {
			t.Errorf("divisible %v: %d appends", divisible, f.log.appends-before)
		}
	}
}
