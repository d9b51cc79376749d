package main

import "sync"

// commit is one commit of a partition's position by a group member. began and ended are numbers of
// the model's clock.
type commit struct {
	offset int64
	began  int
	// ended is unended while the commit may still take effect: the member waits for the answer or
	// tries again, or got no answer from a broker that is not killed yet.
	ended int
	// returned: the member got an answer or gave up.
	returned bool
}

const unended = int(^uint(0) >> 1)

// position is the model of one committed position.
type position struct {
	// possible are the commits that can be the last one, and those that began since prune.
	possible []*commit
	// covered is the latest beginning of a commit that took effect, 0 for none. A commit that ended
	// before it is overwritten.
	covered int
	// high is the highest acknowledged position.
	high int64
}

// commits checks the positions that group members commit: a fetch finds a position that can be the
// last one.
//
// A position may go back. A member that was put out of its group under load joins it again and
// commits the positions that it had, in the new generation. The classic protocol compares the
// member and the generation of a commit, not its partitions, so a broker must accept it. It
// happened at kill 476 of seed 6006.
type commits struct {
	group string
	mu    sync.Mutex
	at    map[part]*position
	clock int
	back  int // commits that moved a position back
}

func newCommits(group string) *commits { return &commits{group: group, at: map[part]*position{}} }

func (c *commits) tick() int {
	c.clock++
	return c.clock
}

// try records that a member will send offset.
func (c *commits) try(p part, offset int64) *commit {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.at[p]
	if s == nil {
		s = &position{high: -1}
		c.at[p] = s
	}
	o := &commit{offset: offset, began: c.tick(), ended: unended}
	s.possible = append(s.possible, o)
	return o
}

// acked records an acknowledged commit.
func (c *commits) acked(p part, o *commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.at[p]
	o.ended = c.tick()
	s.covered = max(s.covered, o.began)
	if o.offset < s.high {
		c.back++
	}
	s.high = max(s.high, o.offset)
}

// returned records that a member got an answer for a commit or gave up.
func (c *commits) returned(o *commit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o.returned = true
}

// killed records that the broker is dead. Commits that no member waits for do not take effect
// later.
func (c *commits) killed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.tick()
	for _, s := range c.at {
		for _, o := range s.possible {
			if o.returned {
				o.ended = min(o.ended, now)
			}
		}
	}
}

// prune forgets the commits that are overwritten. A fetch that begins afterwards finds one of the
// others. It returns covered of every position.
func (c *commits) prune() map[part]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := make(map[part]int, len(c.at))
	for p, s := range c.at {
		kept := s.possible[:0]
		for _, o := range s.possible {
			if o.ended >= s.covered {
				kept = append(kept, o)
			}
		}
		clear(s.possible[len(kept):])
		s.possible = kept
		m[p] = s.covered
	}
	return m
}

// fetched compares a fetched position, -1 for none, with the commits that were possible when the
// fetch began. covered is the position's field at that time.
func (c *commits) fetched(p part, offset int64, covered int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.at[p]
	if offset < 0 && covered == 0 {
		return nil
	}
	began := unended
	var want []int64
	for _, o := range s.possible {
		if want = append(want, o.offset); o.offset == offset {
			began = min(began, o.began)
		}
	}
	if began == unended {
		return broken("moved-back", c.group, "%v: committed position is %d, it must be one of %v", p, offset, want)
	}
	s.covered = max(s.covered, began)
	return nil
}
