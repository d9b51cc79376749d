package coordinator

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// CommitOffsets answers when the offsets are stored. Topics carry names, and ids
// where there are any, in every version.
func (g *Groups) CommitOffsets(version int16, req *protocol.OffsetCommitRequest, done func(*protocol.OffsetCommitResponse)) {
	to := &waiter[protocol.OffsetCommitResponse]{done, func(err protocol.Error) *protocol.OffsetCommitResponse {
		return group.CommitError(req, err)
	}}
	g.submit(req.GroupID, to, func(s *group.Shard, env shard.Env) shard.Outcome {
		return s.CommitOffsets(env.Now, version, req, to)
	})
}

// FetchOffsets answers for one group.
func (g *Groups) FetchOffsets(requireStable bool, req *protocol.OffsetFetchRequestRequestGroup, done func(*protocol.OffsetFetchResponseResponseGroup)) {
	to := &waiter[protocol.OffsetFetchResponseResponseGroup]{done, func(err protocol.Error) *protocol.OffsetFetchResponseResponseGroup {
		return &protocol.OffsetFetchResponseResponseGroup{GroupID: req.GroupID, ErrorCode: int16(err)}
	}}
	g.submit(req.GroupID, to, func(s *group.Shard, _ shard.Env) shard.Outcome {
		return s.FetchOffsets(requireStable, req, to)
	})
}

// DeleteOffsets answers when the offsets are gone.
func (g *Groups) DeleteOffsets(req *protocol.OffsetDeleteRequest, done func(*protocol.OffsetDeleteResponse)) {
	to := &waiter[protocol.OffsetDeleteResponse]{done, func(err protocol.Error) *protocol.OffsetDeleteResponse {
		r := protocol.New[protocol.OffsetDeleteResponse]()
		r.ErrorCode = int16(err)
		return r
	}}
	if req.GroupID == "" {
		to.Fail(protocol.ErrInvalidGroupID)
		return
	}
	g.submit(req.GroupID, to, func(s *group.Shard, _ shard.Env) shard.Outcome { return s.DeleteOffsets(req, to) })
}

// TopicsDeleted drops the offsets of deleted topics, in every partition owned here.
func (g *Groups) TopicsDeleted(names []string) {
	if len(names) == 0 {
		return
	}
	topics := map[string]bool{}
	for _, n := range names {
		topics[n] = true
	}
	for _, p := range g.rt.Partitions() {
		g.rt.Submit(p, Command[*group.Shard]{Decide: func(s *group.Shard, _ shard.Env) shard.Outcome {
			return s.DeleteTopics(topics)
		}})
	}
}
