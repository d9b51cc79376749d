package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/topicname"
)

// topicID is the id of the metadata topic (Kafka's METADATA_TOPIC_ID).
var topicID = quorum.TopicID

// maxFetchBytes bounds the batches of one answer (Kafka's MAX_FETCH_SIZE_BYTES).
const maxFetchBytes = 8 << 20

// Fetch converts a Fetch request. refused is the answer when it is not for this quorum. Versions up
// to 12 name the topic, and Kafka's controllers refuse them.
func (s Served) Fetch(m *protocol.FetchRequest) (r *kraft.FetchRequest, refused *protocol.FetchResponse) {
	one := len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && m.Topics[0].TopicID == topicID && m.Topics[0].Partitions[0].Partition == 0
	if err := s.refusedBy(m.ClusterID, one); err != protocol.ErrNone {
		return nil, &protocol.FetchResponse{ErrorCode: err.Code()}
	}
	p := &m.Topics[0].Partitions[0]
	id := m.ReplicaID
	if s.Version >= 15 {
		id = m.ReplicaState.ReplicaID
	}
	r = &kraft.FetchRequest{
		Replica: keyOf(id, p.ReplicaDirectoryID), Epoch: p.CurrentLeaderEpoch, At: kraft.Position{Offset: p.FetchOffset, Epoch: p.LastFetchedEpoch},
		HighWatermark: p.HighWatermark, MaxWaitMs: m.MaxWaitMs, MaxBytes: min(max(m.MaxBytes, 1), maxFetchBytes),
	}
	return r, nil
}

// FetchAnswer converts the answer to a Fetch request.
func (s Served) FetchAnswer(r *kraft.FetchResponse) *protocol.FetchResponse {
	p := *protocol.New[protocol.FetchResponsePartitionData]()
	p.ErrorCode, p.HighWatermark, p.LogStartOffset = r.Err.Code(), r.HighWatermark, r.LogStart
	p.CurrentLeader = protocol.FetchResponseLeaderIDAndEpoch{LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}
	p.Records.Bytes = r.Records
	if r.Records == nil {
		p.Records.Bytes = []byte{}
	}
	if r.Diverging != nil {
		p.DivergingEpoch = protocol.FetchResponseEpochEndOffset{Epoch: r.Diverging.Epoch, EndOffset: r.Diverging.Offset}
	}
	if r.Snapshot != nil {
		p.SnapshotID = protocol.FetchResponseSnapshotID{EndOffset: r.Snapshot.Offset, Epoch: r.Snapshot.Epoch}
	}
	m := &protocol.FetchResponse{Responses: []protocol.FetchResponseFetchableTopicResponse{{TopicID: topicID, Topic: topicname.ClusterMetadata,
		Partitions: []protocol.FetchResponsePartitionData{p}}}}
	if e, ok := s.leaderEndpoint(r.Leader, 17); ok {
		m.NodeEndpoints = []protocol.FetchResponseNodeEndpoint{{NodeID: r.Leader.ID, Host: e.Host, Port: int32(e.Port)}}
	}
	return m
}

// fetch makes a Fetch request. Version 12 is the first one with the epoch of the last record.
func (t *Transport) fetch(r *kraft.FetchRequest) ask {
	m := protocol.New[protocol.FetchRequest]()
	p := *protocol.New[protocol.FetchRequestPartition]()
	p.CurrentLeaderEpoch, p.FetchOffset, p.LastFetchedEpoch = r.Epoch, r.At.Offset, r.At.Epoch
	p.ReplicaDirectoryID, p.HighWatermark = r.Replica.Directory, r.HighWatermark
	m.ClusterID, m.ReplicaID, m.ReplicaState.ReplicaID = &t.ClusterID, r.Replica.ID, r.Replica.ID
	m.MaxWaitMs, m.MaxBytes, p.PartitionMaxBytes = r.MaxWaitMs, r.MaxBytes, r.MaxBytes
	m.Topics = []protocol.FetchRequestTopic{{Topic: topicname.ClusterMetadata, TopicID: topicID, Partitions: []protocol.FetchRequestPartition{p}}}
	return ask{message: m, min: 12, max: 18}
}

func (t *Transport) fetchAnswered(m *protocol.FetchResponse, version int16) kraft.ResponseBody {
	one := len(m.Responses) == 1 && len(m.Responses[0].Partitions) == 1 && m.Responses[0].Partitions[0].PartitionIndex == 0
	if one && version >= 13 {
		one = m.Responses[0].TopicID == topicID
	} else if one {
		one = m.Responses[0].Topic == topicname.ClusterMetadata
	}
	if err := topError(m.ErrorCode, one); err != protocol.ErrNone {
		return &kraft.FetchResponse{Err: err, Leader: unknownLeader, HighWatermark: -1}
	}
	p := &m.Responses[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.NodeEndpoints {
		if port := uint16(e.Port); int32(port) == e.Port {
			at = t.endpoint(at, e.NodeID == p.CurrentLeader.LeaderID, e.Host, port)
		}
	}
	r := &kraft.FetchResponse{Err: protocol.Error(p.ErrorCode), Leader: leaderOf(p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch, at),
		HighWatermark: p.HighWatermark, LogStart: p.LogStartOffset, Records: p.Records.Bytes}
	if d := p.DivergingEpoch; d.Epoch >= 0 && d.EndOffset >= 0 {
		r.Diverging = &kraft.Position{Offset: d.EndOffset, Epoch: d.Epoch}
	} else if d.Epoch >= 0 || d.EndOffset >= 0 {
		r.Err = protocol.ErrUnknownServerError // half a position is no answer
	}
	if d := p.SnapshotID; d.Epoch >= 0 && d.EndOffset >= 0 {
		r.Snapshot = &kraft.Position{Offset: d.EndOffset, Epoch: d.Epoch}
	} else if d.Epoch >= 0 || d.EndOffset >= 0 {
		r.Err = protocol.ErrUnknownServerError
	}
	return r
}
