package kraftwire

import (
	"reflect"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

// answeredBy returns what a transport makes of an answer.
func answeredBy(tr *Transport, request kraft.RequestBody, m protocol.Message, version int16, failure kraft.Failure) (got kraft.ResponseBody, f kraft.Failure) {
	tr.To = func(_ Peer, _ protocol.Message, _, _ int16, _ time.Duration, done func(protocol.Message, int16, kraft.Failure)) {
		done(m, version, failure)
	}
	tr.Send(1, at1, request, func(r kraft.ResponseBody, why kraft.Failure) { got, f = r, why })
	return got, f
}

// TestAnswersThatSayNothing: an answer with an error for the whole request, or without the metadata
// log, is an error of the peer, and names no leader.
func TestAnswersThatSayNothing(t *testing.T) {
	tr := &Transport{ClusterID: "c", Listener: "C"}
	other := []protocol.VoteResponsePartitionData{{PartitionIndex: 1, LeaderID: 4, LeaderEpoch: 9, VoteGranted: true}}
	for name, c := range map[string]struct {
		request kraft.RequestBody
		answer  protocol.Message
		want    kraft.ResponseBody
	}{
		"cluster":  {&kraft.VoteRequest{}, &protocol.VoteResponse{ErrorCode: 104}, &kraft.VoteResponse{Err: protocol.ErrInconsistentClusterID, Leader: unknownLeader}},
		"no topic": {&kraft.VoteRequest{}, &protocol.VoteResponse{}, &kraft.VoteResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader}},
		"no partition": {&kraft.VoteRequest{}, &protocol.VoteResponse{Topics: []protocol.VoteResponseTopicData{{TopicName: topicname.ClusterMetadata}}},
			&kraft.VoteResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader}},
		"other partition": {&kraft.VoteRequest{}, &protocol.VoteResponse{Topics: []protocol.VoteResponseTopicData{{TopicName: topicname.ClusterMetadata, Partitions: other}}},
			&kraft.VoteResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader}},
		"begin": {&kraft.BeginQuorumEpochRequest{}, &protocol.BeginQuorumEpochResponse{}, &kraft.BeginQuorumEpochResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader}},
		"end":   {&kraft.EndQuorumEpochRequest{}, &protocol.EndQuorumEpochResponse{ErrorCode: 42}, &kraft.EndQuorumEpochResponse{Err: protocol.ErrInvalidRequest, Leader: unknownLeader}},
		"fetch": {&kraft.FetchRequest{}, &protocol.FetchResponse{ErrorCode: 42}, &kraft.FetchResponse{Err: protocol.ErrInvalidRequest, Leader: unknownLeader, HighWatermark: -1}},
		"fetch of another topic": {&kraft.FetchRequest{}, &protocol.FetchResponse{Responses: []protocol.FetchResponseFetchableTopicResponse{
			{TopicID: wire.UUID{1}, Partitions: make([]protocol.FetchResponsePartitionData, 1)}}},
			&kraft.FetchResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader, HighWatermark: -1}},
		"snapshot": {&kraft.FetchSnapshotRequest{}, &protocol.FetchSnapshotResponse{ErrorCode: -1}, &kraft.FetchSnapshotResponse{Err: protocol.ErrUnknownServerError, Leader: unknownLeader}},
	} {
		if got, f := answeredBy(tr, c.request, c.answer, 17, kraft.NotFailed); f != kraft.NotFailed || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v %v, want %+v", name, got, f, c.want)
		}
	}
}

// TestHalfPositionsAreErrors: Kafka takes an epoch or an offset alone for a broken answer.
func TestHalfPositionsAreErrors(t *testing.T) {
	tr := &Transport{ClusterID: "c", Listener: "C"}
	for name, change := range map[string]func(*protocol.FetchResponsePartitionData){
		"diverging without an offset": func(p *protocol.FetchResponsePartitionData) { p.DivergingEpoch.Epoch = 3 },
		"diverging without an epoch":  func(p *protocol.FetchResponsePartitionData) { p.DivergingEpoch.EndOffset = 3 },
		"snapshot without an offset":  func(p *protocol.FetchResponsePartitionData) { p.SnapshotID.Epoch = 3 },
		"snapshot without an epoch":   func(p *protocol.FetchResponsePartitionData) { p.SnapshotID.EndOffset = 3 },
	} {
		p := *protocol.New[protocol.FetchResponsePartitionData]()
		p.CurrentLeader = protocol.FetchResponseLeaderIDAndEpoch{LeaderID: 1, LeaderEpoch: 7}
		change(&p)
		m := &protocol.FetchResponse{Responses: []protocol.FetchResponseFetchableTopicResponse{{TopicID: topicID, Partitions: []protocol.FetchResponsePartitionData{p}}}}
		m.NodeEndpoints = []protocol.FetchResponseNodeEndpoint{{NodeID: 1, Host: "h", Port: 70000}}
		got, _ := answeredBy(tr, &kraft.FetchRequest{}, m, 17, kraft.NotFailed)
		if r := got.(*kraft.FetchResponse); r.Err != protocol.ErrUnknownServerError || r.Diverging != nil || r.Snapshot != nil || r.Leader.Endpoints != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestFailuresPass: the reason why there is no answer reaches the core.
func TestFailuresPass(t *testing.T) {
	tr := &Transport{ClusterID: "c", Listener: "C"}
	for _, want := range []kraft.Failure{kraft.TimedOut, kraft.Unreachable, kraft.Unsupported} {
		if r, f := answeredBy(tr, &kraft.VoteRequest{}, nil, 0, want); r != nil || f != want {
			t.Errorf("%v: %v %v", want, r, f)
		}
	}
	if r, f := answeredBy(tr, &kraft.VoteRequest{}, &protocol.MetadataResponse{}, 0, kraft.NotFailed); r != nil || f != kraft.Unsupported {
		t.Errorf("an answer of another API: %v %v", r, f)
	}
	tr.To = nil // it is not called
	for _, c := range []struct {
		at []kraft.Endpoint
		r  kraft.RequestBody
	}{{nil, &kraft.VoteRequest{}}, {at1, &kraft.UpgradeVersionRequest{}}} {
		tr.Send(1, c.at, c.r, func(r kraft.ResponseBody, f kraft.Failure) {
			if r != nil || f != kraft.Unreachable {
				t.Errorf("%T to %v: %v %v", c.r, c.at, r, f)
			}
		})
	}
}

// TestPeerAddress: a peer is reached on this node's own controller listener, and without one at its
// first address.
func TestPeerAddress(t *testing.T) {
	tr := &Transport{ClusterID: "c", Listener: "C"}
	var got Peer
	tr.To = func(to Peer, _ protocol.Message, _, _ int16, _ time.Duration, _ func(protocol.Message, int16, kraft.Failure)) {
		got = to
	}
	for want, at := range map[Peer][]kraft.Endpoint{
		{ID: 1, Host: "c", Port: 2}:  {{Name: "OTHER", Host: "o", Port: 1}, {Name: "C", Host: "c", Port: 2}},
		{ID: -2, Host: "b", Port: 3}: {{Host: "b", Port: 3}},
	} {
		tr.Send(want.ID, at, &kraft.VersionsRequest{}, nil)
		if got != want {
			t.Errorf("%v is reached at %+v, want %+v", at, got, want)
		}
	}
}

// TestServedAddsTheLeader: an update for another cluster names the leader, if there is one.
func TestServedAddsTheLeader(t *testing.T) {
	other := "other"
	s := Served{ClusterID: "c", Listener: "C"}
	_, m := s.UpdateRaftVoter(&protocol.UpdateRaftVoterRequest{ClusterID: &other})
	if m.CurrentLeader.LeaderID != -1 || m.ErrorCode != 104 {
		t.Errorf("%+v", m)
	}
	s.Leader = func() kraft.Leader { return leader1 }
	if _, m = s.UpdateRaftVoter(&protocol.UpdateRaftVoterRequest{ClusterID: &other}); m.CurrentLeader.LeaderID != 1 || m.CurrentLeader.Host != "one" {
		t.Errorf("%+v", m)
	}
	s.Listener = "OTHER"
	if _, m = s.UpdateRaftVoter(&protocol.UpdateRaftVoterRequest{ClusterID: &other}); m.CurrentLeader.LeaderID != -1 {
		t.Errorf("the leader has no address on the listener: %+v", m)
	}
}

// FuzzAnswers converts the answers of a peer that sends anything. The core gets an answer, or the
// failure, and never a position or an address that is half there.
func FuzzAnswers(f *testing.F) {
	for _, x := range exchanges {
		for _, a := range x.answers {
			tr := &Transport{Listener: "C"}
			ask, _ := tr.ask(x.request)
			q := ask.message.(protocol.Request)
			_, out := serve(Served{Version: ask.max, Listener: "C"}, q, a)
			var w wire.Writer
			out.Encode(&w, ask.max)
			f.Add(q.APIKey(), ask.max, w.Buf)
		}
	}
	f.Fuzz(func(t *testing.T, key, version int16, body []byte) {
		m := protocol.NewResponse(key)
		if m == nil || m.Decode(body, version) != nil {
			return
		}
		tr := &Transport{Listener: "C"}
		switch r := tr.answered(m, version).(type) {
		case *kraft.FetchResponse:
			if r.Diverging != nil && r.Diverging.Offset < 0 || r.Snapshot != nil && r.Snapshot.Epoch < 0 {
				t.Errorf("%+v", r)
			}
		case *kraft.VoteResponse:
			if r.Leader.ID < 0 && (r.Leader.ID != kraft.None || r.Leader.Endpoints != nil) {
				t.Errorf("%+v", r)
			}
		}
	})
}
