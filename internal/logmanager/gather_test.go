package logmanager

import (
	"testing"
	"time"
)

// A group waits for as many as were open, never longer than a sync, and not where a sync is cheap.
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

// Clients that do not come back are waited for ever more seldom; once they do, always.
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
	var c committer
	c.init()
	c.gather.synced(int64(time.Millisecond), 3)
	c.full <- struct{}{} // left over from a wait that had timed out
	c.pending = make([]pendingSync, 1)
	limit, before := c.awaitMore()
	if limit == 0 || before != 1 {
		t.Fatal(limit, before)
	}
	for n := 2; n <= 3; n++ {
		c.note(pendingSync{})
		select {
		case <-c.full:
			if n < 3 {
				t.Fatal("full too early")
			}
		default:
			if n == 3 {
				t.Fatal("not told that the group is full")
			}
		}
	}
	c.awaitedMore(before)
	if c.gather.misses != 0 || c.awaited != 0 {
		t.Fatal(c.gather)
	}
}
