package kraftwire

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
)

// AddRaftVoter converts an AddRaftVoter request. refused is the answer when it is for another
// cluster. Version 0 waits for the commit.
func (s Served) AddRaftVoter(m *protocol.AddRaftVoterRequest) (r *kraft.AddVoterRequest, refused *protocol.AddRaftVoterResponse) {
	if !s.sameCluster(m.ClusterID) {
		return nil, s.AddRaftVoterAnswer(s.otherCluster(*m.ClusterID))
	}
	r = &kraft.AddVoterRequest{Voter: kraft.Voter{Key: keyOf(m.VoterID, m.VoterDirectoryID)}, TimeoutMs: m.TimeoutMs, AckEarly: !m.AckWhenCommitted}
	for _, l := range m.Listeners {
		r.Voter.Endpoints = append(r.Voter.Endpoints, kraft.Endpoint{Name: l.Name, Host: l.Host, Port: l.Port})
	}
	return r, nil
}

// AddRaftVoterAnswer converts the answer to an AddRaftVoter request.
func (s Served) AddRaftVoterAnswer(r *kraft.VotersResponse) *protocol.AddRaftVoterResponse {
	return &protocol.AddRaftVoterResponse{ErrorCode: r.Err.Code(), ErrorMessage: messageOf(r)}
}

// RemoveRaftVoter converts a RemoveRaftVoter request. refused is the answer when it is for another
// cluster.
func (s Served) RemoveRaftVoter(m *protocol.RemoveRaftVoterRequest) (r *kraft.RemoveVoterRequest, refused *protocol.RemoveRaftVoterResponse) {
	if !s.sameCluster(m.ClusterID) {
		return nil, s.RemoveRaftVoterAnswer(s.otherCluster(*m.ClusterID))
	}
	return &kraft.RemoveVoterRequest{Voter: keyOf(m.VoterID, m.VoterDirectoryID)}, nil
}

// RemoveRaftVoterAnswer converts the answer to a RemoveRaftVoter request.
func (s Served) RemoveRaftVoterAnswer(r *kraft.VotersResponse) *protocol.RemoveRaftVoterResponse {
	return &protocol.RemoveRaftVoterResponse{ErrorCode: r.Err.Code(), ErrorMessage: messageOf(r)}
}

// messageOf returns the text of an answer: as Kafka's, null without an error.
func messageOf(r *kraft.VotersResponse) *string {
	if r.Err == protocol.ErrNone {
		return nil
	}
	return &r.Message
}

// otherCluster refuses a request for another cluster.
func (s Served) otherCluster(id string) *kraft.VotersResponse {
	r := &kraft.VotersResponse{Err: protocol.ErrInconsistentClusterID, Leader: unknownLeader,
		Message: fmt.Sprintf("The given id %q doesn't match the cluster id %q", id, s.ClusterID)}
	if s.Leader != nil {
		r.Leader = s.Leader()
	}
	return r
}

// UpdateRaftVoter converts an UpdateRaftVoter request. refused is the answer when it is for another
// cluster.
func (s Served) UpdateRaftVoter(m *protocol.UpdateRaftVoterRequest) (r *kraft.UpdateVoterRequest, refused *protocol.UpdateRaftVoterResponse) {
	if !s.sameCluster(m.ClusterID) {
		return nil, s.UpdateRaftVoterAnswer(s.otherCluster(*m.ClusterID))
	}
	r = &kraft.UpdateVoterRequest{Epoch: m.CurrentLeaderEpoch, Voter: kraft.Voter{Key: keyOf(m.VoterID, m.VoterDirectoryID),
		MinVersion: m.KraftVersionFeature.MinSupportedVersion, MaxVersion: m.KraftVersionFeature.MaxSupportedVersion}}
	for _, l := range m.Listeners {
		r.Voter.Endpoints = append(r.Voter.Endpoints, kraft.Endpoint{Name: l.Name, Host: l.Host, Port: l.Port})
	}
	return r, nil
}

// UpdateRaftVoterAnswer converts the answer to an UpdateRaftVoter request. It names the leader only
// with its address.
func (s Served) UpdateRaftVoterAnswer(r *kraft.VotersResponse) *protocol.UpdateRaftVoterResponse {
	m := protocol.New[protocol.UpdateRaftVoterResponse]()
	m.ErrorCode = r.Err.Code()
	if e, ok := s.leaderEndpoint(r.Leader, 0); ok {
		m.CurrentLeader = protocol.UpdateRaftVoterResponseCurrentLeader{LeaderID: r.Leader.ID, LeaderEpoch: r.Leader.Epoch, Host: e.Host, Port: int32(e.Port)}
	}
	return m
}

// add makes an AddRaftVoter request. Version 0 cannot ask for an answer before the commit.
func (t *Transport) add(r *kraft.AddVoterRequest) ask {
	m := &protocol.AddRaftVoterRequest{ClusterID: &t.ClusterID, TimeoutMs: r.TimeoutMs, VoterID: r.Voter.ID, VoterDirectoryID: r.Voter.Directory, AckWhenCommitted: !r.AckEarly}
	for _, e := range r.Voter.Endpoints {
		m.Listeners = append(m.Listeners, protocol.AddRaftVoterRequestListener{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	a := ask{message: m, max: 1}
	if r.AckEarly {
		a.min = 1
	}
	return a
}

func (t *Transport) remove(r *kraft.RemoveVoterRequest) ask {
	return ask{message: &protocol.RemoveRaftVoterRequest{ClusterID: &t.ClusterID, VoterID: r.Voter.ID, VoterDirectoryID: r.Voter.Directory}}
}

func (t *Transport) update(r *kraft.UpdateVoterRequest) ask {
	m := &protocol.UpdateRaftVoterRequest{ClusterID: &t.ClusterID, CurrentLeaderEpoch: r.Epoch, VoterID: r.Voter.ID, VoterDirectoryID: r.Voter.Directory}
	m.KraftVersionFeature.MinSupportedVersion, m.KraftVersionFeature.MaxSupportedVersion = r.Voter.MinVersion, r.Voter.MaxVersion
	for _, e := range r.Voter.Endpoints {
		m.Listeners = append(m.Listeners, protocol.UpdateRaftVoterRequestListener{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	return ask{message: m}
}

func (t *Transport) updateAnswered(m *protocol.UpdateRaftVoterResponse) kraft.ResponseBody {
	l := m.CurrentLeader
	var at []kraft.Endpoint
	if port := uint16(l.Port); int32(port) == l.Port {
		at = t.endpoint(nil, l.LeaderID >= 0, l.Host, port)
	}
	return &kraft.VotersResponse{Err: protocol.Error(m.ErrorCode), Leader: leaderOf(l.LeaderID, l.LeaderEpoch, at)}
}

// votersAnswered converts the answers that do not name the leader.
func votersAnswered(code int16, message *string) kraft.ResponseBody {
	r := &kraft.VotersResponse{Err: protocol.Error(code), Leader: unknownLeader}
	if message != nil {
		r.Message = *message
	}
	return r
}
