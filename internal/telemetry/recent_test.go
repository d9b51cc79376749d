package telemetry

import (
	"math"
	"testing"
	"time"
)

func TestRecent(t *testing.T) {
	var r Recent
	now := time.Unix(1000, 0)
	if mean, worst := r.Millis(now); !math.IsNaN(mean) || !math.IsNaN(worst) {
		t.Fatal("nothing was observed:", mean, worst)
	}
	r.Observe(now, 10*time.Millisecond)
	r.Observe(now.Add(sampleLength), 30*time.Millisecond)
	if mean, worst := r.Millis(now.Add(sampleLength)); mean != 20 || worst != 30 {
		t.Fatal(mean, worst)
	}
	if mean, worst := r.Millis(now.Add(2 * sampleLength)); mean != 30 || worst != 30 {
		t.Fatal("two samples are remembered:", mean, worst)
	}
	if mean, _ := r.Millis(now.Add(9 * sampleLength)); !math.IsNaN(mean) {
		t.Fatal("the past is forgotten:", mean)
	}
}

func TestRate(t *testing.T) {
	now := time.Unix(1000, 0)
	r := NewRate(now)
	if v := r.PerSecond(now, 5); v != 0 {
		t.Fatal("no time has passed:", v)
	}
	if v := r.PerSecond(now.Add(10*time.Second), 100); v != 10 {
		t.Fatal("since the start:", v)
	}
	r.PerSecond(now.Add(sampleLength), 300)
	r.PerSecond(now.Add(2*sampleLength), 300)
	if v := r.PerSecond(now.Add(2*sampleLength+15*time.Second), 300); v != 0 {
		t.Fatal("what was before the last but one sample is forgotten:", v)
	}
	if v := r.PerSecond(now.Add(2*sampleLength+20*time.Second), 100); v != 0 {
		t.Fatal("a number that fell:", v)
	}
}

func TestShards(t *testing.T) {
	var h Histogram
	c := NewRegistry().Sharded(requestsMetric, "Produce", "1")
	for i := range uint64(100) {
		h.RecordAt(i, int64(i))
		c.AddAt(i, 2)
	}
	if h.Count() != 100 || c.Value() != 200 {
		t.Fatal(h.Count(), c.Value())
	}
	if n := testing.AllocsPerRun(100, func() { h.RecordAt(3, 7); c.AddAt(3, 1) }); n != 0 {
		t.Fatal(n, "allocations")
	}
}

func TestAlso(t *testing.T) {
	r := NewRegistry()
	r.CounterWith(requestsMetric, "Fetch", "4").Add(3)
	r.Also(requestsMetric, []string{"Fetch", "4"}, "FetchConsumer", "4")
	r.CounterWith(requestsMetric, "Fetch", "4").Add(3)
	if v := r.CounterWith(requestsMetric, "FetchConsumer", "4").Value(); v != 6 {
		t.Fatal(v)
	}
}
