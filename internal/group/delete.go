package group

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// DeleteGroup deletes one group.
var DeleteGroup = API[string, *protocol.DeleteGroupsResponseDeletableGroupResult]{
	Key: func(id string) string { return id },
	Decide: func(s *Shard, _ shard.Env, _ shard.Request, id string, to shard.Waiter) shard.Outcome {
		return s.Delete(id, to)
	},
	Fail: func(_ shard.Request, id string) func(protocol.Error) *protocol.DeleteGroupsResponseDeletableGroupResult {
		return func(err protocol.Error) *protocol.DeleteGroupsResponseDeletableGroupResult {
			r := protocol.New[protocol.DeleteGroupsResponseDeletableGroupResult]()
			r.GroupID, r.ErrorCode = id, int16(err)
			return r
		}
	},
}

// Delete runs DeleteGroups (versions 0-3) for one group. It deletes the group and its offsets when
// the group has no members.
func (s *Shard) Delete(groupID string, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	r := protocol.New[protocol.DeleteGroupsResponseDeletableGroupResult]()
	r.GroupID = groupID
	out.Reply(to, r)
	g, f := s.groups[groupID], s.foreign[groupID]
	switch {
	case g == nil && f == nil:
		r.ErrorCode = int16(protocol.ErrGroupIDNotFound)
		return out
	case f != nil && !f.convertible():
		// The state in __share_group_state would stay. Apache Kafka then refuses to initialize the
		// state of a new group of the name.
		r.ErrorCode = int16(protocol.ErrUnsupportedVersion)
		return out
	case g != nil && g.state != Empty, f != nil && f.members > 0:
		r.ErrorCode = int16(protocol.ErrNonEmptyGroup)
		return out
	}
	s.tombstoneOffsets(groupID, nil, &out)
	if f != nil {
		f.tombstones(allTypes, &out)
	}
	if g != nil {
		out.Records = append(out.Records, groupTombstone(groupID))
	}
	out.Divisible = true
	s.counts.Deleted += uint64(len(out.Records))
	return out
}

// tombstoneOffsets deletes a group's offsets, also pending ones, of some topics or of all topics
// when topics is nil.
func (s *Shard) tombstoneOffsets(groupID string, topics map[string]bool, out *shard.Outcome) {
	seen := topicOffsets{}
	collect := func(from topicOffsets) {
		for topic, ps := range from { // any order
			if topics != nil && !topics[topic] {
				continue
			}
			if seen[topic] == nil {
				seen[topic] = map[int32]committed{}
			}
			maps.Copy(seen[topic], ps)
		}
	}
	collect(s.offsets[groupID])
	for _, t := range s.pending { // any order: seen is a set
		collect(t.groups[groupID])
	}
	for _, topic := range slices.Sorted(maps.Keys(seen)) {
		for _, p := range slices.Sorted(maps.Keys(seen[topic])) {
			out.Records = append(out.Records, offsetTombstone(groupID, topic, p))
		}
	}
}

// TopicsDeleted implements shard.TopicFollower.
func (s *Shard) TopicsDeleted(topics map[string]bool) shard.Outcome {
	out := shard.Outcome{Divisible: true}
	ids := map[string]struct{}{}
	for id := range s.offsets { // any order
		ids[id] = struct{}{}
	}
	for _, t := range s.pending { // any order
		for id := range t.groups { // any order
			ids[id] = struct{}{}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		s.tombstoneOffsets(id, topics, &out)
	}
	return out
}
