package group

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
)

// OffsetFetchGroup is the part of an OffsetFetch that asks for one group.
type OffsetFetchGroup struct {
	RequireStable bool
	*protocol.OffsetFetchRequestRequestGroup
}

// OffsetFetch reads the committed offsets of one group.
var OffsetFetch = API[OffsetFetchGroup, *protocol.OffsetFetchResponseResponseGroup]{
	Key:   func(q OffsetFetchGroup) string { return q.GroupID },
	Reads: true,
	Decide: func(s *Shard, _ shard.Env, _ shard.Request, q OffsetFetchGroup, to shard.Waiter) shard.Outcome {
		return s.FetchOffsets(q.RequireStable, q.OffsetFetchRequestRequestGroup, to)
	},
	Fail: func(_ shard.Request, q OffsetFetchGroup) func(protocol.Error) *protocol.OffsetFetchResponseResponseGroup {
		return func(err protocol.Error) *protocol.OffsetFetchResponseResponseGroup {
			return &protocol.OffsetFetchResponseResponseGroup{GroupID: q.GroupID, ErrorCode: int16(err)}
		}
	},
}

// FetchOffsets runs OffsetFetch for one group, in the form of versions 8-10. Nil
// topics ask for all. An unknown group is no error: it has no offsets. The caller
// has filled in topic names, and ids where it knows them.
func (s *Shard) FetchOffsets(requireStable bool, req *protocol.OffsetFetchRequestRequestGroup, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	r := protocol.OffsetFetchResponseResponseGroup{GroupID: req.GroupID}
	if f := s.foreign[req.GroupID]; f != nil && f.members > 0 && req.MemberEpoch >= 0 {
		r.ErrorCode = int16(protocol.ErrUnknownMemberID)
		out.Reply(to, &r)
		return out
	}
	offsets := s.offsets[req.GroupID]
	if req.Topics == nil {
		for _, topic := range slices.Sorted(maps.Keys(offsets)) {
			t := protocol.OffsetFetchResponseResponseTopics{Name: topic}
			for _, p := range slices.Sorted(maps.Keys(offsets[topic])) {
				t.Partitions = append(t.Partitions, s.fetched(requireStable, req.GroupID, topic, wire.UUID{}, p))
			}
			r.Topics = append(r.Topics, t)
		}
		out.Reply(to, &r)
		return out
	}
	for i := range req.Topics {
		rt := &req.Topics[i]
		t := protocol.OffsetFetchResponseResponseTopics{Name: rt.Name, TopicID: rt.TopicID}
		t.Partitions = make([]protocol.OffsetFetchResponseResponsePartitions, len(rt.PartitionIndexes))
		for j, p := range rt.PartitionIndexes {
			t.Partitions[j] = s.fetched(requireStable, req.GroupID, rt.Name, rt.TopicID, p)
		}
		r.Topics = append(r.Topics, t)
	}
	out.Reply(to, &r)
	return out
}

// fetched is one partition's answer. An offset that was committed for an earlier
// topic of the same name is none.
func (s *Shard) fetched(requireStable bool, groupID, topic string, id wire.UUID, partition int32) protocol.OffsetFetchResponseResponsePartitions {
	r := protocol.OffsetFetchResponseResponsePartitions{
		PartitionIndex: partition, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: new(string),
	}
	if requireStable && s.unstable(groupID, topic, partition) {
		r.ErrorCode = int16(protocol.ErrUnstableOffsetCommit)
		return r
	}
	c, ok := s.offsets[groupID][topic][partition]
	if !ok || (!id.IsZero() && !c.topicID.IsZero() && id != c.topicID) {
		return r
	}
	r.CommittedOffset, r.CommittedLeaderEpoch, r.Metadata = c.offset, c.leaderEpoch, &c.metadata
	return r
}
