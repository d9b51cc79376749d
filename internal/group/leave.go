package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// leaveVersionBatch is the first version that names several members (KIP-345).
const leaveVersionBatch = 3

// LeaveGroup removes members.
var LeaveGroup = API[*protocol.LeaveGroupRequest, *protocol.LeaveGroupResponse]{
	Key:   func(q *protocol.LeaveGroupRequest) string { return q.GroupID },
	Check: func(_ shard.Request, q *protocol.LeaveGroupRequest) protocol.Error { return checkGroupID(q.GroupID) },
	Decide: func(s *Shard, env shard.Env, r shard.Request, q *protocol.LeaveGroupRequest, to shard.Waiter) shard.Outcome {
		return s.Leave(env.Now, r.Version, q, to)
	},
	Fail: func(shard.Request, *protocol.LeaveGroupRequest) func(protocol.Error) *protocol.LeaveGroupResponse {
		return func(err protocol.Error) *protocol.LeaveGroupResponse {
			r := protocol.New[protocol.LeaveGroupResponse]()
			r.ErrorCode = int16(err)
			return r
		}
	},
}

// Leave runs LeaveGroup (versions 0-5). A static member may be named by its
// instance id alone, which is how an administrator removes it (KIP-571).
func (s *Shard) Leave(now int64, version int16, req *protocol.LeaveGroupRequest, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	members := req.Members
	if version < leaveVersionBatch {
		members = []protocol.LeaveGroupRequestMemberIdentity{{MemberID: req.MemberID}}
	}
	r := protocol.New[protocol.LeaveGroupResponse]()
	g := s.groups[req.GroupID]
	switch {
	case req.GroupID == "":
		r.ErrorCode = int16(protocol.ErrInvalidGroupID)
	default:
		s.leave(now, g, version, members, r, &out)
	}
	out.Reply(to, r)
	return out
}

func (s *Shard) leave(now int64, g *group, version int16, members []protocol.LeaveGroupRequestMemberIdentity, r *protocol.LeaveGroupResponse, out *shard.Outcome) {
	left, leaver := false, ""
	for _, m := range members {
		err := protocol.ErrUnknownMemberID
		if g != nil {
			err = s.leaveOne(g, m, out)
			if err == protocol.ErrNone {
				leaver = m.MemberID
				if leaver == "" {
					leaver = strOrEmpty(m.GroupInstanceID)
				}
			}
		}
		left = left || err == protocol.ErrNone
		if version < leaveVersionBatch {
			r.ErrorCode = int16(err)
			continue
		}
		r.Members = append(r.Members, protocol.LeaveGroupResponseMemberResponse{
			MemberID: m.MemberID, GroupInstanceID: m.GroupInstanceID, ErrorCode: int16(err),
		})
	}
	if !left {
		return
	}
	switch g.state {
	case Stable, CompletingRebalance:
		s.prepareRebalance(now, g, "member "+leaver+" leaves", out)
	case PreparingRebalance:
		s.maybeCompleteJoin(now, g, out)
	}
}

func (s *Shard) leaveOne(g *group, m protocol.LeaveGroupRequestMemberIdentity, out *shard.Outcome) protocol.Error {
	if m.MemberID == "" {
		if m.GroupInstanceID == nil {
			return protocol.ErrUnknownMemberID
		}
		id, ok := g.static[*m.GroupInstanceID]
		if !ok {
			return protocol.ErrUnknownMemberID
		}
		noteMember(g, g.member(id), "member leaves the group", strOrEmpty(m.Reason), out)
		s.dismiss(g, g.member(id), out)
		return protocol.ErrNone
	}
	if _, ok := g.pendingJoin[m.MemberID]; ok {
		g.remove(m.MemberID)
		out.Cancel(sessionKey(g.id, m.MemberID))
		return protocol.ErrNone
	}
	if err := g.validate(m.MemberID, m.GroupInstanceID); err != protocol.ErrNone {
		return err
	}
	noteMember(g, g.member(m.MemberID), "member leaves the group", strOrEmpty(m.Reason), out)
	s.dismiss(g, g.member(m.MemberID), out)
	return protocol.ErrNone
}
