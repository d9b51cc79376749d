package main

import "sync"

// position is the model of one committed offset. -1 means none.
type position struct{ acked, tried int64 }

// commits checks the positions that group members commit: never below the highest acknowledged one,
// and only positions that a member sent.
type commits struct {
	group string
	mu    sync.Mutex
	at    map[part]position
}

func newCommits(group string) *commits { return &commits{group: group, at: map[part]position{}} }

func (c *commits) get(p part) position {
	if s, ok := c.at[p]; ok {
		return s
	}
	return position{-1, -1}
}

// try records that a member will send offset, and returns the lower bound for the committed
// position.
func (c *commits) try(p part, offset int64) (floor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.get(p)
	s.tried = max(s.tried, offset)
	c.at[p] = s
	return s.acked
}

// acked records an acknowledged commit. floor is the result of try.
func (c *commits) acked(p part, offset, floor int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if offset < floor {
		return broken("moved-back", c.group, "%v: a commit of %d was accepted after %d had been acknowledged", p, offset, floor)
	}
	s := c.get(p)
	s.acked = max(s.acked, offset)
	c.at[p] = s
	return nil
}

// floors returns a copy to compare a later fetch with.
func (c *commits) floors() map[part]position {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := make(map[part]position, len(c.at))
	for p, s := range c.at {
		m[p] = s
	}
	return m
}

// fetched compares a fetched position with the commits that were acknowledged before the fetch.
func (c *commits) fetched(p part, offset int64, before position) error {
	if offset < before.acked {
		return broken("moved-back", c.group, "%v: committed position is %d, acknowledged was %d", p, offset, before.acked)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.get(p)
	if offset > s.tried {
		return broken("moved-back", c.group, "%v: committed position is %d, never sent above %d", p, offset, s.tried)
	}
	s.acked = max(s.acked, offset)
	c.at[p] = s
	return nil
}
