package logmanager

import "time"

// gathering decides whether the committer lets a group grow before it takes it to the disk.
//
// Clients that keep a number of requests open send the next ones as soon as they have their answers. A committer that syncs
// whatever is there finds two halves that take turns: one is being synced while the other is sent. Waiting until all who were
// answered are back makes one group of the halves, at half the syncs, and sooner for everybody as long as a sync takes longer
// than the clients do. So it waits for as many as were open last time, never longer than a sync takes; and where clients do not
// come back (a load at intended times), it stops waiting for a while.
type gathering struct {
	// lastNs is how long the last group took to reach the disk, open how many requests were unanswered at that time.
	lastNs int64
	open   int
	// misses counts waits in a row that were not worth it, skip the groups that go without one because of them.
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

// limit is how long to wait for the group to grow from pending to g.open; 0 for not at all.
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

// awaitMore tells how long the committer should wait for c.full before it takes the group, and how many are in it now.
func (c *committer) awaitMore() (limit time.Duration, pending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pending = len(c.pending)
	limit = c.gather.limit(pending)
	if limit > 0 {
		select {
		case <-c.full:
		default:
		}
		c.awaited = c.gather.open
	}
	return limit, pending
}

// awaitedMore ends such a wait.
func (c *committer) awaitedMore(before int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaited = 0
	c.gather.waited(before, len(c.pending))
}
