package handlers

// OffsetCommit (key 8), versions 2-10.
//
// v2-4: retention time, honoured. v3: throttle time. v6: leader epoch (KIP-320). v7:
// group.instance.id (KIP-345).
// v8: flexible. v9: GROUP_ID_NOT_FOUND for an unknown group, which older versions see as
// ILLEGAL_GENERATION (KIP-848).
// v10: topic ids instead of names; an unknown one is UNKNOWN_TOPIC_ID (KIP-848). A topic or
// partition that does not exist is UNKNOWN_TOPIC_OR_PARTITION; the others are committed all the
// same. The empty group id is allowed, as in Apache Kafka. Answered when the offsets are committed
// to the log.
//
// Deviation: a topic that the request names several times is answered as often; Kafka joins its
// partitions.

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

const offsetCommitVersionTopicID = 10

var _ = addCoordinated(func(g GroupCoordination) API {
	return NewAPI(2, 10, func(c *Ctx, req *protocol.OffsetCommitRequest) {
		refused := resolveCommit(c.Version(), req, g.Topics)
		if len(req.Topics) == 0 {
			r := protocol.New[protocol.OffsetCommitResponse]()
			r.Topics = refused
			c.Respond(r)
			return
		}
		group.OffsetCommit.Call(g.Groups, coordinatorRequest(c), req, func(r *protocol.OffsetCommitResponse) {
			mergeCommitted(r, refused)
			c.Respond(r)
		})
	})
})

// resolveCommit fills in names and ids, takes out of the request what does not exist, and returns
// its answers.
func resolveCommit(version int16, req *protocol.OffsetCommitRequest, topics GroupTopics) []protocol.OffsetCommitResponseResponseTopic {
	var refused []protocol.OffsetCommitResponseResponseTopic
	keep := req.Topics[:0]
	for _, t := range req.Topics {
		unknown := protocol.ErrUnknownTopicOrPartition
		if version >= offsetCommitVersionTopicID {
			t.Name, unknown = topics.TopicName(t.TopicID), protocol.ErrUnknownTopicID
		} else {
			t.TopicID = topics.TopicID(t.Name)
		}
		bad := protocol.OffsetCommitResponseResponseTopic{Name: t.Name, TopicID: t.TopicID}
		count := int32(0)
		if t.Name != "" {
			count = topics.PartitionCount(t.Name)
		}
		if count > 0 {
			unknown = protocol.ErrUnknownTopicOrPartition
		}
		good := t.Partitions[:0]
		for _, p := range t.Partitions {
			if p.PartitionIndex >= 0 && p.PartitionIndex < count {
				good = append(good, p)
				continue
			}
			bad.Partitions = append(bad.Partitions, protocol.OffsetCommitResponseResponsePartition{
				PartitionIndex: p.PartitionIndex, ErrorCode: int16(unknown),
			})
		}
		if len(bad.Partitions) > 0 || count == 0 {
			refused = append(refused, bad)
		}
		if t.Partitions = good; len(good) > 0 {
			keep = append(keep, t)
		}
	}
	req.Topics = keep
	return refused
}

// mergeCommitted adds the refused partitions to the committed ones.
func mergeCommitted(r *protocol.OffsetCommitResponse, refused []protocol.OffsetCommitResponseResponseTopic) {
	type topic = protocol.OffsetCommitResponseResponseTopic
	type key struct {
		name string
		id   wire.UUID
	}
	r.Topics = mergeTopics(r.Topics, refused, func(t *topic) key { return key{t.Name, t.TopicID} },
		func(t *topic) *[]protocol.OffsetCommitResponseResponsePartition { return &t.Partitions })
}
