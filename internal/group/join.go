package group

import (
	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
)

// JoinGroup takes a member into a group. The answer comes when the rebalance has begun a
// generation.
var JoinGroup = API[*protocol.JoinGroupRequest, *protocol.JoinGroupResponse]{
	Key:   func(q *protocol.JoinGroupRequest) string { return q.GroupID },
	Check: func(_ shard.Request, q *protocol.JoinGroupRequest) protocol.Error { return checkGroupID(q.GroupID) },
	Decide: func(s *Shard, env shard.Env, r shard.Request, q *protocol.JoinGroupRequest, to shard.Waiter) shard.Outcome {
		j := Join{Client: Client{ID: r.ClientID, Host: r.ClientHost}, Version: r.Version, Request: q, To: to}
		if q.MemberID == "" {
			j.MemberUUID = java.FormatUUID(env.UUID())
		}
		return s.Join(env.Now, j)
	},
	Fail: func(r shard.Request, q *protocol.JoinGroupRequest) func(protocol.Error) *protocol.JoinGroupResponse {
		memberID := q.MemberID // a join waits for long, and its request must not stay in memory
		return func(err protocol.Error) *protocol.JoinGroupResponse { return joinError(r.Version, memberID, err) }
	},
}

// Join is one JoinGroup request.
type Join struct {
	Client  Client
	Version int16
	Request *protocol.JoinGroupRequest
	// MemberUUID makes the id of a new member unique. The caller draws it.
	MemberUUID string
	To         shard.Waiter
}

// joinVersionKnownMember is the first version whose new members get their id before they join
// (KIP-394). joinVersionSkip is the first version in which a static leader can skip the assignment
// (KIP-814).
const (
	joinVersionKnownMember  = 4
	joinVersionNullProtocol = 7
	joinVersionSkip         = 9
)

// Join runs JoinGroup (versions 0-9). Source: KIP-62, KIP-345, KIP-394, KIP-814,
// GroupMetadataManager.classicGroupJoin. Most answers come later, when all members have joined.
func (s *Shard) Join(now int64, j Join) shard.Outcome {
	var out shard.Outcome
	req, cfg := j.Request, s.config()
	if req.GroupID == "" {
		j.refuse(&out, req.MemberID, protocol.ErrInvalidGroupID)
		return out
	}
	if req.SessionTimeoutMs < cfg.MinSessionTimeoutMs || req.SessionTimeoutMs > cfg.MaxSessionTimeoutMs {
		j.refuse(&out, req.MemberID, protocol.ErrInvalidSessionTimeout)
		return out
	}
	if sizeOf(req.Protocols) > cfg.MaxRecordBytes {
		j.refuse(&out, req.MemberID, protocol.ErrUnknownServerError)
		return out
	}
	if (req.MemberID == "" || s.groups[req.GroupID] != nil) && !j.storable() {
		j.refuse(&out, req.MemberID, protocol.ErrUnknownServerError)
		return out
	}
	if j.Version == 0 {
		req.RebalanceTimeoutMs = req.SessionTimeoutMs
	}
	f := s.foreign[req.GroupID]
	if f != nil && !f.convertible() {
		j.refuse(&out, "", protocol.ErrInconsistentGroupProtocol)
		return out
	}
	g := s.groups[req.GroupID]
	if g == nil {
		if req.MemberID != "" {
			j.refuse(&out, req.MemberID, protocol.ErrUnknownMemberID)
			return out
		}
		if f != nil {
			f.tombstones(allTypes, &out)
			out.Divisible = true // a group may have thousands of members; the rest of one loads as a smaller one
		}
		g = s.group(req.GroupID, true, now)
		// Kafka stores the empty group first, so that it exists after a failover even when this
		// join fails.
		out.Records = append(out.Records, groupRecord(g, nil))
	}
	switch {
	case !g.hasRoomFor(req.MemberID, cfg.MaxSize):
		g.remove(req.MemberID)
		j.refuse(&out, "", protocol.ErrGroupMaxSizeReached)
	case !g.accepts(req.ProtocolType, req.Protocols):
		j.refuse(&out, req.MemberID, protocol.ErrInconsistentGroupProtocol)
	case req.MemberID == "":
		s.joinNew(now, g, j, &out)
	default:
		s.joinKnown(now, g, j, &out)
	}
	return out
}

// hasRoomFor applies group.max.size. While members rejoin, only the members that have joined count,
// so that a lowered limit refuses the last ones.
func (g *group) hasRoomFor(memberID string, limit int) bool {
	switch g.state {
	case PreparingRebalance:
		m := g.member(memberID)
		return (m != nil && m.join != nil) || g.awaitingJoin < limit
	case CompletingRebalance, Stable:
		return g.member(memberID) != nil || len(g.members) < limit
	default:
		return true
	}
}

// storable reports whether the names of a member fit into the answer and into its group's record.
// They may have become longer by their decoding to UTF-8.
func (j Join) storable() bool {
	longest := max(len(j.Request.GroupID), len(j.Request.ProtocolType), len(j.Client.ID))
	if j.Request.MemberID == "" {
		longest = max(longest, len(j.newMemberID()))
	}
	if j.Request.GroupInstanceID != nil {
		longest = max(longest, len(*j.Request.GroupInstanceID))
	}
	for i := range j.Request.Protocols {
		longest = max(longest, len(j.Request.Protocols[i].Name))
	}
	return longest <= wire.MaxString
}

// newMemberID returns the id for a member without one.
func (j Join) newMemberID() string {
	prefix := j.Client.ID
	if j.Request.GroupInstanceID != nil {
		prefix = *j.Request.GroupInstanceID
	}
	return prefix + "-" + j.MemberUUID
}

// joinNew is a join without member id.
func (s *Shard) joinNew(now int64, g *group, j Join, out *shard.Outcome) {
	id := j.newMemberID()
	if inst := j.Request.GroupInstanceID; inst != nil {
		if old, ok := g.static[*inst]; ok {
			s.replaceStatic(now, g, j, old, id, out)
			return
		}
		s.addMember(now, g, j, id, out)
		return
	}
	if j.Version < joinVersionKnownMember {
		s.addMember(now, g, j, id, out)
		return
	}
	if g.pendingJoin == nil {
		g.pendingJoin = map[string]struct{}{}
	}
	g.pendingJoin[id] = struct{}{}
	out.Set(sessionKey(g.id, id), now+int64(j.Request.SessionTimeoutMs))
	j.refuse(out, id, protocol.ErrMemberIDRequired)
}

// joinKnown is a join with a member id.
func (s *Shard) joinKnown(now int64, g *group, j Join, out *shard.Outcome) {
	req := j.Request
	if _, ok := g.pendingJoin[req.MemberID]; ok && req.GroupInstanceID == nil {
		s.addMember(now, g, j, req.MemberID, out)
		return
	}
	if err := g.validate(req.MemberID, req.GroupInstanceID); err != protocol.ErrNone {
		j.refuse(out, req.MemberID, err)
		return
	}
	m := g.member(req.MemberID)
	same := m.offers(req.Protocols)
	switch {
	case g.state == PreparingRebalance,
		g.state == CompletingRebalance && !same,
		// The leader joins again when a new assignment is needed, for example because a topic has
		// more partitions.
		g.state == Stable && (g.isLeader(m.id) || !same):
		s.updateMember(g, m, j, out)
		s.rebalanceOrCompleteJoin(now, g, "member "+m.id+" joins again", out)
	case g.state == CompletingRebalance:
		// The answer to the first join was lost.
		out.Reply(j.To, g.joinResponse(m, j.Version, g.isLeader(m.id)))
	case g.state == Stable:
		out.Reply(j.To, g.joinResponse(m, j.Version, false))
	default:
		j.refuse(out, req.MemberID, protocol.ErrUnknownMemberID)
	}
}

// addMember adds a new member. Its answer waits for the end of the rebalance.
func (s *Shard) addMember(now int64, g *group, j Join, id string, out *shard.Outcome) {
	req := j.Request
	m := &member{
		id: id, instanceID: req.GroupInstanceID, client: j.Client, rebalanceTimeoutMs: req.RebalanceTimeoutMs,
		sessionTimeoutMs: req.SessionTimeoutMs, protocolType: req.ProtocolType, protocols: copyProtocols(req.Protocols),
		join: j.To, joinVersion: j.Version, isNew: true,
	}
	if g.state == PreparingRebalance && g.previous == Empty {
		g.newMember = true
	}
	g.add(m)
	noteMember(g, m, "member joins the group", strOrEmpty(req.Reason), out)
	s.keepAlive(now, g, m, newMemberJoinTimeoutMs, out)
	s.rebalanceOrCompleteJoin(now, g, "member "+m.id+" joins", out)
}

// updateMember takes over the member's new protocols and time-outs and keeps its join waiting.
func (s *Shard) updateMember(g *group, m *member, j Join, out *shard.Outcome) {
	g.countSupport(m, -1)
	m.protocols = copyProtocols(j.Request.Protocols)
	g.countSupport(m, 1)
	m.rebalanceTimeoutMs, m.sessionTimeoutMs = j.Request.RebalanceTimeoutMs, j.Request.SessionTimeoutMs
	if m.join != nil {
		// The same member joined twice, and only the later request can be answered. Kafka leaves
		// the earlier one without an answer.
		s.answerJoin(g, m, joinError(m.joinVersion, m.id, protocol.ErrRebalanceInProgress), out)
	}
	m.join, m.joinVersion = j.To, j.Version
	g.awaitingJoin++
}

// refuse answers a join with an error.
func (j Join) refuse(out *shard.Outcome, memberID string, err protocol.Error) {
	out.Reply(j.To, joinError(j.Version, memberID, err))
}

// joinError makes the JoinGroup answer that carries only an error.
func joinError(version int16, memberID string, err protocol.Error) *protocol.JoinGroupResponse {
	r := protocol.New[protocol.JoinGroupResponse]()
	r.ErrorCode, r.MemberID = int16(err), memberID
	if version >= joinVersionNullProtocol {
		r.ProtocolName = nil
	}
	return r
}

// joinResponse is the answer to a member of the current generation; the leader
// gets the members with their metadata.
func (g *group) joinResponse(m *member, version int16, withMembers bool) *protocol.JoinGroupResponse {
	r := protocol.New[protocol.JoinGroupResponse]()
	r.GenerationID, r.Leader, r.MemberID = g.generation, g.leader, m.id
	r.ProtocolType, r.ProtocolName = g.protocolTypePtr(), g.protocol
	switch {
	case r.ProtocolName == nil && version < joinVersionNullProtocol:
		r.ProtocolName = new(string)
	case r.ProtocolName != nil && *r.ProtocolName == "" && version >= joinVersionNullProtocol:
		r.ProtocolName = nil // as in Kafka
	}
	if withMembers {
		r.Members = make([]protocol.JoinGroupResponseResponseMember, len(g.members))
		for i, o := range g.members {
			r.Members[i] = protocol.JoinGroupResponseResponseMember{
				MemberID: o.id, GroupInstanceID: o.instanceID, Metadata: o.metadata(g.protocol),
			}
		}
	}
	return r
}

// answerJoin ends a parked join, if there is one.
func (s *Shard) answerJoin(g *group, m *member, r *protocol.JoinGroupResponse, out *shard.Outcome) {
	if m.join == nil {
		return
	}
	out.Reply(m.join, r)
	m.join = nil
	g.awaitingJoin--
}
