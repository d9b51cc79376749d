package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// keepAlive lets a member's session last for another timeoutMs.
func (s *Shard) keepAlive(now int64, g *group, m *member, timeoutMs int64, out *shard.Outcome) {
	m.deadline = now + timeoutMs
	if m.armed == 0 || m.armed > m.deadline {
		m.armed = m.deadline
		out.Set(sessionKey(g.id, m.id), m.armed)
	}
}

// ClockMoved implements shard.ClockFollower.
func (s *Shard) ClockMoved(by int64) {
	for _, g := range s.groups { // any order: each has its own
		for _, m := range g.members {
			m.deadline += by
			if m.armed != 0 {
				m.armed += by
			}
		}
	}
}

func (s *Shard) endSession(g *group, m *member, out *shard.Outcome) {
	m.armed = 0
	out.Cancel(sessionKey(g.id, m.id))
}

// sessionFired runs when the session timer of a member, or of an id without a member, is due.
func (s *Shard) sessionFired(now int64, g *group, memberID string, out *shard.Outcome) {
	if _, ok := g.pendingJoin[memberID]; ok {
		g.remove(memberID)
		s.completeJoinIfAll(now, g, out)
		return
	}
	m := g.member(memberID)
	if m == nil {
		return
	}
	m.armed = 0
	switch {
	case now < m.deadline:
		m.armed = m.deadline
		out.Set(sessionKey(g.id, m.id), m.armed)
	case !m.satisfied():
		s.removeMember(now, g, m, out)
	}
	// A member that waits for the coordinator gets a new session with its answer.
}

// removeMember removes a member whose session ended. The answer to its waiting join is
// UNKNOWN_MEMBER_ID, so that a client which still exists joins with a new id.
func (s *Shard) removeMember(now int64, g *group, m *member, out *shard.Outcome) {
	noteMember(g, m, "member is removed from the group", "its session has ended without a heartbeat", out)
	s.dismiss(g, m, out)
	switch g.state {
	case Stable, CompletingRebalance:
		s.prepareRebalance(now, g, "the session of member "+m.id+" has ended", out)
	case PreparingRebalance:
		s.completeJoinIfAll(now, g, out)
	}
}

// dismiss removes a member and answers its waiting requests.
func (s *Shard) dismiss(g *group, m *member, out *shard.Outcome) {
	s.answerJoin(g, m, joinError(m.joinVersion, "", protocol.ErrUnknownMemberID), out)
	s.answerSync(m, syncError(protocol.ErrUnknownMemberID), out)
	s.endSession(g, m, out)
	g.remove(m.id)
}

// completeJoinIfAll also ends the initial delay when all members have joined.
func (s *Shard) completeJoinIfAll(now int64, g *group, out *shard.Outcome) {
	if g.state == PreparingRebalance && g.allJoined() {
		s.completeJoin(now, g, out)
	}
}
