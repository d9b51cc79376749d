package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

// BeginQuorumEpoch converts a BeginQuorumEpoch request. refused is the answer when it is not for
// this quorum.
func (s Served) BeginQuorumEpoch(m *protocol.BeginQuorumEpochRequest) (r *kraft.BeginQuorumEpochRequest, refused *protocol.BeginQuorumEpochResponse) {
	one := len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)
	if err := s.refusedBy(m.ClusterID, one); err != protocol.ErrNone {
		return nil, &protocol.BeginQuorumEpochResponse{ErrorCode: err.Code()}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.LeaderEndpoints {
		at = append(at, kraft.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	return &kraft.BeginQuorumEpochRequest{Leader: leaderOf(p.LeaderID, p.LeaderEpoch, at), Voter: keyOf(m.VoterID, p.VoterDirectoryID)}, nil
}

// BeginQuorumEpochAnswer converts the answer to a BeginQuorumEpoch request.
func (s Served) BeginQuorumEpochAnswer(r *kraft.BeginQuorumEpochResponse) *protocol.BeginQuorumEpochResponse {
	m := &protocol.BeginQuorumEpochResponse{Topics: []protocol.BeginQuorumEpochResponseTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.BeginQuorumEpochResponsePartitionData{{ErrorCode: r.Err.Code(), LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}}}}}
	if e, ok := s.leaderEndpoint(r.Leader, 1); ok {
		m.NodeEndpoints = []protocol.BeginQuorumEpochResponseNodeEndpoint{{NodeID: r.Leader.ID, Host: e.Host, Port: e.Port}}
	}
	return m
}

func (t *Transport) begin(r *kraft.BeginQuorumEpochRequest) ask {
	m := &protocol.BeginQuorumEpochRequest{ClusterID: &t.ClusterID, VoterID: r.Voter.ID, Topics: []protocol.BeginQuorumEpochRequestTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.BeginQuorumEpochRequestPartitionData{{VoterDirectoryID: r.Voter.Directory, LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}}}}}
	for _, e := range r.Leader.Endpoints {
		m.LeaderEndpoints = append(m.LeaderEndpoints, protocol.BeginQuorumEpochRequestLeaderEndpoint{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	return ask{message: m, max: 1}
}

func (t *Transport) beginAnswered(m *protocol.BeginQuorumEpochResponse) kraft.ResponseBody {
	if err := topError(m.ErrorCode, len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)); err != protocol.ErrNone {
		return &kraft.BeginQuorumEpochResponse{Err: err, Leader: unknownLeader}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.NodeEndpoints {
		at = t.endpoint(at, e.NodeID == p.LeaderID, e.Host, e.Port)
	}
	return &kraft.BeginQuorumEpochResponse{Err: protocol.Error(p.ErrorCode), Leader: leaderOf(p.LeaderID, p.LeaderEpoch, at)}
}
