package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// rebalanceOrCompleteJoin begins a rebalance, or ends the join phase of the current one when all
// members have joined.
func (s *Shard) rebalanceOrCompleteJoin(now int64, g *group, reason string, out *shard.Outcome) {
	if g.canRebalance() {
		s.prepareRebalance(now, g, reason, out)
		return
	}
	s.maybeCompleteJoin(now, g, out)
}

// prepareRebalance makes all members join again. The first rebalance of an empty group waits
// group.initial.rebalance.delay.ms for more members. reason is for the log.
func (s *Shard) prepareRebalance(now int64, g *group, reason string, out *shard.Outcome) {
	noteRebalance(g, reason, out)
	if g.state == CompletingRebalance {
		s.dropAssignment(now, g, protocol.ErrRebalanceInProgress, out)
	}
	clear(g.pendingSync)
	out.Cancel(syncKey(g.id))
	initial := g.state == Empty
	s.transition(now, g, PreparingRebalance)
	g.initialDelay = initial
	if initial {
		delay := s.config().InitialRebalanceDelayMs
		g.joinDelayMs, g.joinRemainingMs = delay, max(g.rebalanceTimeoutMs()-delay, 0)
		out.Set(joinKey(g.id), now+delay)
		return
	}
	if g.allJoined() {
		s.completeJoin(now, g, out)
		return
	}
	out.Set(joinKey(g.id), now+g.rebalanceTimeoutMs())
}

// maybeCompleteJoin ends the join phase when all members have joined, except during the initial
// delay.
func (s *Shard) maybeCompleteJoin(now int64, g *group, out *shard.Outcome) {
	if g.state == PreparingRebalance && g.previous != Empty && g.allJoined() {
		s.completeJoin(now, g, out)
	}
}

// joinTimeUp runs when the join timer is due.
func (s *Shard) joinTimeUp(now int64, g *group, out *shard.Outcome) {
	if g.state != PreparingRebalance {
		return
	}
	if g.initialDelay && g.newMember && g.joinRemainingMs != 0 {
		// A member joined during the delay: wait as long again, up to the rebalance timeout.
		g.newMember = false
		delay := min(s.config().InitialRebalanceDelayMs, g.joinRemainingMs)
		g.joinRemainingMs = max(g.joinRemainingMs-g.joinDelayMs, 0)
		g.joinDelayMs = delay
		out.Set(joinKey(g.id), now+delay)
		return
	}
	s.completeJoin(now, g, out)
}

// completeJoin begins the next generation with the members that joined. Dynamic members that did
// not join are removed. Static ones stay until their session ends.
func (s *Shard) completeJoin(now int64, g *group, out *shard.Outcome) {
	out.Cancel(joinKey(g.id))
	g.initialDelay, g.newMember = false, false
	for _, m := range append([]*member(nil), g.members...) {
		if m.join == nil && m.instanceID == nil {
			noteMember(g, m, "member is removed from the group", "it did not join the rebalance in time", out)
			g.remove(m.id)
			s.endSession(g, m, out)
		}
	}
	if len(g.members) > 0 && !g.electJoinedLeader() {
		// Only static members are left, and none has joined: wait for them, or for the ends of
		// their sessions.
		out.Set(joinKey(g.id), now+g.rebalanceTimeoutMs())
		return
	}
	g.generation++
	g.pendingSync = map[string]struct{}{}
	if len(g.members) == 0 {
		g.protocol = nil
		g.computeSubscribed()
		s.transition(now, g, Empty)
		noteGeneration(g, out)
		out.Records = append(out.Records, groupRecord(g, nil))
		return
	}
	selected := g.selectProtocol()
	g.protocol = &selected
	noteGeneration(g, out)
	g.computeSubscribed()
	s.transition(now, g, CompletingRebalance)
	for _, m := range g.members {
		s.answerJoin(g, m, g.joinResponse(m, m.joinVersion, g.isLeader(m.id)), out)
		m.isNew = false
		s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
		g.pendingSync[m.id] = struct{}{}
	}
	out.Set(syncKey(g.id), now+g.rebalanceTimeoutMs())
}

// dropAssignment removes the assignment of this generation and answers the members that wait for
// it.
func (s *Shard) dropAssignment(now int64, g *group, err protocol.Error, out *shard.Outcome) {
	for _, m := range g.members {
		m.assignment = nil
		if m.sync != nil {
			s.answerSync(m, syncError(err), out)
			s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
		}
	}
}
