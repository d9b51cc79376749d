package group

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// Shard is the core over one partition of __consumer_offsets.
//
// Invariant: a name with offsets is in groups or in foreign.
type Shard struct {
	config func() Config
	groups map[string]*group
	// foreign are groups of the newer protocols (consumer, share, streams). They are kept, not
	// served.
	foreign map[string]*foreign
	// offsets are the committed positions by group, topic and partition. They are separate from the
	// groups: a record about one never changes the other, so replay does not depend on the order
	// that compaction leaves.
	offsets map[string]topicOffsets
	// pending are offsets of transactions that have not ended, by producer id.
	pending map[int64]*pendingTxn
	// serving is set after the log was replayed.
	serving bool
	counts  Counts
}

var (
	_ shard.Core          = (*Shard)(nil)
	_ shard.ClockFollower = (*Shard)(nil)
	_ shard.TopicFollower = (*Shard)(nil)
	_ shard.KeyedRecords  = (*Shard)(nil)
	_ shard.Listed        = (*Shard)(nil)
)

// New makes an empty shard. config is called at each use, so that settings can change.
func New(config func() Config) *Shard {
	return &Shard{
		config: config, groups: map[string]*group{}, foreign: map[string]*foreign{},
		offsets: map[string]topicOffsets{}, pending: map[int64]*pendingTxn{},
	}
}

// Counts are the numbers that telemetry shows.
type Counts struct {
	Groups  [numStates]int // classic groups by state
	Foreign int            // groups of the newer protocols
	Offsets int            // committed offsets
	// The following are since the shard was loaded.
	Rebalances uint64
	Commits    uint64 // offsets committed
	Expired    uint64 // offsets expired
	Deleted    uint64 // offsets deleted by request
}

// Counts returns the numbers now, in constant time.
func (s *Shard) Counts() Counts {
	c := s.counts
	c.Foreign = len(s.foreign)
	return c
}

// The kinds of timers.
const (
	timerSession   = 1 // Name group, Part member: heartbeat or rejoin overdue
	timerJoin      = 2 // Name group: time to join is up, or the initial delay
	timerSync      = 3 // Name group: time to sync is up
	timerRetention = 4 // offsets.retention.check.interval.ms
	timerForeign   = 5 // Name group: the sessions of a foreign group's members end
)

func sessionKey(groupID, memberID string) shard.TimerKey {
	return shard.TimerKey{Kind: timerSession, Name: groupID, Part: memberID}
}
func joinKey(groupID string) shard.TimerKey { return shard.TimerKey{Kind: timerJoin, Name: groupID} }
func syncKey(groupID string) shard.TimerKey { return shard.TimerKey{Kind: timerSync, Name: groupID} }

var retentionKey = shard.TimerKey{Kind: timerRetention}

// Loaded starts the sessions of the members read from the log.
func (s *Shard) Loaded(now int64) shard.Outcome {
	var out shard.Outcome
	s.serving = true
	s.prune()
	limit := s.config().MaxSize
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[id]
		for _, m := range g.members {
			s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), &out)
		}
		if len(g.members) > limit {
			// A rebalance lets members commit before some of them are refused.
			s.prepareRebalance(now, g, "group.max.size was lowered", &out)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.foreign)) {
		s.foreign[id].since = now
		if s.foreign[id].members > 0 {
			out.Set(foreignKey(id), now+foreignSessionMs)
		}
	}
	out.Set(retentionKey, now+s.config().RetentionCheckMs)
	return out
}

// prune removes simple groups whose offsets were all deleted later in the log. Compaction leaves
// nothing of them.
func (s *Shard) prune() {
	for id, g := range s.groups { // any order
		if !g.stored && g.isSimple() && len(s.offsets[id]) == 0 && !s.inTransaction(id) {
			s.drop(g)
		}
	}
}

// Unloaded answers the requests that wait.
func (s *Shard) Unloaded() shard.Outcome {
	var out shard.Outcome
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		for _, m := range s.groups[id].members {
			out.Fail(m.join, protocol.ErrNotCoordinator)
			out.Fail(m.sync, protocol.ErrNotCoordinator)
			m.join, m.sync = nil, nil
		}
	}
	return out
}

// Fire is called when a timer came due.
func (s *Shard) Fire(now int64, key shard.TimerKey) shard.Outcome {
	var out shard.Outcome
	if key.Kind == timerRetention {
		s.expireOffsets(now, &out)
		out.Set(retentionKey, now+s.config().RetentionCheckMs)
		return out
	}
	if key.Kind == timerForeign {
		s.endForeignSessions(now, key.Name, &out)
		return out
	}
	g := s.groups[key.Name]
	if g == nil {
		return out
	}
	switch key.Kind {
	case timerSession:
		s.sessionFired(now, g, key.Part, &out)
	case timerJoin:
		s.joinTimeUp(now, g, &out)
	case timerSync:
		s.syncTimeUp(now, g, &out)
	}
	return out
}

// group returns a group. It makes the group when it is missing and create is set.
func (s *Shard) group(id string, create bool, now int64) *group {
	g := s.groups[id]
	if g == nil && create {
		g = newGroup(id, now)
		s.groups[id] = g
		s.counts.Groups[Empty]++
	}
	return g
}

func (s *Shard) drop(g *group) {
	if s.groups[g.id] == g {
		delete(s.groups, g.id)
		s.counts.Groups[g.state]--
	}
}

// transition moves a group to another state.
func (s *Shard) transition(now int64, g *group, to State) {
	s.counts.Groups[g.state]--
	s.counts.Groups[to]++
	g.previous, g.state, g.stateSince = g.state, to, now
}

// Totals returns the numbers that only grow.
func (c Counts) Totals() Counts {
	return Counts{Rebalances: c.Rebalances, Commits: c.Commits, Expired: c.Expired, Deleted: c.Deleted}
}

// Add adds the counts of another shard.
func (c *Counts) Add(o Counts) {
	for i, n := range o.Groups {
		c.Groups[i] += n
	}
	c.Foreign += o.Foreign
	c.Offsets += o.Offsets
	c.Rebalances += o.Rebalances
	c.Commits += o.Commits
	c.Expired += o.Expired
	c.Deleted += o.Deleted
}
