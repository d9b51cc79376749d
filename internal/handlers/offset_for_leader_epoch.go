package handlers

// OffsetForLeaderEpoch (key 23), versions 2-4.
//
// v3: replica id. v4: flexible. Answers the largest epoch not above the asked one and the offset
// after its last record; -1 and -1 when nothing is known.
//
// Deviation: for an epoch below -1, which no client sends, Kafka repeats the epoch and answers
// offset 0.

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
)

// EpochHistory knows where leader epochs end.
type EpochHistory interface {
	EndOffsetForEpoch(topic string, partition, currentLeaderEpoch, epoch int32) replication.EpochEnd
}

var _ = declare(func(e Engines) API { return OffsetForLeaderEpoch(e.Replicas) })

// OffsetForLeaderEpoch makes the API.
func OffsetForLeaderEpoch(log EpochHistory) API {
	return NewAPI(2, 4, func(c *Ctx, req *protocol.OffsetForLeaderEpochRequest) {
		resp := protocol.New[protocol.OffsetForLeaderEpochResponse]()
		for i := range req.Topics {
			t := &req.Topics[i]
			out := protocol.OffsetForLeaderEpochResponseOffsetForLeaderTopicResult{Topic: t.Topic}
			for _, p := range t.Partitions {
				end := log.EndOffsetForEpoch(t.Topic, p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch)
				out.Partitions = append(out.Partitions, protocol.OffsetForLeaderEpochResponseEpochEndOffset{
					ErrorCode: end.Err.Code(), Partition: p.Partition, LeaderEpoch: end.Epoch, EndOffset: end.EndOffset})
			}
			resp.Topics = append(resp.Topics, out)
		}
		c.Respond(resp)
	})
}
