package handlers

// OffsetDelete (key 47), version 0 (KIP-496).
//
// A topic or partition that does not exist is UNKNOWN_TOPIC_OR_PARTITION, one that members
// subscribe to GROUP_SUBSCRIBED_TO_TOPIC; an error of the whole group stands alone, without topics.
//
// Deviation: a topic that the request names several times is answered as often; Kafka joins its
// partitions.

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addCoordinated(func(g GroupCoordination) API {
	return NewAPI(0, 0, func(c *Ctx, req *protocol.OffsetDeleteRequest) {
		refused := resolveOffsetDelete(req, g.Topics)
		group.OffsetDelete.Call(g.Groups, coordinatorRequest(c), req, func(r *protocol.OffsetDeleteResponse) {
			if r.ErrorCode == 0 {
				mergeDeleted(r, refused)
			}
			c.Respond(r)
		})
	})
})

// resolveOffsetDelete takes out of the request what does not exist and returns its answers.
func resolveOffsetDelete(req *protocol.OffsetDeleteRequest, topics GroupTopics) []protocol.OffsetDeleteResponseResponseTopic {
	var refused []protocol.OffsetDeleteResponseResponseTopic
	keep := req.Topics[:0]
	for _, t := range req.Topics {
		count := topics.PartitionCount(t.Name)
		bad := protocol.OffsetDeleteResponseResponseTopic{Name: t.Name}
		good := t.Partitions[:0]
		for _, p := range t.Partitions {
			if p.PartitionIndex >= 0 && p.PartitionIndex < count {
				good = append(good, p)
				continue
			}
			bad.Partitions = append(bad.Partitions, protocol.OffsetDeleteResponseResponsePartition{
				PartitionIndex: p.PartitionIndex, ErrorCode: int16(protocol.ErrUnknownTopicOrPartition),
			})
		}
		if len(bad.Partitions) > 0 {
			refused = append(refused, bad)
		}
		if t.Partitions = good; len(good) > 0 {
			keep = append(keep, t)
		}
	}
	req.Topics = keep
	return refused
}

// mergeDeleted adds the refused partitions to the deleted ones.
func mergeDeleted(r *protocol.OffsetDeleteResponse, refused []protocol.OffsetDeleteResponseResponseTopic) {
	type topic = protocol.OffsetDeleteResponseResponseTopic
	r.Topics = mergeTopics(r.Topics, refused, func(t *topic) string { return t.Name },
		func(t *topic) *[]protocol.OffsetDeleteResponseResponsePartition { return &t.Partitions })
}
