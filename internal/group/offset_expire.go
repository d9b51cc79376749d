package group

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/shard"
)

// expireOffsets deletes offsets that are older than offsets.retention.minutes, and then groups that
// are empty and have no offsets (KIP-211).
//
// The retention time of a group that had members starts when the group became empty. It starts at
// the commit for a simple group, and for topics that a stable group of consumers no longer
// subscribes to. Old versions of OffsetCommit set the time of expiry themselves.
func (s *Shard) expireOffsets(now int64, out *shard.Outcome) {
	retention := s.config().OffsetsRetentionMs
	out.Divisible = true
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[id]
		all := s.expireGroup(now, retention, g, out)
		if all && g.state == Empty && len(g.pendingJoin) == 0 && !s.inTransaction(id) {
			out.Records = append(out.Records, groupTombstone(id))
		}
	}
	s.expireForeign(now, retention, out)
}

// expireForeign expires the offsets of consumer and streams groups from their commits on, as Kafka
// does (ConsumerGroup.offsetExpirationCondition), and deletes groups that are empty and have no
// offsets. In Kafka live members keep the offsets of their topics, so the retention begins no
// earlier than the load or the removal of the members. Share groups have no offsets here, and Kafka
// never expires them.
func (s *Shard) expireForeign(now, retention int64, out *shard.Outcome) {
	for _, id := range slices.Sorted(maps.Keys(s.foreign)) {
		f := s.foreign[id]
		if !f.convertible() || f.members > 0 || now-f.since < retention {
			continue
		}
		simple := &group{id: id}
		if s.expireGroup(now, retention, simple, out) && !s.inTransaction(id) {
			f.tombstones(allTypes, out)
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

// expiryBase returns the start of the retention time of an offset, or false when nothing expires
// now.
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
