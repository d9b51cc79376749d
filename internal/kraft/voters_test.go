package kraft

import (
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// voters returns the answer to a change of the voters.
func (b *bench) voters(body RequestBody) *VotersResponse {
	b.t.Helper()
	r, ok := b.ask(body).(*VotersResponse)
	if !ok {
		b.t.Fatalf("no answer to %+v", body)
	}
	return r
}

// TestAddVoter: the leader asks the voter for its versions, and appends the voters with them.
func TestAddVoter(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2)}, nil)
	b.lead()
	add := &AddVoterRequest{Voter: Voter{Key: testVoter(3).Key, Endpoints: testVoter(3).Endpoints}, TimeoutMs: 1000}
	b.fetch(testVoter(3).Key, b.n.Status().End)
	for _, early := range []bool{false, true} {
		add.AckEarly = early
		if r := b.ask(add); r != nil {
			t.Fatalf("%+v", r)
		}
		id := b.asked
		c, _ := call[*VersionsRequest](b, 3)
		if c.Endpoints[0] != testVoter(3).Endpoints[0] {
			t.Errorf("%+v", c)
		}
		if r := b.voters(&RemoveVoterRequest{Voter: testVoter(2).Key}); r.Err != protocol.ErrRequestTimedOut || !strings.Contains(r.Message, "previous voter change") {
			t.Errorf("a change during another one: %+v", r)
		}
		b.step(Answer{ID: c.ID, Body: &VersionsResponse{MaxVersion: 1}})
		if got := b.replies[id]; (got != nil) != early {
			t.Fatalf("early %v: %+v", early, got)
		}
		if v := b.n.Status().Voters.Find(3); v == nil || v.MaxVersion != 1 {
			t.Fatalf("%+v", b.n.Status().Voters)
		}
		b.step(Flushed{End: b.n.Status().End})
		b.fetch(testVoter(2).Key, b.n.Status().End)
		b.fetch(testVoter(3).Key, b.n.Status().End)
		if r, ok := b.replies[id].(*VotersResponse); !ok || r.Err != protocol.ErrNone {
			t.Errorf("early %v: after the commit %+v", early, r)
		}
		if early {
			break
		}
		if r := b.ask(&RemoveVoterRequest{Voter: testVoter(3).Key}); r != nil {
			t.Fatalf("%+v", r)
		}
		b.step(Flushed{End: b.n.Status().End})
		b.fetch(testVoter(2).Key, b.n.Status().End)
	}
}

// TestAddVoterFails: nothing is appended when the voter does not answer, does not support the level
// or lags, and the next change may begin.
func TestAddVoterFails(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2)}, nil)
	b.lead()
	end := b.n.Status().End
	add := &AddVoterRequest{Voter: Voter{Key: testVoter(3).Key, Endpoints: testVoter(3).Endpoints}, TimeoutMs: 1000}
	for name, c := range map[string]struct {
		answer Answer
		want   protocol.Error
		text   string
	}{
		"refused":     {Answer{Failure: Unreachable}, protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error BROKER_NOT_AVAILABLE"},
		"silent":      {Answer{Failure: TimedOut}, protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error REQUEST_TIMED_OUT"},
		"unsupported": {Answer{Failure: Unsupported}, protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error UNSUPPORTED_VERSION"},
		"error":       {Answer{Body: &VersionsResponse{Err: protocol.ErrUnknownServerError}}, protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error UNKNOWN_SERVER_ERROR"},
		"too old":     {Answer{Body: &VersionsResponse{}}, protocol.ErrInvalidRequest, "doesn't support the finalized version 1"},
		"lagging":     {Answer{Body: &VersionsResponse{MaxVersion: 1}}, protocol.ErrRequestTimedOut, "since it is lagging behind"},
	} {
		if r := b.ask(add); r != nil {
			t.Fatalf("%s: %+v", name, r)
		}
		id := b.asked
		calling, _ := call[*VersionsRequest](b, 3)
		c.answer.ID = calling.ID
		b.step(c.answer)
		if r, ok := b.replies[id].(*VotersResponse); !ok || r.Err != c.want || !strings.Contains(r.Message, c.text) {
			t.Errorf("%s: %+v", name, r)
		}
		if c.answer.Failure == Unreachable {
			if r := b.voters(add); r.Err != protocol.ErrRequestTimedOut || !strings.Contains(r.Message, "is not ready to receive requests") {
				t.Errorf("at once again: %+v", r)
			}
		}
		b.now += time.Second / 2 // the pause after a failure
		b.fetch(testVoter(2).Key, end)
		b.pass(time.Second)
		b.fetch(testVoter(2).Key, end)
	}
	if got := b.n.Status().End; got != end {
		t.Errorf("the log ends at %d, before at %d", got, end)
	}
	if r := b.ask(add); r != nil {
		t.Fatalf("%+v", r)
	}
	b.fetch(testVoter(2).Key, end)
	adding := b.asked - 1
	b.pass(1100 * time.Millisecond)
	b.fetch(testVoter(2).Key, end)
	if r := b.replies[adding]; r != nil {
		t.Errorf("after TimeoutMs: %+v", r)
	}
	b.pass(time.Second)
	if r, ok := b.replies[adding].(*VotersResponse); !ok || r.Err != protocol.ErrRequestTimedOut || r.Message != "The request timed out." {
		t.Errorf("after RequestTimeout: %+v", r)
	}
}

// TestChangesAreChecked: requests without a voter or an address are refused before anything else.
func TestChangesAreChecked(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2)}, nil)
	b.lead()
	epoch := b.n.Status().Leader.Epoch
	other := []Endpoint{{Name: "OTHER", Host: "h", Port: 3}, {Name: "X", Host: "x", Port: 4}}
	for text, body := range map[string]RequestBody{
		"Add voter request didn't include a valid voter":    &AddVoterRequest{Voter: Voter{Key: Key{ID: 3}, Endpoints: other}},
		"Remove voter request didn't include a valid voter": &RemoveVoterRequest{Voter: Key{ID: -1, Directory: wire.UUID{1}}},
		"Update voter request didn't include a valid voter": &UpdateVoterRequest{Epoch: epoch, Voter: Voter{Key: Key{ID: 2}}},
		"Add voter request didn't include the endpoint (Endpoints(endpoints={ListenerName(OTHER)=h/<unresolved>:3, ListenerName(X)=x/<unresolved>:4})) for the default listener ListenerName(C)": &AddVoterRequest{Voter: Voter{Key: testVoter(3).Key, Endpoints: other}},
		"Update voter request didn't include the endpoint (Endpoints(endpoints={})) for the default listener ListenerName(C)":                                                                    &UpdateVoterRequest{Epoch: epoch, Voter: Voter{Key: testVoter(2).Key}},
	} {
		if r := b.voters(body); r.Err != protocol.ErrInvalidRequest || r.Message != text {
			t.Errorf("%+v", r)
		}
	}
}

// TestAutoJoin: a controller that is no voter asks the leader to remove its old disk, and then to
// add it. It asks once in a fetch timeout, and fetches meanwhile.
func TestAutoJoin(t *testing.T) {
	old := Voter{Key: Key{ID: 1, Directory: wire.UUID{99}}, Endpoints: testVoter(1).Endpoints, MaxVersion: 1}
	for _, c := range []struct {
		name   string
		voters Voters
		change func(*Options, *Stored)
		want   RequestBody
	}{
		{"new", Voters{testVoter(2), testVoter(3)}, func(o *Options, _ *Stored) { o.AutoJoin = true }, &AddVoterRequest{}},
		{"new disk", Voters{old, testVoter(2), testVoter(3)}, func(o *Options, _ *Stored) { o.AutoJoin = true }, &RemoveVoterRequest{}},
		{"switched off", Voters{testVoter(2), testVoter(3)}, nil, nil},
		{"a broker", Voters{testVoter(2), testVoter(3)}, func(o *Options, _ *Stored) { o.AutoJoin, o.CanVote = true, false }, nil},
		{"static voters", Voters{testVoter(2), testVoter(3)}, func(o *Options, s *Stored) { o.AutoJoin, s.Version = true, 0 }, nil},
		{"a voter", Voters{testVoter(1), testVoter(2)}, func(o *Options, _ *Stored) { o.AutoJoin = true }, nil},
	} {
		b := newBench(t, c.voters, c.change)
		b.follow()
		var asked []RequestBody
		for range 25 { // 2.5 fetch timeouts
			calls := b.queue
			b.queue = nil
			for _, call := range calls {
				switch body := call.Body.(type) {
				case *FetchRequest:
					b.step(Answer{ID: call.ID, Body: &FetchResponse{Leader: b.n.Status().Leader, HighWatermark: 0}})
				case *AddVoterRequest:
					asked = append(asked, body)
					if body.Voter.Key != testVoter(1).Key || !body.AckEarly || body.TimeoutMs != 2000 || len(body.Voter.Endpoints) != 1 {
						t.Errorf("%s: %+v", c.name, body)
					}
					b.step(Answer{ID: call.ID, Body: &VotersResponse{Err: protocol.ErrRequestTimedOut, Leader: Leader{ID: None, Epoch: -1}}})
				case *RemoveVoterRequest:
					asked = append(asked, body)
					if body.Voter != old.Key {
						t.Errorf("%s: %+v", c.name, body)
					}
					b.step(Answer{ID: call.ID, Body: &VotersResponse{Leader: Leader{ID: None, Epoch: -1}}})
				case *UpdateVoterRequest:
					t.Errorf("%s: %+v", c.name, body)
				}
			}
			b.pass(200 * time.Millisecond)
		}
		if c.want == nil && len(asked) > 0 || c.want != nil && (len(asked) != 2 || typeName(asked[0]) != typeName(c.want)) {
			t.Errorf("%s: %d requests, %+v", c.name, len(asked), asked)
		}
	}
}

func typeName(b RequestBody) string {
	switch b.(type) {
	case *AddVoterRequest:
		return "add"
	case *RemoveVoterRequest:
		return "remove"
	}
	return "other"
}
