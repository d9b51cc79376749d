package logmanager

import (
	"testing"
	"time"
)

// A group waits for as many requests as were open, never longer than a sync, and not for a cheap
// sync.
func TestGatherLimit(t *testing.T) {
	for _, c := range []struct {
		name    string
		last    time.Duration
		open    int
		pending int
		want    time.Duration
	}{
		{"nothing known", 0, 0, 1, 0},
		{"all are back", time.Millisecond, 4, 4, 0},
		{"a single producer", time.Millisecond, 1, 1, 0},
		{"some are missing", time.Millisecond, 4, 1, time.Millisecond},
		{"slow disk", time.Second, 4, 1, gatherMax},
		{"fast disk", 20 * time.Microsecond, 4, 1, 0},
	} {
		g := gathering{}
		g.synced(int64(c.last), c.open)
		if got := g.limit(c.pending); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Waits become rare while clients do not come back, and frequent again once they do.
func TestGatherLearns(t *testing.T) {
	g := gathering{}
	waits := 0
	for range 2000 {
		g.synced(int64(time.Millisecond), 8)
		if g.limit(1) > 0 {
			waits++
			g.waited(1, 2)
		}
	}
	if waits > 30 {
		t.Fatalf("waited %d times in vain", waits)
	}
	g.skip = 0
	for range 10 {
		if g.limit(1) == 0 {
			t.Fatal("does not wait though it pays")
		}
		g.waited(1, 8)
	}
}

// The wait ends with the request that completes the group, and not before.
func TestGatherEndsEarly(t *testing.T) {
	wakes := 0
	c := committer{wake: func() { wakes++ }}
	c.gather.synced(int64(time.Millisecond), 3)
	c.pending = make([]pendingSync, 1)
	if pause := c.await(time.Second); pause != time.Millisecond {
		t.Fatal(pause)
	}
	c.note(pendingSync{})
	if pause := c.await(time.Second + time.Microsecond); wakes != 0 || pause != time.Millisecond-time.Microsecond {
		t.Fatalf("%d wakes, pause %v with 2 of 3 requests", wakes, pause)
	}
	c.note(pendingSync{})
	if pause := c.await(time.Second + 2*time.Microsecond); wakes != 1 || pause != 0 {
		t.Fatalf("%d wakes, pause %v with the complete group", wakes, pause)
	}
	if c.gather.misses != 0 || c.wait.size != 0 {
		t.Fatalf("%+v %+v", c.gather, c.wait)
	}
}

// The wait ends at its time limit when requests do not come back.
func TestGatherGivesUp(t *testing.T) {
	c := committer{wake: func() { t.Error("woken") }}
	c.gather.synced(int64(time.Millisecond), 8)
	c.pending = make([]pendingSync, 1)
	if c.await(time.Second) == 0 {
		t.Fatal("no wait")
	}
	if pause := c.await(time.Second + time.Millisecond); pause != 0 || c.gather.misses != 1 {
		t.Fatal(pause, c.gather)
	}
	c.pending = nil
	if pause := c.await(2 * time.Second); pause != 0 || c.wait.size != 0 {
		t.Fatal("a wait without a request")
	}
}
