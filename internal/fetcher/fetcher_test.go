package fetcher_test

import (
	"math"
	"testing"

	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/protocol"
)

var a, b = keyOf(0), keyOf(3)

// bench is a core with partitions in a session, at a time that the test moves.
type bench struct {
	t   *testing.T
	f   *fetcher.Fetcher
	now int64
	// fx are the effects of the last step.
	fx *fetcher.Effects
	// flying is the last fetch.
	flying *fetcher.Fetch
}

func newBench(t *testing.T, keys ...fetcher.Key) *bench {
	x := &bench{t: t, f: fetcher.New(settings, fetcher.Rate{}), now: 1}
	if len(keys) == 0 {
		return x
	}
	x.assign(0, keys...)
	x.step(fetcher.Answer{ID: x.flying.ID, Response: fullAnswer(x.flying, 5)})
	x.applyAll(0)
	return x
}

func (x *bench) step(ev fetcher.Event) *fetcher.Effects {
	fx := x.f.Step(x.now, ev)
	x.fx = &fx
	if x.fx.Fetch != nil {
		x.flying = x.fx.Fetch
	}
	return x.fx
}

func (x *bench) assign(epoch int32, keys ...fetcher.Key) *fetcher.Effects {
	e := &fetcher.Assign{}
	for _, k := range keys {
		e.Partitions = append(e.Partitions, fetcher.Assignment{Key: k, Name: nameOf(indexOf(k)), LeaderEpoch: epoch, Position: fetcher.Position{LastEpoch: -1}})
	}
	return x.step(e)
}

// applyAll reports that every append of the last step brought n bytes, one for each offset, which
// are durable.
func (x *bench) applyAll(n int) *fetcher.Effects {
	e := &fetcher.Applied{}
	for _, p := range x.fx.Append {
		end := p.Offset + int64(n)
		e.Results = append(e.Results, fetcher.Result{Key: p.Key, LeaderEpoch: p.LeaderEpoch, Bytes: n, HighWatermark: p.HighWatermark,
			Position: fetcher.Position{End: end, LastEpoch: p.LeaderEpoch, Durable: end}})
	}
	return x.step(e)
}

func (x *bench) refuse(k fetcher.Key, code protocol.Error) *fetcher.Effects {
	return x.step(fetcher.Answer{ID: x.flying.ID, Response: errorAnswer(5, k, code)})
}

// names reports whether a fetch names a partition, and at which offset.
func names(x *fetcher.Fetch, k fetcher.Key) (at int64, ok bool) {
	if x == nil {
		return 0, false
	}
	for _, t := range x.Request.Topics {
		for _, p := range t.Partitions {
			if t.TopicID == k.Topic && p.Partition == k.Index {
				return p.FetchOffset, true
			}
		}
	}
	return 0, false
}

func forgets(x *fetcher.Fetch, k fetcher.Key) bool {
	for _, t := range x.Request.ForgottenTopicsData {
		for _, p := range t.Partitions {
			if t.TopicID == k.Topic && p == k.Index {
				return true
			}
		}
	}
	return false
}

func TestFirstFetchBeginsASession(t *testing.T) {
	x := newBench(t)
	fx := x.assign(4, a)
	req := fx.Fetch.Request
	if req.SessionID != 0 || req.SessionEpoch != 0 || req.ReplicaState.ReplicaID != 2 || req.ReplicaState.ReplicaEpoch != 7 || req.MaxWaitMs != 500 || req.MaxBytes != 40 {
		t.Errorf("%+v", req)
	}
	p := req.Topics[0].Partitions[0]
	if p.CurrentLeaderEpoch != 4 || p.LastFetchedEpoch != -1 || p.PartitionMaxBytes != 10 || p.HighWatermark != math.MaxInt64 {
		t.Errorf("%+v", p)
	}
	x.step(fetcher.Answer{ID: x.flying.ID, Response: fullAnswer(x.flying, 5)})
	if x.fx.Fetch != nil {
		t.Error("a fetch before the answer is applied")
	}
	if fx := x.applyAll(3); fx.Fetch.Request.SessionID != 5 || fx.Fetch.Request.SessionEpoch != 1 || count(fx.Fetch) != 1 {
		t.Errorf("%+v", fx.Fetch.Request)
	}
}

// The errors of the leader, and Kafka's reaction to each.
func TestErrorsOfThePartition(t *testing.T) {
	for _, c := range []struct {
		code  protocol.Error
		pause int64 // ms until it is fetched again, 0 for never
	}{
		{protocol.ErrNotLeaderOrFollower, 10}, {protocol.ErrUnknownLeaderEpoch, 10}, {protocol.ErrUnknownTopicID, 10},
		{protocol.ErrUnknownTopicOrPartition, 10}, {protocol.ErrInconsistentTopicID, 10}, {protocol.ErrFencedLeaderEpoch, 0},
		{protocol.ErrOffsetMovedToTieredStorage, 1000}, {protocol.ErrKafkaStorageError, 1000}, {protocol.ErrCorruptMessage, 1000},
	} {
		x := newBench(t, a, b)
		fx := x.refuse(a, c.code)
		if len(fx.Failed) != 1 || fx.Failed[0].Err != c.code || fx.Failed[0].Stopped != (c.pause == 0) || !fx.Failed[0].First {
			t.Errorf("%v: %+v", c.code, fx.Failed)
		}
		if fx.Fetch == nil || !forgets(fx.Fetch, a) {
			t.Errorf("%v: the next fetch has the partition", c.code)
		}
		if c.pause == 0 {
			if x.f.Deadline() != math.MaxInt64 {
				t.Errorf("%v: a retry is planned", c.code)
			}
			if fx := x.assign(1, a); fx.Fetch == nil {
				t.Errorf("%v: the new epoch is not fetched", c.code)
			}
			continue
		}
		if at := x.f.Deadline(); at != x.now+c.pause {
			t.Errorf("%v: a retry after %d ms", c.code, at-x.now)
		}
		x.now += c.pause
		if _, ok := names(x.step(fetcher.Tick{}).Fetch, a); !ok {
			t.Errorf("%v: no retry beside the long poll", c.code)
		}
	}
}

// The pause between retries doubles up to replica.fetch.backoff.ms, and an answer ends it.
func TestPausesGrow(t *testing.T) {
	x := newBench(t, a)
	for _, want := range []int64{10, 20, 40, 80, 160, 320, 640, 1000, 1000} {
		x.refuse(a, protocol.ErrNotLeaderOrFollower)
		if got := x.f.Deadline() - x.now; got != want {
			t.Fatalf("pause of %d ms, want %d", got, want)
		}
		x.now += want
		x.step(fetcher.Tick{})
	}
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 0, 0, nil)})
	x.applyAll(0)
	x.refuse(a, protocol.ErrNotLeaderOrFollower)
	if got := x.f.Deadline() - x.now; got != 10 {
		t.Errorf("after an answer the pause is %d ms", got)
	}
}

func TestBrokenFetch(t *testing.T) {
	x := newBench(t, a)
	if fx := x.step(fetcher.Broken{ID: x.flying.ID, Gone: true}); fx.Fetch == nil || fx.Fetch.Request.SessionEpoch != 0 || fx.Fetch.Request.SessionID != 5 || count(fx.Fetch) != 1 {
		t.Fatalf("no new session at once: %+v", fx.Fetch)
	}
	for _, want := range []int64{20, 40, 80} {
		if fx := x.step(fetcher.Broken{ID: x.flying.ID, Gone: true}); fx.Fetch != nil || x.f.Deadline()-x.now != want {
			t.Fatalf("%+v, pause of %d ms, want %d", fx.Fetch, x.f.Deadline()-x.now, want)
		}
		x.now += want
		x.step(fetcher.Tick{})
	}
	silent := newBench(t, a)
	if fx := silent.step(fetcher.Broken{ID: silent.flying.ID}); fx.Fetch != nil || silent.f.Deadline()-silent.now != 10 {
		t.Errorf("after silence: %+v", fx.Fetch)
	}
	if fx := x.step(fetcher.Broken{ID: 999}); fx.Fetch != nil {
		t.Error("an unknown fetch breaks")
	}
}

func TestSessionErrors(t *testing.T) {
	for code, id := range map[protocol.Error]int32{protocol.ErrFetchSessionIDNotFound: 0, protocol.ErrInvalidFetchSessionEpoch: 5, protocol.ErrFetchSessionTopicIDError: 5} {
		x := newBench(t, a)
		resp := protocol.New[protocol.FetchResponse]()
		resp.ErrorCode = code.Code()
		fx := x.step(fetcher.Answer{ID: x.flying.ID, Response: resp})
		if fx.Fetch == nil || fx.Fetch.Request.SessionID != id || fx.Fetch.Request.SessionEpoch != 0 || count(fx.Fetch) != 1 {
			t.Fatalf("%v: %+v", code, fx.Fetch)
		}
		// A full request that is refused is repeated after a pause.
		if fx := x.step(fetcher.Answer{ID: x.flying.ID, Response: resp}); fx.Fetch != nil || x.f.Deadline() <= x.now {
			t.Errorf("%v again: %+v", code, fx.Fetch)
		}
	}
	x := newBench(t, a)
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(0, a, 0, 0, []byte("x"))})
	if fx := x.applyAll(1); fx.Fetch.Request.SessionID != 0 || fx.Fetch.Request.SessionEpoch != 0 {
		t.Errorf("after the leader closed the session: %+v", fx.Fetch.Request)
	}
	x = newBench(t, a)
	if fx := x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(6, a, 0, 0, []byte("x"))}); len(fx.Append) != 0 || fx.Fetch.Request.SessionEpoch != 0 {
		t.Errorf("an answer of another session: %+v", fx)
	}
	x = newBench(t)
	x.assign(0, a, b)
	resp := fullAnswer(x.flying, 5)
	resp.Responses[0].Partitions = resp.Responses[0].Partitions[:1]
	if fx := x.step(fetcher.Answer{ID: x.flying.ID, Response: resp}); len(fx.Append) != 0 || fx.Fetch != nil {
		t.Errorf("a full answer without a partition: %+v", fx)
	}
}

// A leader without room for sessions gets all partitions each time.
func TestWithoutASession(t *testing.T) {
	x := newBench(t)
	x.assign(0, a, b)
	for range 3 {
		x.step(fetcher.Answer{ID: x.flying.ID, Response: fullAnswer(x.flying, 0)})
		if fx := x.applyAll(0); count(fx.Fetch) != 2 || fx.Fetch.Request.SessionEpoch != 0 {
			t.Fatalf("%+v", fx.Fetch)
		}
	}
}

// The next fetch waits for the sync of the records that the last one brought.
func TestFetchWaitsForTheDurableOffset(t *testing.T) {
	x := newBench(t, a, b)
	applied := func(hw int64) *fetcher.Effects {
		x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, hw, 0, []byte("xy"))})
		end := x.fx.Append[0].Offset + 2
		return x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: a, Bytes: 2, HighWatermark: hw, Position: fetcher.Position{End: end, Durable: end - 2, Syncing: true}}}})
	}
	if fx := applied(0); fx.Fetch != nil || x.f.Deadline() != x.now+500 {
		t.Fatalf("a fetch before the sync: %+v", fx.Fetch)
	}
	fx := x.step(&fetcher.Durable{Key: a, Offset: 2})
	if fx.Fetch == nil || fx.Fetch.Request.Topics[0].Partitions[0].DurableOffset != 2 {
		t.Fatalf("after the sync: %+v", fx.Fetch)
	}
	// A disk that hangs holds the fetches of other partitions back for replica.fetch.wait.max.ms.
	applied(2)
	x.now += 500
	if fx := x.step(fetcher.Tick{}); fx.Fetch == nil {
		t.Error("no fetch while the disk hangs")
	}
	// The leader has more: the next fetch returns at once and needs no sync before.
	if fx := applied(100); fx.Fetch == nil || fx.Fetch.Request.Topics[0].Partitions[0].DurableOffset != 4 {
		t.Errorf("behind: %+v", fx.Fetch)
	}
	// It does not hurry when the leader gave the partition that is behind nothing: it is throttled.
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, b, 0, 0, []byte("z"))})
	x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: b, Bytes: 1, Position: fetcher.Position{End: 1, Syncing: true}}}})
	if x.fx.Fetch != nil {
		t.Error("a fetch beside a throttled partition does not wait for the sync")
	}
	x.step(&fetcher.Durable{Key: a, Offset: 6})
	x.step(&fetcher.Durable{Key: b, Offset: 1})
	// A new partition does not wait for the disk.
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 6, 0, []byte("xy"))})
	x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: a, Bytes: 2, HighWatermark: 6, Position: fetcher.Position{End: 8, Durable: 2, Syncing: true}}}})
	if x.fx.Fetch != nil {
		t.Fatal("not held")
	}
	if fx := x.assign(0, keyOf(6)); fx.Fetch == nil {
		t.Error("a new partition waits for the disk")
	}
}

// A partition that is assigned during a long poll goes with a second fetch, and no third.
func TestSecondFetchForNewPartitions(t *testing.T) {
	x := newBench(t, a)
	first := x.flying
	fx := x.assign(0, b)
	if _, ok := names(fx.Fetch, b); !ok || count(fx.Fetch) != 1 || fx.Fetch.Request.SessionEpoch != 2 {
		t.Fatalf("%+v", fx.Fetch)
	}
	second := x.flying
	if fx := x.assign(0, keyOf(6)); fx.Fetch != nil {
		t.Fatal("a third fetch")
	}
	// The answer to the first one moves a. What the second one brings for a is not taken twice.
	x.step(fetcher.Answer{ID: first.ID, Response: oneAnswer(5, a, 0, 0, []byte("x"))})
	if fx := x.applyAll(1); fx.Fetch == nil {
		t.Fatal("the third partition waits")
	}
	if fx := x.step(fetcher.Answer{ID: second.ID, Response: oneAnswer(5, a, 0, 0, []byte("x"))}); len(fx.Append) != 0 {
		t.Errorf("%+v", fx.Append)
	}
}

func TestAnswersOfAnEarlierAssignmentAreIgnored(t *testing.T) {
	x := newBench(t, a)
	late := x.flying
	x.assign(3, a)
	if fx := x.step(fetcher.Answer{ID: late.ID, Response: oneAnswer(5, a, 0, 0, []byte("x"))}); len(fx.Append) != 0 {
		t.Errorf("%+v", fx.Append)
	}
	x.step(fetcher.Remove{Partitions: []fetcher.Key{a}})
	if x.f.Len() != 0 {
		t.Error("still there")
	}
	if fx := x.assign(2, a); x.f.Len() != 1 || fx.Fetch != nil && forgets(fx.Fetch, a) {
		t.Errorf("assigned again: %+v", fx.Fetch)
	}
	if fx := x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: a, LeaderEpoch: 0, Outcome: fetcher.Stopped}}}); len(fx.Failed) != 0 {
		t.Errorf("%+v", fx)
	}
}
