package group

import (
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// replaceStatic lets a static member come back without its member id. It takes the place of its
// former member id, which is fenced. A stable group does not rebalance, unless it would select
// another protocol now (KIP-345, KIP-814).
func (s *Shard) replaceStatic(now int64, g *group, j Join, oldID, newID string, out *shard.Outcome) {
	leaderBefore := g.leader
	m := s.swapStatic(g, g.member(oldID), newID, out)
	noteMember(g, m, "static member comes back to the group", "it replaces member "+oldID, out)
	s.updateMember(g, m, j, out)
	out.Cancel(sessionKey(g.id, oldID))
	m.armed = 0
	s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
	switch g.state {
	case Stable:
		if g.protocol != nil && *g.protocol == g.selectProtocol() {
			s.storeReplaced(now, g, j, m, leaderBefore, out)
			return
		}
		s.rebalanceOrCompleteJoin(now, g, "static member "+m.id+" came back, and the group selects another protocol", out)
	case CompletingRebalance:
		// The leader may be assigning to the old id already.
		s.prepareRebalance(now, g, "static member "+m.id+" came back", out)
	default:
		s.maybeCompleteJoin(now, g, out)
	}
}

// swapStatic gives a static member another id and answers the requests of the former id.
func (s *Shard) swapStatic(g *group, m *member, newID string, out *shard.Outcome) *member {
	s.answerJoin(g, m, joinError(m.joinVersion, m.id, protocol.ErrFencedInstanceID), out)
	s.answerSync(m, syncError(protocol.ErrFencedInstanceID), out)
	oldID := m.id
	delete(g.byID, oldID)
	n := *m
	n.id = newID
	n.isNew = false
	g.byID[newID] = &n
	g.members[slices.Index(g.members, m)] = &n
	g.static[*n.instanceID] = newID
	if g.isLeader(oldID) {
		g.leader = newID
	}
	if _, ok := g.pendingSync[oldID]; ok {
		delete(g.pendingSync, oldID)
		g.pendingSync[newID] = struct{}{}
	}
	return &n
}

// storeReplaced stores the group with the new member id and answers the member.
func (s *Shard) storeReplaced(now int64, g *group, j Join, m *member, leaderBefore string, out *shard.Outcome) {
	r := groupRecord(g, nil)
	if !s.fits(r) {
		s.rebalanceOrCompleteJoin(now, g, "static member "+m.id+" came back, and the group is larger than a record of the topic may be", out)
		return
	}
	out.Records = append(out.Records, r)
	answer := g.joinResponse(m, j.Version, false)
	if j.Version >= joinVersionSkip {
		leads := g.isLeader(m.id)
		answer = g.joinResponse(m, j.Version, leads)
		answer.SkipAssignment = leads
	} else {
		// Old clients cannot skip the assignment. With the former leader's id in the answer, this
		// member does not assign, and the group does not change.
		answer.Leader = leaderBefore
	}
	s.answerJoin(g, m, answer, out)
}
