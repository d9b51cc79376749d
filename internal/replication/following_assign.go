package replication

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

func sortedFollowings(by map[int32]*following) []*following {
	return slices.SortedFunc(maps.Values(by), func(a, b *following) int { return cmp.Compare(a.leader, b.leader) })
}

// move is the changes of one leader's fetching that an image makes.
type move struct {
	w       *following
	assigns fetcher.Assign
	removes fetcher.Remove
}

// moves collects changes, so that each fetching gets one event of each kind.
type moves struct {
	m    *Manager
	list []*move
}

func (x *moves) of(w *following) *move {
	for _, v := range x.list {
		if v.w == w {
			return v
		}
	}
	v := &move{w: w}
	x.list = append(x.list, v)
	return v
}

// follow fetches the partitions that follow from their leaders, and ends the fetching of the
// others. parts may have nil entries.
func (m *Manager) follow(parts []*Partition) {
	if m.opts.Peers == nil {
		return
	}
	x := &moves{m: m}
	for _, p := range parts {
		if p != nil {
			x.add(p)
		}
	}
	x.run()
}

// unfollow ends the fetching of a partition.
func (m *Manager) unfollow(p *Partition) { m.follow([]*Partition{p}) }

// add notes the changes of one partition's fetching.
func (x *moves) add(p *Partition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var next *following
	if p.core.Role() == replica.Follower && p.core.LeaderID() >= 0 && p.core.LeaderID() != x.m.opts.BrokerID && p.log != nil {
		next = x.m.followingOf(p.core.LeaderID())
	}
	key := fetcher.Key{Topic: p.id, Index: p.index}
	if p.source != nil && p.source != next {
		v := x.of(p.source)
		v.removes.Partitions = append(v.removes.Partitions, key)
	}
	if p.source = next; next != nil {
		v := x.of(next)
		v.assigns.Partitions = append(v.assigns.Partitions, fetcher.Assignment{Key: key, Name: p.topic, LeaderEpoch: p.core.LeaderEpoch(),
			Position: p.position(), Throttled: p.config.Load().followerThrottled(p.index, x.m.opts.BrokerID)})
	}
}

func (x *moves) run() {
	for _, v := range x.list {
		if len(v.removes.Partitions) > 0 {
			v.w.step(v.removes)
		}
	}
	for _, v := range x.list {
		if len(v.assigns.Partitions) > 0 {
			v.w.step(&v.assigns)
		}
	}
}

// settleFollower prepares the log of a replica that becomes a follower. A log without leader epochs
// cannot be compared with the leader's, so only its committed records stay (Kafka's
// AbstractFetcherThread.truncateToHighWatermark). The caller holds mu.
func (p *Partition) settleFollower() replica.Effects {
	if p.log == nil || p.m.opts.Peers == nil {
		return replica.Effects{}
	}
	if _, ok := p.log.LatestEpoch(); ok || p.log.LogEndOffset() <= p.log.HighWatermark() {
		return replica.Effects{}
	}
	return p.truncate(p.log.HighWatermark(), &fetcher.Result{})
}

// topicName returns the name of a topic of this broker for log lines.
func (m *Manager) topicName(id wire.UUID) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if t := m.byID[id]; t != nil {
		return t.name
	}
	return ""
}
