package kraft

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// steady is a source of randomness that gives 0.
type steady struct{}

func (steady) Uint64() uint64 { return 0 }

func testVoter(id int32) Voter {
	return Voter{Key: Key{ID: id, Directory: wire.UUID{byte(id)}}, MaxVersion: 1, Endpoints: []Endpoint{{Name: "C", Host: "h", Port: uint16(id)}}}
}

// bench drives one node by hand.
type bench struct {
	t   *testing.T
	n   *Node
	now time.Duration
	// calls are those of the last step, queue all that a test has not taken.
	calls, queue []Call
	// asked is the number of the last request, replies the answers by number.
	asked   uint64
	replies map[uint64]ResponseBody
}

// newBench makes node 1 in a quorum of the voters, with kraft.version 1 unless they are static.
func newBench(t *testing.T, voters Voters, change func(*Options, *Stored)) *bench {
	o := Options{Self: testVoter(1), CanVote: true, Candidate: true, ElectionTimeout: time.Second, FetchTimeout: 2 * time.Second, RequestTimeout: 2 * time.Second,
		RetryBackoff: 20 * time.Millisecond, RetryBackoffMax: time.Second, FetchMaxBytes: 1000, FetchMaxWait: 500 * time.Millisecond, Rand: steady{}}
	s := Stored{State: State{Leader: None, Voted: NoKey}, Version: 1, Voters: voters}
	if change != nil {
		change(&o, &s)
	}
	b := &bench{t: t, n: New(0, o, s), replies: map[uint64]ResponseBody{}}
	b.step(Tick{})
	return b
}

func (b *bench) step(e Event) {
	fx := b.n.Step(b.now, e)
	b.calls, b.queue = fx.Calls, append(b.queue, fx.Calls...)
	for _, r := range fx.Replies {
		if b.replies[r.ID] != nil {
			b.t.Fatalf("two answers to the request %d", r.ID)
		}
		b.replies[r.ID] = r.Body
	}
	if fx.Fault != nil {
		b.t.Fatal(fx.Fault)
	}
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) {
	b.now += d
	b.step(Tick{})
}

// call returns the call to a node of the last step.
func call[B RequestBody](b *bench, to int32) (c Call, body B) {
	b.t.Helper()
	for _, c := range b.calls {
		if body, ok := c.Body.(B); ok && c.To == to {
			return c, body
		}
	}
	b.t.Fatalf("no %T to %d in %+v", body, to, b.calls)
	return c, body
}

// ask sends a request. It returns nil when the answer has to wait.
func (b *bench) ask(body RequestBody) ResponseBody {
	b.asked++
	b.step(Request{ID: b.asked, Body: body})
	return b.replies[b.asked]
}

// follow makes node 1 a follower of node 2 in epoch 5.
func (b *bench) follow() {
	b.t.Helper()
	r := b.ask(&BeginQuorumEpochRequest{Leader: Leader{ID: 2, Epoch: 5, Endpoints: testVoter(2).Endpoints}, Voter: NoKey})
	if r.(*BeginQuorumEpochResponse).Err != protocol.ErrNone || b.n.Status().Role != Following {
		b.t.Fatalf("%+v", r)
	}
}

// lead makes node 1 the leader with a high watermark, in a quorum with node 2.
func (b *bench) lead() {
	b.t.Helper()
	b.pass(2 * time.Second)
	for b.n.Status().Role != Leading {
		c, _ := call[*VoteRequest](b, 2)
		b.step(Answer{ID: c.ID, Body: &VoteResponse{Leader: Leader{ID: None, Epoch: b.n.Status().Leader.Epoch}, Granted: true}})
	}
	b.step(Flushed{End: b.n.Status().End})
	s := b.n.Status()
	b.fetch(testVoter(2).Key, s.End)
	if b.n.Status().HighWatermark != s.End {
		b.t.Fatalf("%+v", b.n.Status())
	}
}

// fetch lets another replica fetch.
func (b *bench) fetch(key Key, at int64) ResponseBody {
	epoch := b.n.Status().Leader.Epoch
	return b.ask(&FetchRequest{Replica: key, Epoch: epoch, At: Position{Offset: at, Epoch: epoch}, HighWatermark: -1, MaxBytes: 10})
}

// TestPeerWithoutPreVotes: a node that asks for pre-votes stands at once when a peer does not know
// them, as Kafka's. Other failures do not make it stand.
func TestPeerWithoutPreVotes(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2), testVoter(3)}, nil)
	b.pass(2 * time.Second)
	c, vote := call[*VoteRequest](b, 2)
	if !vote.PreVote || b.n.Status().Role != Prospective {
		t.Fatalf("%+v", b.n.Status())
	}
	b.step(Answer{ID: c.ID, Failure: TimedOut})
	if b.n.Status().Role != Prospective {
		t.Fatalf("after a silent peer: %+v", b.n.Status())
	}
	c = Call{ID: c.ID + 1} // to node 3
	b.step(Answer{ID: c.ID, Failure: Unsupported})
	if s := b.n.Status(); s.Role != Candidate || s.Leader.Epoch != 1 {
		t.Fatalf("%+v", s)
	}
	if _, vote = call[*VoteRequest](b, 3); vote.PreVote || vote.Epoch != 1 {
		t.Errorf("%+v", vote)
	}
}

// TestVoteChecks: the order of the checks is Kafka's.
func TestVoteChecks(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2), testVoter(3)}, nil)
	b.follow()
	last := Position{Offset: 10, Epoch: 4}
	for name, c := range map[string]struct {
		r    VoteRequest
		want protocol.Error
	}{
		"older epoch, no candidate":       {VoteRequest{Epoch: 4, Candidate: NoKey, Voter: NoKey, Last: Position{10, 3}}, protocol.ErrFencedLeaderEpoch},
		"older epoch, offset -1":          {VoteRequest{Epoch: 4, Candidate: testVoter(2).Key, Voter: NoKey, Last: Position{-1, 3}}, protocol.ErrInvalidRequest},
		"no candidate":                    {VoteRequest{Epoch: 5, Candidate: NoKey, Voter: NoKey, Last: last}, protocol.ErrInvalidRequest},
		"pre-vote with the epoch":         {VoteRequest{Epoch: 5, Candidate: testVoter(3).Key, Voter: NoKey, Last: Position{10, 5}, PreVote: true}, protocol.ErrNone},
		"vote with the epoch":             {VoteRequest{Epoch: 5, Candidate: testVoter(3).Key, Voter: NoKey, Last: Position{10, 5}}, protocol.ErrInvalidRequest},
		"to another voter":                {VoteRequest{Epoch: 5, Candidate: testVoter(3).Key, Voter: testVoter(2).Key, Last: last}, protocol.ErrInvalidVoterKey},
		"to another disk":                 {VoteRequest{Epoch: 5, Candidate: testVoter(3).Key, Voter: Key{ID: 1, Directory: wire.UUID{9}}, Last: last}, protocol.ErrInvalidVoterKey},
		"to the node id, unknown disk id": {VoteRequest{Epoch: 5, Candidate: testVoter(3).Key, Voter: Key{ID: 1}, Last: last}, protocol.ErrNone},
	} {
		if r := b.ask(&c.r).(*VoteResponse); r.Err != c.want || r.Leader.ID != 2 || r.Leader.Epoch != 5 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestBeginForAnotherDisk: the node follows the new leader, and refuses the request all the same.
func TestBeginForAnotherDisk(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2), testVoter(3)}, nil)
	b.follow()
	r := b.ask(&BeginQuorumEpochRequest{Leader: Leader{ID: 3, Epoch: 6, Endpoints: testVoter(3).Endpoints}, Voter: Key{ID: 1, Directory: wire.UUID{9}}}).(*BeginQuorumEpochResponse)
	if r.Err != protocol.ErrInvalidVoterKey || r.Leader.ID != 3 || r.Leader.Epoch != 6 {
		t.Errorf("%+v", r)
	}
	if s := b.n.Status(); s.Role != Following || s.Leader.ID != 3 {
		t.Errorf("%+v", s)
	}
}

// TestLeadersAreNeverInvalid: Apache Kafka's node stops when a request of its leader gets
// INVALID_REQUEST.
func TestLeadersAreNeverInvalid(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2), testVoter(3)}, nil)
	b.follow()
	for name, c := range map[string]struct {
		l    Leader
		want protocol.Error
	}{
		"itself, older epoch": {Leader{ID: 1, Epoch: 4}, protocol.ErrFencedLeaderEpoch},
		"none":                {Leader{ID: None, Epoch: 5}, protocol.ErrInvalidRequest},
		"none, older epoch":   {Leader{ID: None, Epoch: 4}, protocol.ErrFencedLeaderEpoch},
		"another leader":      {Leader{ID: 3, Epoch: 5}, protocol.ErrUnknownServerError},
		"the leader":          {Leader{ID: 2, Epoch: 5}, protocol.ErrNone},
	} {
		if r := b.ask(&BeginQuorumEpochRequest{Leader: c.l, Voter: NoKey}).(*BeginQuorumEpochResponse); r.Err != c.want || r.Leader.ID != 2 {
			t.Errorf("begin of %s: %+v", name, r)
		}
		if r := b.ask(&EndQuorumEpochRequest{Leader: c.l}).(*EndQuorumEpochResponse); r.Err != c.want || r.Leader.ID != 2 {
			t.Errorf("end of %s: %+v", name, r)
		}
	}
}

// TestFetchFromTheBegin: with a snapshot, a replica without a log gets the snapshot, although the
// leader's log begins at 0.
func TestFetchFromTheBegin(t *testing.T) {
	b := newBench(t, Voters{testVoter(1), testVoter(2)}, nil)
	b.lead()
	at := Position{Offset: b.n.Status().HighWatermark, Epoch: b.n.Status().Leader.Epoch}
	if r := b.fetch(testVoter(3).Key, 0).(*FetchResponse); r.Snapshot != nil || r.Err != protocol.ErrNone {
		t.Fatalf("without a snapshot: %+v", r)
	}
	b.step(SnapshotWritten{ID: at})
	if r := b.fetch(testVoter(3).Key, 0).(*FetchResponse); r.Snapshot == nil || *r.Snapshot != at || r.HighWatermark != at.Offset {
		t.Errorf("%+v", r)
	}
	r := b.ask(&FetchRequest{Replica: testVoter(3).Key, Epoch: at.Epoch - 1}).(*FetchResponse)
	if r.Err != protocol.ErrFencedLeaderEpoch || r.HighWatermark != -1 || r.Leader.ID != 1 {
		t.Errorf("%+v", r)
	}
}
