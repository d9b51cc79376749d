package group

import (
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// syncVersionProtocol is the first version that must name the protocol (KIP-559).
const syncVersionProtocol = 5

// SyncGroup gives a member its assignment. The answer comes when the leader's assignment is stored.
var SyncGroup = API[*protocol.SyncGroupRequest, *protocol.SyncGroupResponse]{
	Key:   func(q *protocol.SyncGroupRequest) string { return q.GroupID },
	Check: func(r shard.Request, q *protocol.SyncGroupRequest) protocol.Error { return checkSync(r.Version, q) },
	Decide: func(s *Shard, env shard.Env, _ shard.Request, q *protocol.SyncGroupRequest, to shard.Waiter) shard.Outcome {
		return s.Sync(env.Now, q, to)
	},
	Fail: func(shard.Request, *protocol.SyncGroupRequest) func(protocol.Error) *protocol.SyncGroupResponse {
		return syncError
	},
}

// Sync runs SyncGroup (versions 0-5) after checkSync. Members wait for the leader's assignment.
// Their answers leave when the assignment is committed. Source:
// GroupMetadataManager.classicGroupSync.
func (s *Shard) Sync(now int64, req *protocol.SyncGroupRequest, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	g, err := s.validateSync(req)
	if err != protocol.ErrNone {
		out.Reply(to, syncError(err))
		return out
	}
	m := g.member(req.MemberID)
	switch g.state {
	case PreparingRebalance:
		out.Reply(to, syncError(protocol.ErrRebalanceInProgress))
	case Stable:
		s.synced(g, m, &out)
		s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), &out)
		out.Reply(to, g.syncResponse(m))
	case CompletingRebalance:
		s.answerSync(m, syncError(protocol.ErrRebalanceInProgress), &out) // the same member synced twice
		m.sync = to
		s.synced(g, m, &out)
		if g.isLeader(m.id) {
			s.storeAssignment(now, g, req, &out)
		}
	default:
		out.Reply(to, syncError(protocol.ErrUnknownMemberID))
	}
	return out
}

// checkSync checks what does not depend on the group.
func checkSync(version int16, req *protocol.SyncGroupRequest) protocol.Error {
	switch {
	case version >= syncVersionProtocol && (req.ProtocolType == nil || req.ProtocolName == nil):
		return protocol.ErrInconsistentGroupProtocol
	case req.GroupID == "":
		return protocol.ErrInvalidGroupID
	}
	return protocol.ErrNone
}

func (s *Shard) validateSync(req *protocol.SyncGroupRequest) (*group, protocol.Error) {
	g := s.groups[req.GroupID]
	if g == nil || g.state == Empty {
		return nil, protocol.ErrUnknownMemberID
	}
	if err := g.validate(req.MemberID, req.GroupInstanceID); err != protocol.ErrNone {
		return nil, err
	}
	switch {
	case req.GenerationID != g.generation:
		return nil, protocol.ErrIllegalGeneration
	case req.ProtocolType != nil && g.protocolType != "" && *req.ProtocolType != g.protocolType,
		req.ProtocolName != nil && g.protocol != nil && *req.ProtocolName != *g.protocol:
		return nil, protocol.ErrInconsistentGroupProtocol
	}
	return g, protocol.ErrNone
}

// synced records that a member sent its SyncGroup.
func (s *Shard) synced(g *group, m *member, out *shard.Outcome) {
	delete(g.pendingSync, m.id)
	if len(g.pendingSync) == 0 {
		out.Cancel(syncKey(g.id))
	}
}

// storeAssignment stores the generation with the leader's assignment and answers the members that
// wait for it. A member that the leader left out gets an empty assignment.
func (s *Shard) storeAssignment(now int64, g *group, req *protocol.SyncGroupRequest, out *shard.Outcome) {
	assignment := make(map[string][]byte, len(req.Assignments))
	for _, a := range req.Assignments {
		assignment[a.MemberID] = slices.Clone(a.Assignment)
	}
	r := groupRecord(g, assignment)
	if !s.fits(r) {
		s.dropAssignment(now, g, protocol.ErrUnknownServerError, out)
		s.rebalanceOrCompleteJoin(now, g, "the assignment is larger than a record of the topic may be", out)
		return
	}
	out.Records = append(out.Records, r)
	for _, m := range g.members {
		m.assignment = assignment[m.id]
		if m.sync != nil {
			s.answerSync(m, g.syncResponse(m), out)
			s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
		}
	}
	s.transition(now, g, Stable)
	s.counts.Rebalances++
	noteAssignment(g, out)
}

// fits reports whether these records can be encoded, and a batch of the partition can hold them.
func (s *Shard) fits(rs ...shard.Record) bool {
	return shard.Encoded(rs) == nil && shard.SizeOf(rs) <= s.config().MaxRecordBytes
}

// syncTimeUp removes the members that joined this generation and never synced.
func (s *Shard) syncTimeUp(now int64, g *group, out *shard.Outcome) {
	if !g.is(CompletingRebalance, Stable) || len(g.pendingSync) == 0 {
		return
	}
	for _, m := range append([]*member(nil), g.members...) {
		if _, ok := g.pendingSync[m.id]; ok {
			noteMember(g, m, "member is removed from the group", "it sent no SyncGroup in time", out)
			s.dismiss(g, m, out)
		}
	}
	s.prepareRebalance(now, g, "members sent no SyncGroup in time", out)
}

func (g *group) syncResponse(m *member) *protocol.SyncGroupResponse {
	r := protocol.New[protocol.SyncGroupResponse]()
	r.ProtocolType, r.ProtocolName, r.Assignment = g.protocolTypePtr(), g.protocol, m.assignment
	return r
}

func syncError(err protocol.Error) *protocol.SyncGroupResponse {
	r := protocol.New[protocol.SyncGroupResponse]()
	r.ErrorCode = int16(err)
	return r
}

func (s *Shard) answerSync(m *member, r *protocol.SyncGroupResponse, out *shard.Outcome) {
	if m.sync != nil {
		out.Reply(m.sync, r)
		m.sync = nil
	}
}
