package fetcher_test

import (
	"math"
	"testing"

	"github.com/gregorhq/gregor/internal/fetcher"
)

// Partitions that are behind leave room for the others: with an answer of 40 bytes and 10 for each
// partition, two of them are in the session. They take turns.
func TestPartitionsThatAreBehindTakeTurns(t *testing.T) {
	var keys []fetcher.Key
	for i := range partitions {
		keys = append(keys, keyOf(i))
	}
	x := newBench(t, keys...)
	// All of them turn out to be behind.
	resp := fullAnswer(x.flying, 5)
	resp.Responses = nil
	for _, k := range keys {
		resp.Responses = append(resp.Responses, oneAnswer(5, k, 1_000_000, 0, make([]byte, 10)).Responses...)
	}
	x.step(fetcher.Answer{ID: x.flying.ID, Response: resp})
	x.applyAll(10)
	inSession := map[fetcher.Key]bool{}
	for _, k := range keys {
		inSession[k] = !forgets(x.fx.Fetch, k)
	}
	got := map[fetcher.Key]int{}
	for round := range 3000 {
		if fx := x.fx; fx.Fetch == nil {
			t.Fatalf("round %d: no fetch", round)
		}
		answer := oneAnswer(5, a, 0, 0, nil)
		answer.Responses = nil
		n := 0
		for _, k := range keys {
			if _, ok := names(x.flying, k); ok {
				inSession[k] = true
			}
			if forgets(x.flying, k) {
				inSession[k] = false
			}
			if inSession[k] && n < 4 {
				n++
				got[k]++
				answer.Responses = append(answer.Responses, oneAnswer(5, k, 1_000_000, 0, make([]byte, 10)).Responses...)
			}
		}
		if round > 0 && (n < 2 || n > 3) {
			t.Fatalf("round %d: %d partitions are in the session", round, n)
		}
		x.now++
		x.step(fetcher.Answer{ID: x.flying.ID, Response: answer})
		x.applyAll(10)
	}
	for _, k := range keys {
		if got[k] < 300 || got[k] > 900 {
			t.Errorf("%v had %d turns of %d", k, got[k], 6000)
		}
	}
}

// A throttled partition that is behind pauses while the rate is exceeded. One that is in sync does
// not.
func TestThrottledPartitionsPause(t *testing.T) {
	x := &bench{t: t, f: fetcher.New(settings, fetcher.NewRate(1000, 11, 1000)), now: 1}
	x.step(&fetcher.Assign{Partitions: []fetcher.Assignment{
		{Key: a, Name: "t0", Throttled: true, Position: fetcher.Position{LastEpoch: -1}}, {Key: b, Name: "t0", Position: fetcher.Position{LastEpoch: -1}}}})
	x.step(fetcher.Answer{ID: x.flying.ID, Response: fullAnswer(x.flying, 5)})
	x.applyAll(0)
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 1_000_000, 0, []byte("x"))})
	if fx := x.applyAll(9_000); fx.Fetch == nil || forgets(fx.Fetch, a) {
		t.Fatalf("paused below the rate: %+v", fx.Fetch)
	}
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 1_000_000, 0, []byte("x"))})
	if fx := x.applyAll(9_000); fx.Fetch == nil || !forgets(fx.Fetch, a) {
		t.Fatalf("18,000 bytes in 10 s and no pause: %+v", fx.Fetch)
	}
	poll := x.flying
	for range 1000 {
		x.now = max(x.f.Deadline(), x.now+1)
		if _, ok := names(x.step(fetcher.Tick{}).Fetch, a); ok {
			break
		}
	}
	if x.now < 10_000 || x.now > 12_000 {
		t.Errorf("fetched again at %d ms", x.now)
	}
	over := oneAnswer(5, a, 0, 0, nil)
	over.Responses = nil
	x.step(fetcher.Answer{ID: poll.ID, Response: over})
	x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 1_000_000, 0, []byte("x"))})
	if fx := x.applyAll(90_000); fx.Fetch != nil && !forgets(fx.Fetch, a) {
		t.Error("no pause")
	}
	x.f.SetThrottle(math.MaxInt64)
	if _, ok := names(x.step(fetcher.Tick{}).Fetch, a); !ok {
		t.Error("paused without a rate")
	}
}

func TestRate(t *testing.T) {
	r := fetcher.NewRate(100, 11, 1000)
	r.Record(5_000, 1000)
	if r.Exceeded(5_000) {
		t.Error("1,000 bytes in a window of 10 s are 100 a second")
	}
	r.Record(5_000, 1)
	if !r.Exceeded(5_000) || r.Exceeded(16_000) {
		t.Error("1,001 bytes")
	}
	r.Record(100_000, 1)
	if r.Exceeded(100_000) {
		t.Error("old samples count")
	}
	zero := fetcher.NewRate(0, 11, 1000)
	zero.Record(1, 1)
	if !zero.Exceeded(1) {
		t.Error("a rate of 0 allows bytes")
	}
	none := fetcher.NewRate(math.MaxInt64, 11, 1000)
	none.Record(1, 1<<40)
	if none.Exceeded(1) {
		t.Error("exceeded without a bound")
	}
}
