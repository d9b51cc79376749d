package handlers

// ListOffsets (key 2), versions 1-11.
//
// v2: isolation level. v4: leader epochs (KIP-320). v5: OFFSET_NOT_AVAILABLE, which older clients
// get as LEADER_NOT_AVAILABLE.
// v6: flexible. v7: -3, the record with the largest timestamp (KIP-734). v8: -4, earliest local
// (KIP-405). v9: -5, latest tiered (KIP-1005). v10: timeout. v11: -6, earliest pending upload
// (KIP-1023). Without a match offset and timestamp are -1 and the error NONE. A partition named
// twice is INVALID_REQUEST and answered once. An isolation level that does not exist is
// UNKNOWN_SERVER_ERROR for every partition.
//
// Deviations: -3 finds the record with the largest timestamp at or after the log start offset.
// After DeleteRecords, Kafka may answer a record that is deleted already. A topic that the
// request names several times is answered as often, and a topic without partitions is answered;
// Kafka joins the first and leaves out the second.

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
)

// OffsetLister finds offsets.
type OffsetLister interface {
	ListOffset(q replication.OffsetQuery) replication.OffsetAnswer
}

var _ = declare(func(e Engines) API { return ListOffsets(e.Replicas) })

// ListOffsets makes the API.
func ListOffsets(log OffsetLister) API {
	return NewAPI(1, 11, func(c *Ctx, req *protocol.ListOffsetsRequest) {
		resp := protocol.New[protocol.ListOffsetsResponse]()
		asked := offsetsAsked(req)
		unknown := !isolationLevel(req.IsolationLevel)
		for i := range req.Topics {
			t := &req.Topics[i]
			out := protocol.ListOffsetsResponseTopicResponse{Name: t.Name}
			for j := range t.Partitions {
				p := &t.Partitions[j]
				q := replication.OffsetQuery{Topic: t.Name, Partition: p.PartitionIndex, CurrentLeaderEpoch: p.CurrentLeaderEpoch,
					Timestamp: p.Timestamp, Isolation: req.IsolationLevel, ReplicaID: req.ReplicaID}
				times := asked[topicPartition{t.Name, p.PartitionIndex}]
				if unknown {
					out.Partitions = append(out.Partitions, offsetAnswer(p.PartitionIndex, replication.OffsetAnswer{
						Err: protocol.ErrUnknownServerError, Timestamp: -1, Offset: -1, LeaderEpoch: -1}))
					continue
				}
				if times < 0 {
					continue
				}
				asked[topicPartition{t.Name, p.PartitionIndex}] = -1
				out.Partitions = append(out.Partitions, listOffset(log, q, c.Version(), times > 1))
			}
			resp.Topics = append(resp.Topics, out)
		}
		c.Respond(resp)
	})
}

func listOffset(log OffsetLister, q replication.OffsetQuery, version int16, twice bool) protocol.ListOffsetsResponsePartitionResponse {
	a := replication.OffsetAnswer{Timestamp: -1, Offset: -1, LeaderEpoch: -1}
	switch {
	case twice:
		a.Err = protocol.ErrInvalidRequest
	case q.Timestamp < lowestTimestamp(version):
		a.Err = protocol.ErrUnsupportedVersion
	default:
		a = log.ListOffset(q)
	}
	if a.Err == protocol.ErrOffsetNotAvailable && version < 5 {
		a.Err = protocol.ErrLeaderNotAvailable
	}
	return offsetAnswer(q.Partition, a)
}

func offsetAnswer(partition int32, a replication.OffsetAnswer) protocol.ListOffsetsResponsePartitionResponse {
	return protocol.ListOffsetsResponsePartitionResponse{PartitionIndex: partition, ErrorCode: a.Err.Code(),
		Timestamp: a.Timestamp, Offset: a.Offset, LeaderEpoch: a.LeaderEpoch}
}

// isolationLevel reports whether an isolation level exists.
func isolationLevel(level int8) bool {
	return level == replication.ReadUncommitted || level == replication.ReadCommitted
}

// lowestTimestamp is the last of the special timestamps that a version knows.
func lowestTimestamp(version int16) int64 {
	switch {
	case version >= 11:
		return replication.EarliestPendingUpload
	case version >= 9:
		return replication.LatestTieredTimestamp
	case version >= 8:
		return replication.EarliestLocalTimestamp
	case version >= 7:
		return replication.MaxTimestamp
	}
	return replication.EarliestTimestamp
}

type topicPartition struct {
	topic     string
	partition int32
}

// offsetsAsked counts how often each partition is named.
func offsetsAsked(req *protocol.ListOffsetsRequest) map[topicPartition]int {
	asked := map[topicPartition]int{}
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			asked[topicPartition{req.Topics[i].Name, req.Topics[i].Partitions[j].PartitionIndex}]++
		}
	}
	return asked
}
