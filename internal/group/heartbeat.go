package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// Heartbeat keeps a member alive. While the partition loads, the answer has no error, as in Kafka,
// so that members do not rejoin without need.
var Heartbeat = API[*protocol.HeartbeatRequest, *protocol.HeartbeatResponse]{
	Key:   func(q *protocol.HeartbeatRequest) string { return q.GroupID },
	Reads: true,
	Check: func(_ shard.Request, q *protocol.HeartbeatRequest) protocol.Error { return checkGroupID(q.GroupID) },
	Decide: func(s *Shard, env shard.Env, _ shard.Request, q *protocol.HeartbeatRequest, to shard.Waiter) shard.Outcome {
		return s.Heartbeat(env.Now, q, to)
	},
	Fail: func(shard.Request, *protocol.HeartbeatRequest) func(protocol.Error) *protocol.HeartbeatResponse {
		return func(err protocol.Error) *protocol.HeartbeatResponse {
			r := protocol.New[protocol.HeartbeatResponse]()
			if err != protocol.ErrCoordinatorLoadInProgress {
				r.ErrorCode = int16(err)
			}
			return r
		}
	},
}

// Heartbeat runs Heartbeat (versions 0-4). During a rebalance the answer is REBALANCE_IN_PROGRESS,
// and the member joins again.
func (s *Shard) Heartbeat(now int64, req *protocol.HeartbeatRequest, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	r := protocol.New[protocol.HeartbeatResponse]()
	r.ErrorCode = int16(s.heartbeat(now, req, &out))
	out.Reply(to, r)
	return out
}

func (s *Shard) heartbeat(now int64, req *protocol.HeartbeatRequest, out *shard.Outcome) protocol.Error {
	if req.GroupID == "" {
		return protocol.ErrInvalidGroupID
	}
	g := s.groups[req.GroupID]
	if g == nil {
		return protocol.ErrUnknownMemberID
	}
	if err := g.validate(req.MemberID, req.GroupInstanceID); err != protocol.ErrNone {
		return err
	}
	if req.GenerationID != g.generation {
		return protocol.ErrIllegalGeneration
	}
	m := g.member(req.MemberID)
	s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), out)
	if g.state == PreparingRebalance {
		return protocol.ErrRebalanceInProgress
	}
	return protocol.ErrNone
}
