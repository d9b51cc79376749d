package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/shard"
)

// rawRecord puts a record in the log that the core did not write.
func (d *driver) rawRecord(a args) {
	var key protocol.Message
	var value []byte
	g := a.str("group", "g")
	switch a.str("kind", "") {
	case "consumer-group":
		k, v := protocol.New[grouprecord.ConsumerGroupMetadataKey](), protocol.New[grouprecord.ConsumerGroupMetadataValue]()
		k.GroupID, key = g, k
		value = must(grouprecord.EncodeValue(v, 0))
	case "consumer-member":
		k, v := protocol.New[grouprecord.ConsumerGroupMemberMetadataKey](), protocol.New[grouprecord.ConsumerGroupMemberMetadataValue]()
		k.GroupID, k.MemberID, key = g, a.str("id", "m"), k
		value = must(grouprecord.EncodeValue(v, 0))
	case "consumer-assignment":
		k, v := protocol.New[grouprecord.ConsumerGroupCurrentMemberAssignmentKey](), protocol.New[grouprecord.ConsumerGroupCurrentMemberAssignmentValue]()
		k.GroupID, k.MemberID, key = g, a.str("id", "m"), k
		value = must(grouprecord.EncodeValue(v, 0))
	case "consumer-target":
		k, v := protocol.New[grouprecord.ConsumerGroupTargetAssignmentMetadataKey](), protocol.New[grouprecord.ConsumerGroupTargetAssignmentMetadataValue]()
		k.GroupID, key = g, k
		value = must(grouprecord.EncodeValue(v, 0))
	case "streams-group":
		k, v := protocol.New[grouprecord.StreamsGroupMetadataKey](), protocol.New[grouprecord.StreamsGroupMetadataValue]()
		k.GroupID, key = g, k
		value = must(grouprecord.EncodeValue(v, 0))
	case "share-group":
		k, v := protocol.New[grouprecord.ShareGroupMetadataKey](), protocol.New[grouprecord.ShareGroupMetadataValue]()
		k.GroupID, key = g, k
		value = must(grouprecord.EncodeValue(v, 0))
	case "offset":
		r := offsetRecord(g, a.str("topic", "t"), int32(a.int("p", 0)), committed{offset: a.int("at", 0), leaderEpoch: -1, expireAt: -1})
		d.store(r, a.int("producer", -1))
		return
	}
	if a.str("tombstone", "") != "" {
		value = nil
	}
	d.store(shard.Record{Key: must(grouprecord.EncodeKey(key)), Value: value}, -1)
}
