package fetcher_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/fetcher"
)

// TestFollowerBecomesTheLeadersCopy runs a leader and a follower from seeds: appends, leader epochs
// in which the leader's log has another tail, log starts that move past the follower, sessions that
// the leader drops, requests and answers that get lost, syncs that take their time. A durable
// offset that is reported must be true, and the follower must equal the leader once all is quiet.
func TestFollowerBecomesTheLeadersCopy(t *testing.T) {
	for seed := range uint64(400) {
		if fault := runFollower(seed, 150); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

func runFollower(seed uint64, steps int) string {
	w := newWorld(seed, "")
	ids := 0
	for n := 0; n < steps && w.fault == ""; n++ {
		i := w.rng.IntN(partitions)
		switch x := w.rng.IntN(100); {
		case x < 50:
			for range 1 + w.rng.IntN(12) {
				ids++
				w.leaders[i].recs = append(w.leaders[i].recs, rec{w.epochs[i], ids})
			}
		case x < 65:
			w.assign(i)
		case x < 70:
			w.assigned[i] = false
			w.step(fetcher.Remove{Partitions: []fetcher.Key{keyOf(i)}})
		case x < 80:
			w.elect(i)
		case x < 85:
			d := &w.leaders[i]
			if n := w.rng.Int64N(int64(len(d.recs) + 1)); n > 0 {
				d.start, d.recs = d.start+n, d.recs[n:]
				w.hw[i] = max(w.hw[i], d.start)
			}
		case x < 88 && len(w.parked) == 0:
			w.cache = newWorld(0, "").cache // the leader has restarted
		default:
			w.run(w.now + w.rng.Int64N(600))
		}
		w.complete()
	}
	for i := range partitions {
		w.assign(i)
	}
	w.run(w.now + 20_000)
	before := w.fetches
	w.run(w.now + 10_000)
	if n := w.fetches - before; n > 40 {
		w.fail("%d fetches in 10 s without changes", n)
	}
	for i := range partitions {
		if l, o := &w.leaders[i], &w.own[i]; o.end() != l.end() || !slices.Equal(o.recs[max(l.start-o.start, 0):], l.recs) {
			w.fail("%v: the follower has %v from %d, the leader has %v from %d", keyOf(i), o.recs, o.start, l.recs, l.start)
		}
		if w.reported[i] != w.leaders[i].end() {
			w.fail("%v: the leader knows the durable offset %d of %d", keyOf(i), w.reported[i], w.leaders[i].end())
		}
	}
	return w.fault
}

// elect begins a leader epoch. The leader's log may lose a part of its tail above the high
// watermark and get other records there, as after a leader between that the follower did not see.
func (w *world) elect(i int) {
	d := &w.leaders[i]
	w.epochs[i] += 1 + int32(w.rng.IntN(2))
	keep := max(w.hw[i]-d.start, 0)
	if n := int64(len(d.recs)); n > keep && w.rng.IntN(2) == 0 {
		d.recs = slices.Clone(d.recs[:keep+w.rng.Int64N(n-keep)])
		for range w.rng.IntN(3) {
			d.recs = append(d.recs, rec{w.epochs[i], 1000 + w.rng.IntN(1000)})
		}
	}
	w.reported[i] = -1
	w.complete()
	if w.assigned[i] && w.rng.IntN(4) > 0 {
		w.later(w.rng.Int64N(300), func() { w.assign(i) })
	}
}

// Nothing but changes is named in a request: one append to one of many partitions costs one entry.
func TestRequestsNameChangesOnly(t *testing.T) {
	w := newWorld(1, "")
	w.rng = nil
	f := fetcher.New(settings, fetcher.Rate{})
	many := &fetcher.Assign{}
	for i := range 10_000 {
		many.Partitions = append(many.Partitions, fetcher.Assignment{Key: fetcher.Key{Topic: topic(i), Index: int32(i)}, Name: "t", Position: fetcher.Position{LastEpoch: -1}})
	}
	fx := f.Step(1, many)
	if fx.Fetch == nil || count(fx.Fetch) != 10_000 {
		t.Fatalf("%+v", fx.Fetch)
	}
	fx = f.Step(2, fetcher.Answer{ID: fx.Fetch.ID, Response: fullAnswer(fx.Fetch, 5)})
	results := &fetcher.Applied{}
	for _, a := range fx.Append {
		results.Results = append(results.Results, fetcher.Result{Key: a.Key, LeaderEpoch: a.LeaderEpoch, Position: fetcher.Position{LastEpoch: -1}})
	}
	fx = f.Step(3, results)
	for i := range 50 {
		if fx.Fetch == nil || count(fx.Fetch) > 1 {
			t.Fatalf("round %d: %+v", i, fx.Fetch)
		}
		k := fetcher.Key{Topic: topic(7), Index: 7}
		fx = f.Step(4, fetcher.Answer{ID: fx.Fetch.ID, Response: oneAnswer(5, k, int64(i), 0, []byte("x"))})
		if len(fx.Append) != 1 || fx.Append[0].Offset != int64(i) {
			t.Fatalf("round %d: %+v", i, fx)
		}
		fx = f.Step(5, &fetcher.Applied{Results: []fetcher.Result{{Key: k, Position: fetcher.Position{End: int64(i + 1), Durable: int64(i + 1)}, Bytes: 1}}})
	}
}

// A fetch that brings records to some partitions allocates for the request, not for its partitions.
func TestAllocationsOfAFetch(t *testing.T) {
	const n = 100
	x := &fetcher.Assign{}
	for i := range n {
		x.Partitions = append(x.Partitions, fetcher.Assignment{Key: fetcher.Key{Topic: topic(0), Index: int32(i)}, Name: "t", Position: fetcher.Position{LastEpoch: -1}})
	}
	f := fetcher.New(settings, fetcher.Rate{})
	fx := f.Step(1, x)
	full := fullAnswer(fx.Fetch, 5)
	fx = f.Step(1, fetcher.Answer{ID: fx.Fetch.ID, Response: full})
	results, durable := &fetcher.Applied{Results: make([]fetcher.Result, n)}, &fetcher.Durable{}
	cycle := func() {
		for i, a := range fx.Append {
			at := fetcher.Position{End: a.Offset + 1, Durable: a.Offset, Syncing: true}
			results.Results[i] = fetcher.Result{Key: a.Key, Position: at, Bytes: 1}
		}
		f.Recycle(fx)
		f.Step(2, results)
		for _, r := range results.Results {
			*durable = fetcher.Durable{Key: r.Key, Offset: r.Position.End}
			if fx = f.Step(2, durable); fx.Fetch != nil {
				break
			}
		}
		fx = f.Step(2, fetcher.Answer{ID: fx.Fetch.ID, Response: full})
	}
	cycle()
	if got := testing.AllocsPerRun(100, cycle); got > 10 {
		t.Errorf("%.0f allocations", got)
	}
	if len(fx.Append) != n || fx.Append[0].Offset < 100 {
		t.Errorf("%d appends at %d", len(fx.Append), fx.Append[0].Offset)
	}
}

func count(x *fetcher.Fetch) (n int) {
	for _, t := range x.Request.Topics {
		n += len(t.Partitions)
	}
	return n
}

func TestRandomRunsAreEqual(t *testing.T) {
	trace := func() string {
		w := newWorld(9, "")
		for i := range partitions {
			w.assign(i)
			w.leaders[i].recs = append(w.leaders[i].recs, rec{0, i})
		}
		w.run(5000)
		return fmt.Sprint(w.fetches, w.named, w.own, w.reported, w.now)
	}
	if a, b := trace(), trace(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
