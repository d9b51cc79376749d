package group

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// expireOffsets deletes offsets past offsets.retention.minutes and then groups that
// are empty and have none (KIP-211). It runs as a barrier.
//
// Counted from: when the group became empty, for a group that had members; the
// commit, for a simple group, and for topics that a stable group of consumers no
// longer subscribes to; the time the client asked for, where it did (old versions).
func (s *Shard) expireOffsets(now int64, out *shard.Outcome) {
	retention := s.config().OffsetsRetentionMs
	out.Divisible = true
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[id]
		all := s.expireGroup(now, retention, g, out)
		if all && g.state == Empty && len(g.pendingJoin) == 0 && !s.inTransaction(id) {
			s.deleteGroup(g, out)
		}
	}
}

// expireGroup adds tombstones for expired offsets and reports whether none is left.
func (s *Shard) expireGroup(now, retention int64, g *group, out *shard.Outcome) bool {
	offsets := s.offsets[g.id]
	if len(offsets) == 0 {
		return true
	}
	since, ok := g.expiryBase()
	if !ok {
		return false
	}
	all := true
	for _, topic := range slices.Sorted(maps.Keys(offsets)) {
		if g.subscribedTo(topic) {
			all = false
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(offsets[topic])) {
			c := offsets[topic][p]
			expired := now-since(c) >= retention
			if c.expireAt >= 0 {
				expired = now >= c.expireAt
			}
			if !expired || s.unstable(g.id, topic, p) {
				all = false
				continue
			}
			out.Records = append(out.Records, offsetTombstone(g.id, topic, p))
			s.counts.Expired++
		}
	}
	return all
}

// expiryBase gives what retention is counted from; false when nothing expires now.
func (g *group) expiryBase() (func(committed) int64, bool) {
	commit := func(c committed) int64 { return c.committedAt }
	switch {
	case g.protocolType == "":
		return commit, true
	case g.state == Empty:
		if g.stateSince < 0 {
			return commit, true
		}
		return func(committed) int64 { return g.stateSince }, true
	case g.state == Stable && g.protocolType == consumerProtocol && g.subscribedKnown:
		return commit, true
	default:
		return nil, false
	}
}

// deleteGroup adds the tombstone of an empty group whose offsets are, or are being,
// deleted. Until it is committed the group is Dead, so that nobody joins what is
// about to vanish; if it fails, the group is as before.
func (s *Shard) deleteGroup(g *group, out *shard.Outcome) {
	since := g.stateSince
	s.transition(since, g, Dead)
	out.Records = append(out.Records, groupTombstone(g.id))
	out.Merge(shard.Outcome{Then: func(now int64, err protocol.Error) shard.Outcome {
		if err != protocol.ErrNone && s.groups[g.id] == g {
			s.transition(since, g, Empty)
		}
		return shard.Outcome{}
	}})
}
