package kraftwire

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

var (
	key1     = kraft.Key{ID: 1, Directory: wire.UUID{1}}
	key2     = kraft.Key{ID: 2, Directory: wire.UUID{2}}
	at1      = []kraft.Endpoint{{Name: "C", Host: "one", Port: 65535}}
	leader1  = kraft.Leader{ID: 1, Epoch: 7, Endpoints: at1}
	nobody   = kraft.Leader{ID: kraft.None, Epoch: 7}
	position = kraft.Position{Offset: 1 << 40, Epoch: 6}
)

// exchange is a request, and the answers to it.
type exchange struct {
	request kraft.RequestBody
	answers []kraft.ResponseBody
	// plain returns the request as the versions below `from` have it.
	plain func(kraft.RequestBody, int16) kraft.RequestBody
}

var exchanges = map[string]exchange{
	"Vote": {&kraft.VoteRequest{Epoch: 7, Candidate: key1, Voter: key2, Last: position},
		[]kraft.ResponseBody{
			&kraft.VoteResponse{Leader: nobody, Granted: true},
			&kraft.VoteResponse{Err: protocol.ErrFencedLeaderEpoch, Leader: leader1},
		},
		func(b kraft.RequestBody, v int16) kraft.RequestBody {
			r := *b.(*kraft.VoteRequest)
			if v < 1 {
				r.Candidate.Directory, r.Voter = wire.UUID{}, kraft.NoKey
			}
			return &r
		}},
	"PreVote": {&kraft.VoteRequest{Epoch: 7, Candidate: key1, Voter: key2, Last: position, PreVote: true},
		[]kraft.ResponseBody{&kraft.VoteResponse{Leader: leader1}}, nil},
	"BeginQuorumEpoch": {&kraft.BeginQuorumEpochRequest{Leader: leader1, Voter: key2},
		[]kraft.ResponseBody{
			&kraft.BeginQuorumEpochResponse{Leader: leader1},
			&kraft.BeginQuorumEpochResponse{Err: protocol.ErrInvalidVoterKey, Leader: nobody},
		},
		func(b kraft.RequestBody, v int16) kraft.RequestBody {
			r := *b.(*kraft.BeginQuorumEpochRequest)
			if v < 1 {
				r.Leader.Endpoints, r.Voter = nil, kraft.NoKey
			}
			return &r
		}},
	"EndQuorumEpoch": {&kraft.EndQuorumEpochRequest{Leader: leader1, Successors: []kraft.Key{key2, {ID: 3, Directory: wire.UUID{3}}}},
		[]kraft.ResponseBody{&kraft.EndQuorumEpochResponse{Leader: leader1}},
		func(b kraft.RequestBody, v int16) kraft.RequestBody {
			r := *b.(*kraft.EndQuorumEpochRequest)
			if v < 1 {
				r.Leader.Endpoints, r.Successors = nil, []kraft.Key{{ID: 2}, {ID: 3}}
			}
			return &r
		}},
	"Fetch": {&kraft.FetchRequest{Replica: key1, Epoch: 7, At: position, HighWatermark: 5, MaxWaitMs: 500, MaxBytes: 1000},
		[]kraft.ResponseBody{
			&kraft.FetchResponse{Leader: leader1, HighWatermark: 9, LogStart: 3, Records: []byte{1, 2}},
			&kraft.FetchResponse{Leader: leader1, HighWatermark: 9, LogStart: 3, Records: []byte{}, Diverging: &position},
			&kraft.FetchResponse{Leader: leader1, HighWatermark: 9, LogStart: 3, Records: []byte{}, Snapshot: &position},
			&kraft.FetchResponse{Err: protocol.ErrNotLeaderOrFollower, Leader: nobody, HighWatermark: -1, Records: []byte{}},
		},
		func(b kraft.RequestBody, v int16) kraft.RequestBody {
			r := *b.(*kraft.FetchRequest)
			if v < 17 {
				r.Replica.Directory = wire.UUID{}
			}
			if v < 18 {
				r.HighWatermark = math.MaxInt64
			}
			return &r
		}},
	"FetchSnapshot": {&kraft.FetchSnapshotRequest{Replica: key1, Epoch: 7, ID: position, Position: 100, MaxBytes: 1000},
		[]kraft.ResponseBody{
			&kraft.FetchSnapshotResponse{Leader: leader1, ID: position, Size: 200, Position: 100, Bytes: []byte{1}},
			&kraft.FetchSnapshotResponse{Err: protocol.ErrSnapshotNotFound, Leader: leader1, Bytes: []byte{}},
		},
		func(b kraft.RequestBody, v int16) kraft.RequestBody {
			r := *b.(*kraft.FetchSnapshotRequest)
			if v < 1 {
				r.Replica.Directory = wire.UUID{}
			}
			return &r
		}},
	"AddRaftVoter": {&kraft.AddVoterRequest{Voter: kraft.Voter{Key: key1, Endpoints: at1}, TimeoutMs: 300},
		[]kraft.ResponseBody{&kraft.VotersResponse{Leader: unknownLeader}, &kraft.VotersResponse{Err: protocol.ErrDuplicateVoter, Message: "text", Leader: unknownLeader}}, nil},
	"AddRaftVoter early": {&kraft.AddVoterRequest{Voter: kraft.Voter{Key: key1, Endpoints: at1}, TimeoutMs: 300, AckEarly: true},
		[]kraft.ResponseBody{&kraft.VotersResponse{Leader: unknownLeader}}, nil},
	"RemoveRaftVoter": {&kraft.RemoveVoterRequest{Voter: key1},
		[]kraft.ResponseBody{&kraft.VotersResponse{Leader: unknownLeader}, &kraft.VotersResponse{Err: protocol.ErrVoterNotFound, Message: "text", Leader: unknownLeader}}, nil},
	"UpdateRaftVoter": {&kraft.UpdateVoterRequest{Epoch: 7, Voter: kraft.Voter{Key: key1, Endpoints: at1, MinVersion: 1, MaxVersion: 2}},
		[]kraft.ResponseBody{&kraft.VotersResponse{Leader: leader1}, &kraft.VotersResponse{Err: protocol.ErrUnknownLeaderEpoch, Leader: unknownLeader}}, nil},
	"ApiVersions": {&kraft.VersionsRequest{}, []kraft.ResponseBody{&kraft.VersionsResponse{MinVersion: 0, MaxVersion: 1}, &kraft.VersionsResponse{Err: protocol.ErrUnsupportedVersion}}, nil},
}

// recoded returns a message after its way over the wire.
func recoded[M protocol.Message](t *testing.T, m, into M, version int16) M {
	t.Helper()
	var w wire.Writer
	m.Encode(&w, version)
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	if err := into.Decode(w.Buf, version); err != nil {
		t.Fatalf("%T version %d: %v", m, version, err)
	}
	return into
}

// serve converts a request on the other side, and the answer.
func serve(s Served, m protocol.Message, answer kraft.ResponseBody) (kraft.RequestBody, protocol.Message) {
	switch m := m.(type) {
	case *protocol.VoteRequest:
		r, _ := s.Vote(m)
		return r, s.VoteAnswer(answer.(*kraft.VoteResponse))
	case *protocol.BeginQuorumEpochRequest:
		r, _ := s.BeginQuorumEpoch(m)
		return r, s.BeginQuorumEpochAnswer(answer.(*kraft.BeginQuorumEpochResponse))
	case *protocol.EndQuorumEpochRequest:
		r, _ := s.EndQuorumEpoch(m)
		return r, s.EndQuorumEpochAnswer(answer.(*kraft.EndQuorumEpochResponse))
	case *protocol.FetchRequest:
		r, _ := s.Fetch(m)
		return r, s.FetchAnswer(answer.(*kraft.FetchResponse))
	case *protocol.FetchSnapshotRequest:
		r, _ := s.FetchSnapshot(m)
		return r, s.FetchSnapshotAnswer(answer.(*kraft.FetchSnapshotResponse))
	case *protocol.AddRaftVoterRequest:
		r, _ := s.AddRaftVoter(m)
		return r, s.AddRaftVoterAnswer(answer.(*kraft.VotersResponse))
	case *protocol.RemoveRaftVoterRequest:
		r, _ := s.RemoveRaftVoter(m)
		return r, s.RemoveRaftVoterAnswer(answer.(*kraft.VotersResponse))
	case *protocol.UpdateRaftVoterRequest:
		r, _ := s.UpdateRaftVoter(m)
		return r, s.UpdateRaftVoterAnswer(answer.(*kraft.VotersResponse))
	}
	v := answer.(*kraft.VersionsResponse)
	out := &protocol.APIVersionsResponse{ErrorCode: v.Err.Code()}
	if v.MaxVersion > 0 {
		out.SupportedFeatures = []protocol.APIVersionsResponseSupportedFeatureKey{{Name: "other", MinVersion: 3, MaxVersion: 4},
			{Name: "kraft.version", MinVersion: v.MinVersion, MaxVersion: v.MaxVersion}}
	}
	return &kraft.VersionsRequest{}, out
}

// addressed are the first versions of answers with the leader's address.
var addressed = map[string]int16{"Vote": 1, "PreVote": 1, "BeginQuorumEpoch": 1, "EndQuorumEpoch": 1, "Fetch": 17, "FetchSnapshot": 1}

// withoutAddress returns an answer without the leader's address.
func withoutAddress(r kraft.ResponseBody) kraft.ResponseBody {
	v := reflect.New(reflect.TypeOf(r).Elem())
	v.Elem().Set(reflect.ValueOf(r).Elem())
	v.Elem().FieldByName("Leader").FieldByName("Endpoints").SetZero()
	return v.Interface().(kraft.ResponseBody)
}

// TestEveryVersionCarriesTheMessages sends each request and each answer in every version that the
// transport allows. A version loses only what it has no field for.
func TestEveryVersionCarriesTheMessages(t *testing.T) {
	for name, x := range exchanges {
		for _, answer := range x.answers {
			tr := &Transport{ClusterID: "cluster", Listener: "C", Timeout: time.Second}
			versions := []int16{}
			a, ok := tr.ask(x.request)
			if !ok {
				t.Fatalf("%s is unknown", name)
			}
			for version := a.min; version <= a.max; version++ {
				if name == "Fetch" && version == 12 {
					continue // Kafka refuses it
				}
				versions = append(versions, version)
				served := Served{ClusterID: "cluster", Version: version, Listener: "C"}
				tr.To = func(to Peer, m protocol.Message, minVersion, maxVersion int16, timeout time.Duration, done func(protocol.Message, int16, kraft.Failure)) {
					if to != (Peer{ID: 5, Host: "one", Port: 65535}) || minVersion != a.min || maxVersion != a.max || timeout != time.Second {
						t.Errorf("%s to %+v, versions %d to %d, timeout %v", name, to, minVersion, maxVersion, timeout)
					}
					q := m.(protocol.Request)
					request, out := serve(served, recoded(t, q, protocol.NewRequest(q.APIKey()), version), answer)
					want := x.request
					if x.plain != nil {
						want = x.plain(want, version)
					}
					if !reflect.DeepEqual(request, want) {
						t.Errorf("%s version %d arrives as\n%+v, it is\n%+v", name, version, request, want)
					}
					done(recoded(t, out, q.NewResponse(), version), version, kraft.NotFailed)
				}
				answered := 0
				tr.Send(5, at1, x.request, func(got kraft.ResponseBody, f kraft.Failure) {
					answered++
					want := answer
					if from, ok := addressed[name]; ok && version < from {
						want = withoutAddress(want)
					}
					if f != kraft.NotFailed || !reflect.DeepEqual(got, want) {
						t.Errorf("%s version %d is answered with\n%+v %v, it is\n%+v", name, version, got, f, want)
					}
				})
				if answered != 1 {
					t.Errorf("%s version %d: %d answers", name, version, answered)
				}
			}
			if slices.Max(versions) != a.max {
				t.Errorf("%s: versions %v", name, versions)
			}
		}
	}
}

// TestOldVersionsAreNotOffered: a pre-vote and an early acknowledgement have a field of a later
// version. Without it the request would be another one.
func TestOldVersionsAreNotOffered(t *testing.T) {
	tr := &Transport{}
	for name, want := range map[string][2]int16{"Vote": {0, 2}, "PreVote": {2, 2}, "BeginQuorumEpoch": {0, 1}, "EndQuorumEpoch": {0, 1}, "Fetch": {12, 18},
		"FetchSnapshot": {0, 1}, "AddRaftVoter": {0, 1}, "AddRaftVoter early": {1, 1}, "RemoveRaftVoter": {0, 0}, "UpdateRaftVoter": {0, 0}, "ApiVersions": {3, 4}} {
		a, _ := tr.ask(exchanges[name].request)
		if got := [2]int16{a.min, a.max}; got != want {
			t.Errorf("%s: versions %v, want %v", name, got, want)
		}
		api, _ := protocol.LookupAPI(a.message.(protocol.Request).APIKey())
		if name != "ApiVersions" && a.max != api.MaxStable {
			t.Errorf("%s: Kafka's highest version is %d", name, api.MaxStable)
		}
	}
	if _, ok := tr.ask(&kraft.UpgradeVersionRequest{}); ok {
		t.Error("UpdateFeatures is no message of the quorum")
	}
	if fmt.Sprint(tr.answered(&protocol.MetadataResponse{}, 0)) != "<nil>" {
		t.Error("a Metadata answer is converted")
	}
}
