package quorum

import (
	"errors"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// observed is a fetch of an observer that waits at the end of the leader's log.
func observed(n *node) *kraft.FetchRequest {
	s := n.c.Status()
	return &kraft.FetchRequest{Replica: kraft.Key{ID: 9, Directory: wire.UUID{9}}, Epoch: s.Epoch, At: kraft.Position{Offset: s.LogEndOffset, Epoch: s.Epoch},
		HighWatermark: s.HighWatermark, MaxWaitMs: 1 << 30, MaxBytes: 1000}
}

// served sends a request. The result counts the answers, and has the last one.
func served(n *node, r kraft.RequestBody) (count *int, answer *kraft.ResponseBody) {
	count, answer = new(int), new(kraft.ResponseBody)
	n.c.Serve(r, func(r kraft.ResponseBody) { *count++; *answer = r })
	n.c.process()
	return count, answer
}

// TestServeEndsWithTheNode: every request of another node gets its one answer, also when the log
// fails or the node stops while it waits, and afterwards.
func TestServeEndsWithTheNode(t *testing.T) {
	for name, end := range map[string]func(n *node){
		"failure": func(n *node) { n.c.engine.fail(errors.New("the disk is gone")) },
		"close":   func(n *node) { n.close() },
	} {
		v := openVoters(t)
		v.run("a leader", func() bool { return v.leader() != nil })
		n := v.leader()
		count, _ := served(n, observed(n))
		if *count != 0 {
			t.Fatalf("%s: the fetch does not wait", name)
		}
		queued := 0
		n.c.Serve(&kraft.VoteRequest{}, func(kraft.ResponseBody) { queued++ })
		end(n)
		n.c.process()
		if *count != 1 || queued != 1 {
			t.Errorf("%s: %d and %d answers", name, *count, queued)
		}
		for _, r := range []kraft.RequestBody{observed(n), &kraft.VoteRequest{}, &kraft.RemoveVoterRequest{}} {
			if count, answer := served(n, r); *count != 1 || *answer != nil {
				t.Errorf("%s: %T is answered %d times, with %v", name, r, *count, *answer)
			}
		}
		described := 0
		n.c.Describe(func(d Description) {
			if described++; d.Leads {
				t.Errorf("%s: %+v", name, d)
			}
		})
		n.c.process()
		if described != 1 {
			t.Errorf("%s: described %d times", name, described)
		}
	}
}

// TestFailureInsideAnAnswer: a failure in the middle of a step leaves no request without an answer.
func TestFailureInsideAnAnswer(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	n := v.leader()
	var second int
	n.c.Serve(observed(n), func(r kraft.ResponseBody) {
		if r != nil {
			t.Errorf("%+v", r)
		}
	})
	n.c.process()
	n.c.engine.fail(errors.New("the disk is gone"))
	n.c.engine.answer(kraft.Reply{ID: n.c.engine.requests, Body: &kraft.FetchResponse{}}) // it is gone
	n.c.Serve(observed(n), func(kraft.ResponseBody) { second++ })
	n.c.process()
	if second != 1 {
		t.Errorf("%d answers", second)
	}
}

// TestDescribe: the leader knows how far each replica is, and when it was last at the end.
func TestDescribe(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	leader := v.leader()
	v.run("all voters fetch", func() bool {
		for _, r := range leader.c.engine.describe().Voters {
			if r.End < leader.c.Status().HighWatermark {
				return false
			}
		}
		return true
	})
	v.cut = v.follower().c.engine.o.NodeID
	before := leader.c.Status().LogEndOffset
	v.create("topic")
	if _, answer := served(leader, &kraft.FetchRequest{Replica: kraft.Key{ID: 7, Directory: wire.UUID{7}}, Epoch: leader.c.Status().Epoch}); (*answer).(*kraft.FetchResponse).Err != protocol.ErrNone {
		t.Fatalf("%+v", *answer)
	}
	var d Description
	leader.c.Describe(func(got Description) { d = got })
	leader.c.process()
	now := leader.now.UnixMilli()
	if !d.Leads || d.LeaderID != leader.c.engine.o.NodeID || len(d.Voters) != 3 || len(d.Observers) != 1 || d.HighWatermark != leader.c.Status().HighWatermark || len(d.Set) != 3 {
		t.Fatalf("%+v", d)
	}
	for i, r := range d.Voters {
		switch {
		case r.ID != int32(i+1) || r.DirectoryID != (wire.UUID{}):
			t.Errorf("%+v", r)
		case r.ID == v.cut:
			if r.End >= leader.c.Status().LogEndOffset || r.End > before || r.LastFetchMs > now || r.LastCaughtUpMs > r.LastFetchMs {
				t.Errorf("cut off: %+v at %d", r, now)
			}
		case r.ID == d.LeaderID:
			if r.End != leader.c.Status().LogEndOffset || r.LastFetchMs != now || r.LastCaughtUpMs != now {
				t.Errorf("leader: %+v at %d", r, now)
			}
		case r.End < d.HighWatermark || r.LastFetchMs < 0 || now-r.LastCaughtUpMs > 2000:
			t.Errorf("follower: %+v at %d", r, now)
		}
	}
	if o := d.Observers[0]; o.ID != 7 || o.DirectoryID != (wire.UUID{7}) || o.End != 0 || o.LastCaughtUpMs != -1 {
		t.Errorf("%+v", o)
	}
	follower := v.nodes[6-v.cut-d.LeaderID]
	follower.c.Describe(func(got Description) { d = got })
	follower.c.process()
	if d.Leads || d.Voters != nil || d.LeaderID != leader.c.engine.o.NodeID {
		t.Errorf("%+v", d)
	}
	if l := follower.c.Leader(); l.ID != d.LeaderID || len(l.Endpoints) != 1 || l.Endpoints[0].Port != uint16(l.ID) {
		t.Errorf("%+v", l)
	}
	// An observer that does not fetch is forgotten.
	leader.c.engine.readClock()
	leader.c.engine.elapsed += observerFor
	if d = leader.c.engine.describe(); len(d.Observers) != 0 {
		t.Errorf("%+v", d.Observers)
	}
}

// TestAddWithoutTransport: a node without a transport cannot ask another one for its versions, and
// says so at once.
func TestAddWithoutTransport(t *testing.T) {
	n := openAlone(t)
	defer n.close()
	count, answer := served(n, &kraft.AddVoterRequest{TimeoutMs: 1 << 30, Voter: kraft.Voter{Key: kraft.Key{ID: 2, Directory: wire.UUID{2}},
		Endpoints: []kraft.Endpoint{{Name: "CONTROLLER", Host: "h", Port: 1}}}})
	n.c.process()
	if *count != 1 || (*answer).(*kraft.VotersResponse).Err != protocol.ErrRequestTimedOut {
		t.Errorf("%d answers, %+v", *count, *answer)
	}
}

// asked keeps the last request of a node, and the function for its answer.
type asked struct {
	request kraft.RequestBody
	done    func(kraft.ResponseBody, kraft.Failure)
}

func (a *asked) Send(_ int32, _ []kraft.Endpoint, r kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure)) {
	a.request, a.done = r, done
}

// TestVotersBetweenDecisions: the record of a new voter comes between two decisions of one step, at
// an offset of its own.
func TestVotersBetweenDecisions(t *testing.T) {
	fsys, peer := vfs.NewMem(), &asked{}
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	o.Transport = peer
	n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	defer n.close()
	n.register()
	fetch := func() {
		r := observed(n)
		r.Replica, r.MaxWaitMs = kraft.Key{ID: 2, Directory: wire.UUID{2}}, 0
		if _, answer := served(n, r); (*answer).(*kraft.FetchResponse).Err != protocol.ErrNone {
			t.Fatalf("%+v", *answer)
		}
	}
	fetch()
	added, answer := served(n, &kraft.AddVoterRequest{Voter: kraft.Voter{Key: kraft.Key{ID: 2, Directory: wire.UUID{2}},
		Endpoints: []kraft.Endpoint{{Name: "CONTROLLER", Host: "h", Port: 1}}}})
	if _, ok := peer.request.(*kraft.VersionsRequest); !ok || *added != 0 {
		t.Fatalf("%T, %d answers", peer.request, *added)
	}
	created := 0
	create := func(name string) {
		controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 5000,
			Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: name, NumPartitions: 1, ReplicationFactor: 1}}},
			func(r *protocol.CreateTopicsResponse) {
				if created++; r.Topics[0].ErrorCode != 0 {
					t.Errorf("%s: %v", name, protocol.Error(r.Topics[0].ErrorCode))
				}
			})
	}
	create("before")
	peer.done(&kraft.VersionsResponse{MaxVersion: 1}, kraft.NotFailed)
	create("after")
	n.c.process()
	if created != 0 || !n.c.Status().Active {
		t.Errorf("%d topics before the new voter has fetched, active %v", created, n.c.Status().Active)
	}
	fetch()
	if created != 2 || *added != 1 || (*answer).(*kraft.VotersResponse).Err != protocol.ErrNone || len(n.c.Status().Voters) != 2 {
		t.Errorf("%d topics, %d answers, %+v, voters %+v", created, *added, *answer, n.c.Status().Voters)
	}
}
