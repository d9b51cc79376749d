package logmanager

import "time"

// gathering decides whether the committer lets a group grow before it takes it to the disk.
//
// Clients that keep a number of requests open send the next requests as soon as they have their
// answers. Without a wait such requests form two groups that take turns: one is being synced while
// the other is on its way. A short wait joins both into one group. This halves the number of syncs,
// and all answers come sooner as long as a sync takes longer than the clients do. So the committer
// waits for as many requests as were open last time, and at most as long as a sync takes. Where the
// clients do not come back (load at fixed times), it stops waiting for a while.
type gathering struct {
	// lastNs is the time that the last group took to reach the disk. open is the number of requests
	// that had no answer at that time.
	lastNs int64
	open   int
	// misses counts waits in a row that did not pay. skip counts the groups that follow without a
	// wait.
	misses, skip int
}

// Bounds of a wait. Below gatherMin a sync costs less than a timer.
const (
	gatherMax = 2 * time.Millisecond
	gatherMin = 100 * time.Microsecond
	// maxMisses bounds skip: 2^maxMisses groups.
	maxMisses = 7
)

func (g *gathering) synced(ns int64, open int) { g.lastNs, g.open = ns, open }

// limit returns how long to wait for the group to grow from pending to g.open; 0 means no wait.
func (g *gathering) limit(pending int) time.Duration {
	if pending >= g.open || g.lastNs < int64(gatherMin) {
		return 0
	}
	if g.skip > 0 {
		g.skip--
		return 0
	}
	return min(time.Duration(g.lastNs), gatherMax)
}

// waited learns from a wait during which the group grew from before to after requests.
func (g *gathering) waited(before, after int) {
	if after-before >= (g.open-before+1)/2 {
		g.misses = 0
		return
	}
	g.misses = min(g.misses+1, maxMisses)
	g.skip = 1 << g.misses
}

// growth is the wait of the committer for the next group to grow. size is 0 while it does not wait.
type growth struct {
	// size is the number of requests that end the wait, until its other end.
	size  int
	until time.Duration
	// from is the number of requests at the beginning of the wait.
	from int
}

// await returns how long the committer still leaves the next group alone, 0 when it takes it now.
func (c *committer) await(now time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.pending)
	if c.wait.size == 0 {
		if n == 0 {
			return 0
		}
		limit := c.gather.limit(n)
		if limit > 0 {
			c.wait = growth{size: c.gather.open, until: now + limit, from: n}
		}
		return limit
	}
	if n < c.wait.size && now < c.wait.until {
		return c.wait.until - now // an early wake
	}
	c.gather.waited(c.wait.from, n)
	c.wait = growth{}
	return 0
}
