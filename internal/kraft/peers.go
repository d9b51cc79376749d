package kraft

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// peer is another node that this one sends requests to.
type peer struct {
	id int32
	// call is the number of the call that is in flight, 0 for none.
	call uint64
	// at is the position in the fetch that is in flight.
	at Position
	// readyAt is the time of the next call after failures, of which there were `failures` in a row.
	readyAt  time.Duration
	failures int
}

// peers holds the other nodes and the calls in flight.
type peers struct {
	// all is in ascending order of id.
	all   []peer
	calls uint64 // the last number given
}

func (ps *peers) get(id int32) *peer {
	i, ok := slices.BinarySearchFunc(ps.all, id, func(p peer, id int32) int { return int(p.id) - int(id) })
	if !ok {
		ps.all = slices.Insert(ps.all, i, peer{id: id})
	}
	return &ps.all[i]
}

// forget drops the calls in flight and the pauses. A node does so when its role changes: what it
// asked for in another role does not matter any more, and the peers must hear of the new one.
func (ps *peers) forget() {
	for i := range ps.all {
		ps.all[i] = peer{id: ps.all[i].id}
	}
}

// ready reports whether a call to a node may be sent.
func (n *Node) ready(id int32) bool {
	p := n.peers.get(id)
	if p.call != 0 {
		return false
	}
	if n.now < p.readyAt {
		n.wake(p.readyAt)
		return false
	}
	return true
}

// call sends a request to a node.
func (n *Node) call(id int32, endpoints []Endpoint, body RequestBody) {
	p := n.peers.get(id)
	n.peers.calls++
	p.call = n.peers.calls
	if f, ok := body.(*FetchRequest); ok {
		p.at = f.At
	}
	n.fx.Calls = append(n.fx.Calls, Call{ID: p.call, To: id, Endpoints: endpoints, Body: body})
}

// takeAnswer ends the call that an answer belongs to. It returns the peer's id, and for a fetch the
// position in it. It returns false when the node does not wait for the answer any more.
func (n *Node) takeAnswer(e Answer) (id int32, at Position, ok bool) {
	i := slices.IndexFunc(n.peers.all, func(p peer) bool { return p.call == e.ID && e.ID != 0 })
	if i < 0 {
		return None, at, false
	}
	p := &n.peers.all[i]
	p.call = 0
	if e.Failure != NotFailed || e.Body.failed() != protocol.ErrNone {
		n.pause(p.id)
	} else {
		p.failures = 0
	}
	return p.id, p.at, true
}

// pause delays the next call to a peer. The pauses grow from RetryBackoff to RetryBackoffMax.
func (n *Node) pause(id int32) {
	p := n.peers.get(id)
	d := min(n.o.RetryBackoff<<min(p.failures, 16), n.o.RetryBackoffMax)
	p.failures++
	p.readyAt = n.now + d - n.random(d/4)
}

// endpointsOf returns the known addresses of a controller, nil for none.
func (n *Node) endpointsOf(id int32) []Endpoint {
	if v := n.log.voters().voters.Find(id); v != nil && len(v.Endpoints) > 0 {
		return v.Endpoints
	}
	if n.leader.ID == id && len(n.leader.Endpoints) > 0 {
		return n.leader.Endpoints
	}
	return nil
}

// others returns the other voters.
func (n *Node) others() Voters { return n.log.voters().others }

// answered performs the answer to a call.
func (n *Node) answered(e Answer) {
	id, at, ok := n.takeAnswer(e)
	if !ok {
		return
	}
	if e.Failure != NotFailed {
		n.unanswered(id, e.Failure)
		return
	}
	switch r := e.Body.(type) {
	case *VoteResponse:
		n.voteAnswered(id, r)
	case *BeginQuorumEpochResponse:
		n.learn(r.Leader)
	case *EndQuorumEpochResponse:
		n.endAnswered(id, r)
	case *FetchResponse:
		n.fetched(id, at, r)
	case *FetchSnapshotResponse:
		n.chunkFetched(id, r)
	case *VotersResponse:
		n.votersAnswered(id, r)
	case *VersionsResponse:
		n.versionsAnswered(id, r)
	}
}

// unanswered performs the failure of a call.
func (n *Node) unanswered(id int32, f Failure) {
	if n.role == Leading {
		n.versionsFailed(id, f)
	}
	switch {
	case f == Unsupported && n.role == Prospective:
		n.stand() // the peer is older than pre-votes
	case f != Unreachable:
	case n.role == Following && id == n.leader.ID:
		n.lose()
	case n.role == Prospective || n.role == Candidate:
		n.votes.gone = append(n.votes.gone, id)
		n.count()
	}
}

// lose notes that the process of the leader is gone, or that it leads no more. The follower asks
// for pre-votes soon: the pause is short, and random because the other voters do the same.
func (n *Node) lose() {
	if n.following.lost {
		return
	}
	n.following.lost = true
	n.following.expires = min(n.following.expires, n.now+n.random(2*n.o.RetryBackoff))
}

// learn takes what an answer, or a request of a leader, says about the leader. It never changes the
// leader of an epoch.
func (n *Node) learn(l Leader) {
	switch {
	case l.Epoch > n.epoch && l.ID != None && l.ID != n.o.Self.ID:
		n.enter(l.Epoch)
		n.follow(l)
	case l.Epoch > n.epoch:
		n.unattached(l.Epoch)
	case l.Epoch < n.epoch || l.ID == None || l.ID == n.o.Self.ID || n.role == Leading:
	case n.leader.ID == None, n.leader.ID == l.ID && n.role == Unattached:
		n.follow(l)
	case n.leader.ID == l.ID && n.role == Following && len(l.Endpoints) > 0 && (n.following.lost || len(n.leader.Endpoints) == 0):
		n.leader.Endpoints = l.Endpoints // the leader may have moved to another address
	}
}
