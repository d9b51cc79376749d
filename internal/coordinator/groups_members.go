package coordinator

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// JoinGroup answers when the rebalance has begun a generation.
func (g *Groups) JoinGroup(c group.Client, version int16, req *protocol.JoinGroupRequest, done func(*protocol.JoinGroupResponse)) {
	// It may wait for long, and must not keep the request and its frame for that.
	memberID := req.MemberID
	to := &waiter[protocol.JoinGroupResponse]{done, func(err protocol.Error) *protocol.JoinGroupResponse {
		return group.JoinError(version, memberID, err)
	}}
	if req.GroupID == "" {
		to.Fail(protocol.ErrInvalidGroupID)
		return
	}
	j := group.Join{Client: c, Version: version, Request: req, To: to}
	g.submit(req.GroupID, to, func(s *group.Shard, env shard.Env) shard.Outcome {
		if memberID == "" {
			j.MemberUUID = java.FormatUUID(env.UUID())
		}
		return s.Join(env.Now, j)
	})
}

// SyncGroup answers when the leader's assignment is stored.
func (g *Groups) SyncGroup(version int16, req *protocol.SyncGroupRequest, done func(*protocol.SyncGroupResponse)) {
	to := &waiter[protocol.SyncGroupResponse]{done, func(err protocol.Error) *protocol.SyncGroupResponse {
		r := protocol.New[protocol.SyncGroupResponse]()
		r.ErrorCode = int16(err)
		return r
	}}
	if err := group.CheckSync(version, req); err != protocol.ErrNone {
		to.Fail(err)
		return
	}
	g.submit(req.GroupID, to, func(s *group.Shard, env shard.Env) shard.Outcome { return s.Sync(env.Now, req, to) })
}

// Heartbeat answers at once. While the partition loads, it answers as if all were
// well, as Kafka does, so that members do not rejoin for nothing.
func (g *Groups) Heartbeat(req *protocol.HeartbeatRequest, done func(*protocol.HeartbeatResponse)) {
	to := &waiter[protocol.HeartbeatResponse]{done, func(err protocol.Error) *protocol.HeartbeatResponse {
		r := protocol.New[protocol.HeartbeatResponse]()
		if err != protocol.ErrCoordinatorLoadInProgress {
			r.ErrorCode = int16(err)
		}
		return r
	}}
	if req.GroupID == "" {
		to.Fail(protocol.ErrInvalidGroupID)
		return
	}
	g.submit(req.GroupID, to, func(s *group.Shard, env shard.Env) shard.Outcome { return s.Heartbeat(env.Now, req, to) })
}

// LeaveGroup answers when what it changed is stored.
func (g *Groups) LeaveGroup(version int16, req *protocol.LeaveGroupRequest, done func(*protocol.LeaveGroupResponse)) {
	to := &waiter[protocol.LeaveGroupResponse]{done, func(err protocol.Error) *protocol.LeaveGroupResponse {
		r := protocol.New[protocol.LeaveGroupResponse]()
		r.ErrorCode = int16(err)
		return r
	}}
	if req.GroupID == "" {
		to.Fail(protocol.ErrInvalidGroupID)
		return
	}
	g.submit(req.GroupID, to, func(s *group.Shard, env shard.Env) shard.Outcome { return s.Leave(env.Now, version, req, to) })
}
