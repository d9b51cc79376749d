package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// OffsetDelete deletes offsets.
var OffsetDelete = API[*protocol.OffsetDeleteRequest, *protocol.OffsetDeleteResponse]{
	Key:   func(q *protocol.OffsetDeleteRequest) string { return q.GroupID },
	Check: func(_ shard.Request, q *protocol.OffsetDeleteRequest) protocol.Error { return checkGroupID(q.GroupID) },
	Decide: func(s *Shard, _ shard.Env, _ shard.Request, q *protocol.OffsetDeleteRequest, to shard.Waiter) shard.Outcome {
		return s.DeleteOffsets(q, to)
	},
	Fail: func(shard.Request, *protocol.OffsetDeleteRequest) func(protocol.Error) *protocol.OffsetDeleteResponse {
		return func(err protocol.Error) *protocol.OffsetDeleteResponse {
			r := protocol.New[protocol.OffsetDeleteResponse]()
			r.ErrorCode = int16(err)
			return r
		}
	},
}

// DeleteOffsets runs OffsetDelete (version 0, KIP-496). It keeps the topics that members subscribe
// to.
func (s *Shard) DeleteOffsets(req *protocol.OffsetDeleteRequest, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	r := protocol.New[protocol.OffsetDeleteResponse]()
	if err := s.validateOffsetDelete(req.GroupID); err != protocol.ErrNone {
		r.ErrorCode = int16(err)
		out.Reply(to, r)
		return out
	}
	g := s.groups[req.GroupID]
	for _, t := range req.Topics {
		rt := protocol.OffsetDeleteResponseResponseTopic{Name: t.Name}
		keep := g != nil && g.subscribedTo(t.Name)
		for _, p := range t.Partitions {
			rp := protocol.OffsetDeleteResponseResponsePartition{PartitionIndex: p.PartitionIndex}
			if keep {
				rp.ErrorCode = int16(protocol.ErrGroupSubscribedToTopic)
			} else if s.hasOffset(req.GroupID, t.Name, p.PartitionIndex) {
				out.Records = append(out.Records, offsetTombstone(req.GroupID, t.Name, p.PartitionIndex))
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		r.Topics = append(r.Topics, rt)
	}
	s.counts.Deleted += uint64(len(out.Records))
	out.Divisible = true
	out.Reply(to, r)
	return out
}

func (s *Shard) hasOffset(groupID, topic string, partition int32) bool {
	_, ok := s.offsets[groupID][topic][partition]
	return ok || s.unstable(groupID, topic, partition)
}

func (s *Shard) validateOffsetDelete(groupID string) protocol.Error {
	if groupID == "" {
		return protocol.ErrInvalidGroupID
	}
	g := s.groups[groupID]
	if g == nil {
		if f := s.foreign[groupID]; f != nil {
			if !f.convertible() {
				return protocol.ErrGroupIDNotFound // a share group has no offsets
			}
			if f.members > 0 {
				return protocol.ErrNonEmptyGroup
			}
			return protocol.ErrNone
		}
		return protocol.ErrGroupIDNotFound
	}
	if g.state != Empty && g.protocolType != consumerProtocol {
		// The subscriptions of such members cannot be read.
		return protocol.ErrNonEmptyGroup
	}
	return protocol.ErrNone
}
