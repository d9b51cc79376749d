package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

// Vote converts a Vote request. refused is the answer when it is not for this quorum.
func (s Served) Vote(m *protocol.VoteRequest) (r *kraft.VoteRequest, refused *protocol.VoteResponse) {
	one := len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)
	if err := s.refusedBy(m.ClusterID, one); err != protocol.ErrNone {
		return nil, &protocol.VoteResponse{ErrorCode: err.Code()}
	}
	p := &m.Topics[0].Partitions[0]
	return &kraft.VoteRequest{
		Epoch: p.ReplicaEpoch, Candidate: kraft.Key{ID: p.ReplicaID, Directory: p.ReplicaDirectoryID}, Voter: keyOf(m.VoterID, p.VoterDirectoryID),
		Last: kraft.Position{Offset: p.LastOffset, Epoch: p.LastOffsetEpoch}, PreVote: p.PreVote,
	}, nil
}

// VoteAnswer converts the answer to a Vote request.
func (s Served) VoteAnswer(r *kraft.VoteResponse) *protocol.VoteResponse {
	m := &protocol.VoteResponse{Topics: []protocol.VoteResponseTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.VoteResponsePartitionData{{ErrorCode: r.Err.Code(), LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch, VoteGranted: r.Granted}}}}}
	if e, ok := s.leaderEndpoint(r.Leader, 1); ok {
		m.NodeEndpoints = []protocol.VoteResponseNodeEndpoint{{NodeID: r.Leader.ID, Host: e.Host, Port: e.Port}}
	}
	return m
}

// vote makes a Vote request. Versions 0 and 1 cannot say that it is a pre-vote.
func (t *Transport) vote(r *kraft.VoteRequest) ask {
	m := &protocol.VoteRequest{ClusterID: &t.ClusterID, VoterID: r.Voter.ID, Topics: []protocol.VoteRequestTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.VoteRequestPartitionData{{ReplicaEpoch: r.Epoch, ReplicaID: r.Candidate.ID, ReplicaDirectoryID: r.Candidate.Directory,
			VoterDirectoryID: r.Voter.Directory, LastOffsetEpoch: r.Last.Epoch, LastOffset: r.Last.Offset, PreVote: r.PreVote}}}}}
	a := ask{message: m, max: 2}
	if r.PreVote {
		a.min = 2
	}
	return a
}

func (t *Transport) voteAnswered(m *protocol.VoteResponse) kraft.ResponseBody {
	if err := topError(m.ErrorCode, len(m.Topics) == 1 && len(m.Topics[0].Partitions) == 1 && isMetadata(m.Topics[0].TopicName, m.Topics[0].Partitions[0].PartitionIndex)); err != protocol.ErrNone {
		return &kraft.VoteResponse{Err: err, Leader: unknownLeader}
	}
	p := &m.Topics[0].Partitions[0]
	var at []kraft.Endpoint
	for _, e := range m.NodeEndpoints {
		at = t.endpoint(at, e.NodeID == p.LeaderID, e.Host, e.Port)
	}
	return &kraft.VoteResponse{Err: protocol.Error(p.ErrorCode), Leader: leaderOf(p.LeaderID, p.LeaderEpoch, at), Granted: p.VoteGranted}
}
