package handlers

// DeleteRecords (key 21), versions 0-2.
//
// v1: throttling by quota. v2: flexible. Offset -1 deletes up to the high watermark. Above it, or
// below 0: OFFSET_OUT_OF_RANGE. A topic whose cleanup.policy lacks delete: POLICY_VIOLATION. An
// internal topic: INVALID_TOPIC_EXCEPTION. The answer comes when all replicas have followed. The
// new log start offset is checkpointed before the answer, so that a crash does not bring records
// back; Kafka writes it up to a minute later.
//
// Deviation: a partition that the request names several times gets one answer for each, in order;
// Kafka deletes up to the last offset and answers once. A topic that the request names several
// times is answered as often; Kafka joins its partitions. A topic without partitions is answered
// without partitions; Kafka leaves it out.

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
)

// RecordDeleter moves log start offsets.
type RecordDeleter interface {
	DeleteRecords(parts []replication.DeletePart, timeoutMs int32, done func([]replication.DeletePart))
}

var _ = declare(func(e Engines) API { return DeleteRecords(e.Replicas) })

// DeleteRecords makes the API.
func DeleteRecords(log RecordDeleter) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.DeleteRecordsRequest) {
		var parts []replication.DeletePart
		for i := range req.Topics {
			for _, p := range req.Topics[i].Partitions {
				parts = append(parts, replication.DeletePart{Topic: req.Topics[i].Name, Partition: p.PartitionIndex, Offset: p.Offset})
			}
		}
		log.DeleteRecords(parts, req.TimeoutMs, func(parts []replication.DeletePart) {
			resp := protocol.New[protocol.DeleteRecordsResponse]()
			for i := range req.Topics {
				t := protocol.DeleteRecordsResponseTopicResult{Name: req.Topics[i].Name}
				for range req.Topics[i].Partitions {
					t.Partitions = append(t.Partitions, protocol.DeleteRecordsResponsePartitionResult{
						PartitionIndex: parts[0].Partition, LowWatermark: parts[0].LowWatermark, ErrorCode: parts[0].Err.Code()})
					parts = parts[1:]
				}
				resp.Topics = append(resp.Topics, t)
			}
			c.Respond(resp)
		})
	})
}
