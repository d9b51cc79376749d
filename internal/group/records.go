package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
)

// The versions that Kafka 4.4 writes: GroupMetadata 3; OffsetCommit 1 with an
// expiry, 4 with a topic id, else 3.
const groupMetadataVersion = 3

// groupRecord is the GroupMetadata record of the current state of a group, with the assignment
// given, or the members' own when it is nil.
func groupRecord(g *group, assignment map[string][]byte) shard.Record {
	key := protocol.New[grouprecord.GroupMetadataKey]()
	key.Group = g.id
	v := protocol.New[grouprecord.GroupMetadataValue]()
	v.ProtocolType, v.Generation, v.Protocol, v.Leader = g.protocolType, g.generation, g.protocol, g.leaderPtr()
	v.CurrentStateTimestamp = g.stateSince
	v.Members = make([]grouprecord.GroupMetadataValueMemberMetadata, len(g.members))
	for i, m := range g.members {
		assigned := m.assignment
		if assignment != nil {
			assigned = assignment[m.id]
		}
		v.Members[i] = grouprecord.GroupMetadataValueMemberMetadata{
			MemberID: m.id, GroupInstanceID: m.instanceID, ClientID: m.client.ID, ClientHost: m.client.Host,
			RebalanceTimeout: m.rebalanceTimeoutMs, SessionTimeout: m.sessionTimeoutMs,
			Subscription: notNil(m.metadata(g.protocol)), Assignment: notNil(assigned),
		}
	}
	return shardRecord(key, v, groupMetadataVersion)
}

// shardRecord encodes a record, or a tombstone when value is nil.
func shardRecord(key, value protocol.Message, version int16) (r shard.Record) {
	if r.Key, r.Err = grouprecord.EncodeKey(key); r.Err == nil && value != nil {
		r.Value, r.Err = grouprecord.EncodeValue(value, version)
	}
	return r
}

func groupTombstone(id string) shard.Record {
	key := protocol.New[grouprecord.GroupMetadataKey]()
	key.Group = id
	return shardRecord(key, nil, 0)
}

func offsetRecord(groupID, topic string, partition int32, c committed) shard.Record {
	v := protocol.New[grouprecord.OffsetCommitValue]()
	v.Offset, v.LeaderEpoch, v.Metadata, v.CommitTimestamp = c.offset, c.leaderEpoch, c.metadata, c.committedAt
	version := int16(3)
	switch {
	case c.expireAt >= 0:
		version, v.ExpireTimestamp = 1, c.expireAt
	case !c.topicID.IsZero():
		version, v.TopicID = 4, c.topicID
	}
	return shardRecord(offsetKey(groupID, topic, partition), v, version)
}

func offsetTombstone(groupID, topic string, partition int32) shard.Record {
	return shardRecord(offsetKey(groupID, topic, partition), nil, 0)
}

func offsetKey(groupID, topic string, partition int32) protocol.Message {
	key := protocol.New[grouprecord.OffsetCommitKey]()
	key.Group, key.Topic, key.Partition = groupID, topic, partition
	return key
}

// topicOffsets are a group's offsets.
type topicOffsets map[string]map[int32]committed

// committed is one committed offset.
type committed struct {
	offset      int64
	leaderEpoch int32 // -1 when the client sent none
	metadata    string
	committedAt int64 // by the coordinator's clock, milliseconds
	expireAt    int64 // only old clients ask for it; -1 when they did not
	topicID     wire.UUID
	// recordOffset is the offset of its record: a transaction that ends after a later plain commit
	// must not move the position back.
	recordOffset int64
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
