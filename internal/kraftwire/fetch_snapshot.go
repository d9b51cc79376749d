package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

// FetchSnapshot converts a FetchSnapshot request. refused is the answer when it is not for this
// quorum.
func (s Served) FetchSnapshot(m *protocol.FetchSnapshotRequest) (r *kraft.FetchSnapshotRequest, refused *protocol.FetchSnapshotResponse) {
	if err := s.refusedBy(m.ClusterID, len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1); err != protocol.ErrNone {
		return nil, &protocol.FetchSnapshotResponse{ErrorCode: err.Code()}
	}
	p := &m.Topics[0].Partitions[0]
	if !isMetadata(m.Topics[0].Name, p.Partition) {
		return nil, snapshotAnswer(m.Topics[0].Name, protocol.FetchSnapshotResponsePartitionSnapshot{Index: p.Partition,
			ErrorCode: protocol.ErrUnknownTopicOrPartition.Code()})
	}
	return &kraft.FetchSnapshotRequest{Replica: keyOf(m.ReplicaID, p.ReplicaDirectoryID), Epoch: p.CurrentLeaderEpoch,
		ID: kraft.Position{Offset: p.SnapshotID.EndOffset, Epoch: p.SnapshotID.Epoch}, Position: p.Position, MaxBytes: m.MaxBytes}, nil
}

func snapshotAnswer(topic string, p protocol.FetchSnapshotResponsePartitionSnapshot) *protocol.FetchSnapshotResponse {
	if p.UnalignedRecords.Bytes == nil {
		p.UnalignedRecords.Bytes = []byte{}
	}
	return &protocol.FetchSnapshotResponse{Topics: []protocol.FetchSnapshotResponseTopicSnapshot{{Name: topic,
		Partitions: []protocol.FetchSnapshotResponsePartitionSnapshot{p}}}}
}

// FetchSnapshotAnswer converts the answer to a FetchSnapshot request. An answer with an error has
// no place in the snapshot.
func (s Served) FetchSnapshotAnswer(r *kraft.FetchSnapshotResponse) *protocol.FetchSnapshotResponse {
	p := protocol.FetchSnapshotResponsePartitionSnapshot{ErrorCode: r.Err.Code(),
		CurrentLeader: protocol.FetchSnapshotResponseLeaderIDAndEpoch{LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}}
	if r.Err == protocol.ErrNone {
		p.SnapshotID = protocol.FetchSnapshotResponseSnapshotID{EndOffset: r.ID.Offset, Epoch: r.ID.Epoch}
		p.Size, p.Position, p.UnalignedRecords = r.Size, r.Position, wire.Records{Bytes: r.Bytes}
	}
	m := snapshotAnswer(topicname.ClusterMetadata, p)
	if e, ok := s.leaderEndpoint(r.Leader, 1); ok {
		m.NodeEndpoints = []protocol.FetchSnapshotResponseNodeEndpoint{{NodeID: r.Leader.ID, Host: e.Host, Port: e.Port}}
	}
	return m
}

func (t *Transport) fetchSnapshot(r *kraft.FetchSnapshotRequest) ask {
	m := &protocol.FetchSnapshotRequest{ReplicaID: r.Replica.ID, MaxBytes: r.MaxBytes, ClusterID: &t.ClusterID,
		Topics: []protocol.FetchSnapshotRequestTopicSnapshot{{Name: topicname.ClusterMetadata, Partitions: []protocol.FetchSnapshotRequestPartitionSnapshot{{
			CurrentLeaderEpoch: r.Epoch, SnapshotID: protocol.FetchSnapshotRequestSnapshotID{EndOffset: r.ID.Offset, Epoch: r.ID.Epoch},
			Position: r.Position, ReplicaDirectoryID: r.Replica.Directory}}}}}
	return ask{message: m, max: 1}
}

func (t *Transport) fetchSnapshotAnswered(m *protocol.FetchSnapshotResponse) kraft.ResponseBody {
	one := len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].Name, m.Topics[0].Partitions[0].Index)
	if err := topError(m.ErrorCode, one); err != protocol.ErrNone {
		return &kraft.FetchSnapshotResponse{Err: err, Leader: unknownLeader}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.NodeEndpoints {
		at = t.endpoint(at, e.NodeID == p.CurrentLeader.LeaderID, e.Host, e.Port)
	}
	return &kraft.FetchSnapshotResponse{Err: protocol.Error(p.ErrorCode), Leader: leaderOf(p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch, at),
		ID: kraft.Position{Offset: p.SnapshotID.EndOffset, Epoch: p.SnapshotID.Epoch}, Size: p.Size, Position: p.Position, Bytes: p.UnalignedRecords.Bytes}
}
