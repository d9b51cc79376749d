package group

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
)

// Replay applies one record.
func (s *Shard) Replay(r shard.Stored) error {
	key, err := grouprecord.DecodeKey(r.Key)
	if err != nil { // also of a newer Kafka
		return fmt.Errorf("key: %w", err)
	}
	typ := key.APIKey()
	if long := nameIn(key); len(long) > wire.MaxString {
		// A record of the group could not be written, so its offsets could never be removed.
		return fmt.Errorf("the group id has %d bytes: %w", len(long), wire.ErrTooLong)
	}
	switch k := key.(type) {
	case *grouprecord.LegacyOffsetCommitKey:
		return s.replayOffset(r, k.Group, k.Topic, k.Partition)
	case *grouprecord.OffsetCommitKey:
		return s.replayOffset(r, k.Group, k.Topic, k.Partition)
	case *grouprecord.GroupMetadataKey:
		if r.Value == nil {
			s.replayGroupTombstone(k.Group)
			return nil
		}
		m, err := grouprecord.DecodeValue(typ, r.Value)
		if err != nil {
			return fmt.Errorf("value of group %q: %w", k.Group, err)
		}
		s.replayGroup(r.Timestamp, k.Group, m.(*grouprecord.GroupMetadataValue))
		return nil
	default:
		s.replayForeign(typ, r)
		return nil
	}
}

// nameIn returns the id of a classic group in a record's key.
func nameIn(key protocol.Message) string {
	switch k := key.(type) {
	case *grouprecord.LegacyOffsetCommitKey:
		return k.Group
	case *grouprecord.OffsetCommitKey:
		return k.Group
	case *grouprecord.GroupMetadataKey:
		return k.Group
	}
	return ""
}

// replayGroup takes over a group from the log. While the shard serves, the record comes from a
// command that has changed the group already.
func (s *Shard) replayGroup(now int64, id string, v *grouprecord.GroupMetadataValue) {
	g := s.group(id, true, now)
	g.stored = true
	if s.serving {
		return
	}
	s.counts.Groups[g.state]--
	*g = *newGroup(id, now)
	g.stored = true
	g.generation, g.protocolType, g.protocol = v.Generation, v.ProtocolType, v.Protocol
	if len(v.Members) > 0 {
		g.state = Stable
	}
	s.counts.Groups[g.state]++
	for _, mv := range v.Members {
		m := &member{
			id: mv.MemberID, instanceID: mv.GroupInstanceID, client: Client{ID: mv.ClientID, Host: mv.ClientHost},
			rebalanceTimeoutMs: mv.RebalanceTimeout, sessionTimeoutMs: mv.SessionTimeout, protocolType: v.ProtocolType,
			assignment: slices.Clone(mv.Assignment),
		}
		if m.rebalanceTimeoutMs == -1 {
			m.rebalanceTimeoutMs = m.sessionTimeoutMs
		}
		if v.Protocol != nil {
			m.protocols = []supported{{name: *v.Protocol, metadata: slices.Clone(mv.Subscription)}}
		}
		if g.byID[m.id] == nil && !g.holds(m.instanceID) {
			g.add(m)
		}
	}
	if leader := strOrEmpty(v.Leader); g.member(leader) != nil {
		g.leader = leader // else it is the first member, or none in an empty group
	}
	g.stateSince = v.CurrentStateTimestamp
	g.computeSubscribed()
}

// replayGroupTombstone forgets a group. Offsets that were left to it make it a
// simple group, as they would if only they were in the log.
func (s *Shard) replayGroupTombstone(id string) {
	g := s.groups[id]
	if g == nil {
		return
	}
	s.drop(g)
	s.ensureSimple(id)
}

// ensureSimple makes the simple group that offsets without a group belong to.
func (s *Shard) ensureSimple(id string) {
	if len(s.offsets[id]) > 0 && s.groups[id] == nil && s.foreign[id] == nil {
		s.group(id, true, -1)
	}
}

func (s *Shard) replayOffset(r shard.Stored, groupID, topic string, partition int32) error {
	if r.Value == nil {
		s.removeOffset(groupID, topic, partition)
		s.removePending(groupID, topic, partition)
		return nil
	}
	// Key types 0 and 1 share the value's format; a value carries its own version.
	m, err := grouprecord.DecodeValue(1, r.Value)
	if err != nil {
		return fmt.Errorf("offset of group %q for %s-%d: %w", groupID, topic, partition, err)
	}
	v := m.(*grouprecord.OffsetCommitValue)
	c := committed{
		offset: v.Offset, leaderEpoch: v.LeaderEpoch, metadata: v.Metadata, committedAt: v.CommitTimestamp,
		expireAt: v.ExpireTimestamp, topicID: v.TopicID, recordOffset: r.Offset,
	}
	if r.ProducerID >= 0 {
		s.addPending(r.ProducerID, groupID, topic, partition, c)
		return nil
	}
	s.setOffset(groupID, topic, partition, c)
	return nil
}

// setOffset stores a committed offset, making a simple group of an unknown one.
func (s *Shard) setOffset(groupID, topic string, partition int32, c committed) {
	byTopic := s.offsets[groupID]
	if byTopic == nil {
		byTopic = topicOffsets{}
		s.offsets[groupID] = byTopic
	}
	if byTopic[topic] == nil {
		byTopic[topic] = map[int32]committed{}
	}
	if _, ok := byTopic[topic][partition]; !ok {
		s.counts.Offsets++
	}
	byTopic[topic][partition] = c
	s.ensureSimple(groupID)
}

func (s *Shard) removeOffset(groupID, topic string, partition int32) {
	byTopic := s.offsets[groupID]
	if _, ok := byTopic[topic][partition]; !ok {
		return
	}
	s.counts.Offsets--
	delete(byTopic[topic], partition)
	if len(byTopic[topic]) == 0 {
		delete(byTopic, topic)
	}
	if len(byTopic) == 0 {
		delete(s.offsets, groupID)
	}
}
