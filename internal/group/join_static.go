package group

import (
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// replaceStatic is a static member that comes back without its member id: it takes
// the place of its former self, which is fenced. In a stable group nobody else
// notices, unless another protocol would be selected now (KIP-345, KIP-814).
func (s *Shard) replaceStatic(now int64, g *group, j Join, oldID, newID string, out *shard.Outcome) {
	leaderBefore := g.leader
	old := g.member(oldID)
	before := *old
	m := s.swapStatic(g, old, newID, out)
	s.updateMember(g, m, j, out)
	out.Cancel(sessionKey(g.id, oldID))
	m.armed = 0
	s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
	switch g.state {
	case Stable:
		if g.protocol != nil && *g.protocol == g.selectProtocol() {
			s.storeReplaced(g, j, m, before, leaderBefore, out)
			return
		}
		s.rebalanceOrCompleteJoin(now, g, out)
	case CompletingRebalance:
		// The leader may be assigning to the old id already.
		s.prepareRebalance(now, g, out)
	default:
		s.maybeCompleteJoin(now, g, out)
	}
}

// swapStatic gives a static member another id and answers its former self.
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

// storeReplaced stores the group with the new member id and then answers; when
// that fails the former id is put back.
func (s *Shard) storeReplaced(g *group, j Join, m *member, before member, leaderBefore string, out *shard.Outcome) {
	id := m.id
	out.Records = append(out.Records, groupRecord(g, nil))
	out.Then = func(now int64, err protocol.Error) shard.Outcome {
		var out shard.Outcome
		cur := g.member(id)
		if s.groups[g.id] != g || cur == nil || cur.join != j.To {
			return out // answered on another way meanwhile
		}
		if err == protocol.ErrNone {
			r := g.joinResponse(cur, j.Version, false)
			if j.Version >= joinVersionSkip {
				leads := g.isLeader(id)
				r = g.joinResponse(cur, j.Version, leads)
				r.SkipAssignment = leads
			} else {
				// Old clients cannot skip the assignment: naming the former leader keeps
				// this one from assigning, and the group stays as it is.
				r.Leader = leaderBefore
			}
			s.answerJoin(g, cur, r, &out)
			return out
		}
		s.answerJoin(g, cur, joinError(j.Version, "", storeError(err)), &out)
		if g.state == Stable {
			back := s.swapStatic(g, cur, before.id, &out)
			g.countSupport(back, -1)
			back.protocols = before.protocols
			g.countSupport(back, 1)
			back.rebalanceTimeoutMs, back.sessionTimeoutMs = before.rebalanceTimeoutMs, before.sessionTimeoutMs
			out.Cancel(sessionKey(g.id, id))
			back.armed = 0
			s.keepAlive(now, g, back, int64(back.sessionTimeoutMs), &out)
		}
		return out
	}
}

// storeError maps the error of storing a group to the member's answer
// (Kafka: appendGroupMetadataErrorToResponseError).
func storeError(err protocol.Error) protocol.Error {
	switch err {
	case protocol.ErrUnknownTopicOrPartition, protocol.ErrNotEnoughReplicas, protocol.ErrRequestTimedOut:
		return protocol.ErrCoordinatorNotAvailable
	case protocol.ErrNotLeaderOrFollower, protocol.ErrKafkaStorageError:
		return protocol.ErrNotCoordinator
	case protocol.ErrMessageTooLarge, protocol.ErrRecordListTooLarge, protocol.ErrInvalidFetchSize:
		return protocol.ErrUnknownServerError
	default:
		return err
	}
}
