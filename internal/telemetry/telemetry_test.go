package telemetry

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func TestNoAllocation(t *testing.T) {
	r := NewRegistry()
	total, child := r.Counter(bytesInMetric), r.CounterWith(bytesInMetric, "t")
	gauge, timer, sizes := r.Gauge(leaderCountMetric), r.Timer(totalTimeMetric, "Produce"), r.Histogram(requestBytesMetric, "Produce")
	limiter, now := NewLimiter(time.Second), time.Unix(0, 0)
	limiter.Allow("x", now)
	for name, f := range map[string]func(){
		"Counter":       func() { total.Add(100) },
		"child Counter": func() { child.Inc() },
		"Gauge":         func() { gauge.Add(1); gauge.Set(5) },
		"Timer":         func() { timer.Observe(123 * time.Microsecond) },
		"Histogram":     func() { sizes.Record(70000) },
		"Limiter":       func() { limiter.Allow("x", now) },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestCounterUnderConcurrency(t *testing.T) {
	c := &Counter{shards: make([]cell, 4)}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10000 {
				c.Add(3)
				c.Add(-1)
			}
		})
	}
	wg.Wait()
	if c.Value() != 8*10000*3 {
		t.Fatal(c.Value())
	}
}

func TestBuckets(t *testing.T) {
	last := -1
	for _, v := range []uint64{0, 1, 7, 8, 9, 15, 16, 17, 1000, 1 << 20, 1<<32 - 1, 1 << 32, math.MaxUint64} {
		b := bucketOf(v)
		if b < last || b >= numBuckets {
			t.Fatalf("%d falls into %d after %d", v, b, last)
		}
		last = b
	}
	for i := range numBuckets {
		if m := bucketMiddle(i); bucketOf(uint64(m)) != i {
			t.Fatalf("the middle of %d, %v, falls into %d", i, m, bucketOf(uint64(m)))
		}
	}
	for range 10000 {
		v := rand.Uint64N(1 << 32)
		if m := bucketMiddle(bucketOf(v)); math.Abs(m-float64(v)) > float64(v)/16+0.5 {
			t.Fatalf("%d is shown as %v", v, m)
		}
	}
}

func TestQuantilesForget(t *testing.T) {
	var timer Timer
	now := time.Unix(1000, 0)
	if q := timer.Quantiles(now, []float64{0.5}); q[0] != 0 {
		t.Fatal(q)
	}
	for i := range 1000 {
		timer.Observe(time.Duration(i+1) * time.Millisecond)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) <= want/16 }
	q := timer.Quantiles(now, []float64{0.5, 0.99, 0.999})
	if !near(q[0], 500e3) || !near(q[1], 990e3) || !near(q[2], 999e3) {
		t.Fatal(q)
	}
	if timer.Count() != 1000 {
		t.Fatal(timer.Count())
	}
	timer.Quantiles(now.Add(windowLength), []float64{0.5}) // the first snapshot is taken
	for range 10 {
		timer.Observe(time.Millisecond)
	}
	if q := timer.Quantiles(now.Add(windowLength+time.Second), []float64{0.5}); !near(q[0], 500e3) {
		t.Fatal("five minutes are remembered at least", q)
	}
	if q := timer.Quantiles(now.Add(2*windowLength), []float64{0.99}); !near(q[0], 1e3) {
		t.Fatal("ten minutes are forgotten", q)
	}
	if q := timer.Quantiles(now.Add(20*windowLength), []float64{0.99}); q[0] != 0 {
		t.Fatal("nothing happened lately", q)
	}
}

func TestLimiter(t *testing.T) {
	l, now := NewLimiter(10*time.Second), time.Unix(100, 0)
	expect := func(reason string, at time.Duration, ok bool, suppressed int) {
		t.Helper()
		if o, s := l.Allow(reason, now.Add(at)); o != ok || s != suppressed {
			t.Fatalf("%s at %v: %v %d", reason, at, o, s)
		}
	}
	expect("a", 0, true, 0)
	expect("a", time.Second, false, 0)
	expect("b", time.Second, true, 0)
	expect("a", 9*time.Second, false, 0)
	expect("a", 10*time.Second, true, 2)
	for i := range 3 * maxReasons {
		l.Allow(string(rune('0'+i)), now)
	}
	if len(l.reasons) > maxReasons {
		t.Fatalf("%d reasons are remembered", len(l.reasons))
	}
	expect("fresh", time.Hour, true, 0)
}
