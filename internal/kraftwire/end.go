package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

// EndQuorumEpoch converts an EndQuorumEpoch request. refused is the answer when it is not for this
// quorum.
func (s Served) EndQuorumEpoch(m *protocol.EndQuorumEpochRequest) (r *kraft.EndQuorumEpochRequest, refused *protocol.EndQuorumEpochResponse) {
	one := len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)
	if err := s.refusedBy(m.ClusterID, one); err != protocol.ErrNone {
		return nil, &protocol.EndQuorumEpochResponse{ErrorCode: err.Code()}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.LeaderEndpoints {
		at = append(at, kraft.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	r = &kraft.EndQuorumEpochRequest{Leader: leaderOf(p.LeaderID, p.LeaderEpoch, at)}
	for _, id := range p.PreferredSuccessors {
		r.Successors = append(r.Successors, kraft.Key{ID: id})
	}
	for _, c := range p.PreferredCandidates {
		r.Successors = append(r.Successors, kraft.Key{ID: c.CandidateID, Directory: c.CandidateDirectoryID})
	}
	return r, nil
}

// EndQuorumEpochAnswer converts the answer to an EndQuorumEpoch request.
func (s Served) EndQuorumEpochAnswer(r *kraft.EndQuorumEpochResponse) *protocol.EndQuorumEpochResponse {
	m := &protocol.EndQuorumEpochResponse{Topics: []protocol.EndQuorumEpochResponseTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.EndQuorumEpochResponsePartitionData{{ErrorCode: r.Err.Code(), LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}}}}}
	if e, ok := s.leaderEndpoint(r.Leader, 1); ok {
		m.NodeEndpoints = []protocol.EndQuorumEpochResponseNodeEndpoint{{NodeID: r.Leader.ID, Host: e.Host, Port: e.Port}}
	}
	return m
}

// end makes an EndQuorumEpoch request. Version 0 has the successors' node ids only.
func (t *Transport) end(r *kraft.EndQuorumEpochRequest) ask {
	p := protocol.EndQuorumEpochRequestPartitionData{LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch}
	for _, k := range r.Successors {
		p.PreferredSuccessors = append(p.PreferredSuccessors, k.ID)
		p.PreferredCandidates = append(p.PreferredCandidates, protocol.EndQuorumEpochRequestReplicaInfo{CandidateID: k.ID, CandidateDirectoryID: k.Directory})
	}
	m := &protocol.EndQuorumEpochRequest{ClusterID: &t.ClusterID, Topics: []protocol.EndQuorumEpochRequestTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.EndQuorumEpochRequestPartitionData{p}}}}
	for _, e := range r.Leader.Endpoints {
		m.LeaderEndpoints = append(m.LeaderEndpoints, protocol.EndQuorumEpochRequestLeaderEndpoint{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	return ask{message: m, max: 1}
}

func (t *Transport) endAnswered(m *protocol.EndQuorumEpochResponse) kraft.ResponseBody {
	if err := topError(m.ErrorCode, len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)); err != protocol.ErrNone {
		return &kraft.EndQuorumEpochResponse{Err: err, Leader: unknownLeader}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.NodeEndpoints {
		at = t.endpoint(at, e.NodeID == p.LeaderID, e.Host, e.Port)
	}
	return &kraft.EndQuorumEpochResponse{Err: protocol.Error(p.ErrorCode), Leader: leaderOf(p.LeaderID, p.LeaderEpoch, at)}
}
