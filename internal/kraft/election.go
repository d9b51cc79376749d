package kraft

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// votes are the answers to the vote requests of a Prospective or Candidate.
type votes struct {
	// granted and refused are the voters that have answered. granted has this node. gone are voters
	// whose connection was refused or broke. They are asked again, but nothing waits for them.
	granted, refused, gone []int32
}

func (v *votes) answered(id int32) bool {
	return slices.Contains(v.granted, id) || slices.Contains(v.refused, id)
}

// enter begins a new epoch, in which no leader is known and this node has not voted.
func (n *Node) enter(epoch int32) {
	n.leave()
	n.epoch, n.leader, n.voted = epoch, Leader{ID: None, Epoch: epoch}, NoKey
}

// leave ends the present role. Requests that wait for the leader are answered.
func (n *Node) leave() {
	n.peers.forget()
	n.following, n.resigned, n.endEpoch, n.votes = following{}, nil, nil, votes{}
	if n.leading != nil {
		lost := n.leading
		n.leading = nil
		n.role = Unattached
		n.dismiss(lost)
	}
}

// unattached enters an epoch whose leader is unknown. The pause until this node stands itself goes
// on: else a node that cannot win could keep the others from standing.
func (n *Node) unattached(epoch int32) {
	at := n.electionAt
	switch n.role {
	case Following:
		at = n.following.expires
	case Leading:
		at = n.now + n.electionTimeout()
	}
	n.enter(epoch)
	n.role, n.electionAt = Unattached, at
}

// pollUnattached looks for a leader, and stands when none appears.
func (n *Node) pollUnattached() (again bool) {
	if n.mayStand() && n.due(n.electionAt) {
		n.prospect()
		return true
	}
	n.search()
	return false
}

// prospect begins to ask for pre-votes. They change no epoch (KIP-996). The node still knows the
// leader of the epoch.
func (n *Node) prospect() {
	leader := n.leader
	n.leave()
	n.role, n.leader = Prospective, leader
	n.ask()
}

// stand begins to ask for votes in the next epoch.
func (n *Node) stand() {
	n.enter(n.epoch + 1)
	n.role, n.voted = Candidate, n.o.Self.Key
	n.ask()
}

func (n *Node) ask() {
	n.votes = votes{granted: []int32{n.o.Self.ID}}
	n.electionAt = n.now + n.electionTimeout()
	n.count()
}

// count looks at the votes: with a majority the node goes on to the next step, and when no majority
// is possible any more it gives up soon.
func (n *Node) count() {
	voters := n.log.voters().voters
	granted, open := 0, 0
	for _, v := range voters {
		switch {
		case slices.Contains(n.votes.granted, v.ID):
			granted++
		case !slices.Contains(n.votes.refused, v.ID) && !slices.Contains(n.votes.gone, v.ID):
			open++
		}
	}
	switch {
	case granted >= voters.Majority() && n.role == Prospective:
		n.stand()
	case granted >= voters.Majority():
		n.lead()
	case granted+open < voters.Majority():
		n.defeats++
		pause := min(n.o.RetryBackoff<<min(n.defeats, 16), n.o.ElectionBackoffMax)
		n.electionAt = min(n.electionAt, n.now+n.random(pause))
	}
}

// pollElection asks the voters that have not answered. At the end of the time the node follows the
// leader again that it knows, or asks once more.
func (n *Node) pollElection() (again bool) {
	if n.due(n.electionAt) {
		switch {
		case !n.mayStand():
			n.unattachedAgain()
		case n.role == Prospective && n.leader.ID != None && n.leader.ID != n.o.Self.ID:
			n.follow(n.leader)
		default:
			n.prospect()
		}
		return true
	}
	for _, v := range n.others() {
		if !n.votes.answered(v.ID) && n.ready(v.ID) {
			n.call(v.ID, v.Endpoints, &VoteRequest{Epoch: n.epoch, Candidate: n.o.Self.Key, Voter: v.Key,
				Last: n.log.last(), PreVote: n.role == Prospective})
		}
	}
	return false
}

// unattachedAgain gives up an election of a node that is no voter any more, or that stops. Its vote
// and the leader of the epoch stay known.
func (n *Node) unattachedAgain() {
	n.leave()
	n.role, n.electionAt = Unattached, n.now+n.electionTimeout()
}

// voteAnswered counts a vote. An answer to a request of an earlier role does not come here, because
// the node forgets its calls when its role changes.
func (n *Node) voteAnswered(id int32, r *VoteResponse) {
	n.learn(r.Leader)
	if n.role != Prospective && n.role != Candidate || r.Leader.Epoch > n.epoch {
		return
	}
	switch {
	case r.Err == protocol.ErrNone && r.Granted:
		n.votes.granted = append(n.votes.granted, id)
	case r.Err == protocol.ErrNone:
		n.votes.refused = append(n.votes.refused, id)
	default:
		return
	}
	n.count()
}

// serveVote answers a Vote request.
func (n *Node) serveVote(r *VoteRequest) ResponseBody {
	refuse := func(err protocol.Error) ResponseBody { return &VoteResponse{Err: err, Leader: n.leader} }
	switch {
	case r.Last.Offset < 0, r.Last.Epoch < 0, r.Last.Epoch > r.Epoch, !r.PreVote && r.Last.Epoch == r.Epoch:
		return refuse(protocol.ErrInvalidRequest)
	case r.Epoch < n.epoch:
		return refuse(protocol.ErrFencedLeaderEpoch)
	case r.Candidate.ID < 0:
		return refuse(protocol.ErrInvalidRequest)
	}
	if r.Epoch > n.epoch {
		n.unattached(r.Epoch)
	}
	if !n.addressed(r.Voter) {
		return refuse(protocol.ErrInvalidVoterKey)
	}
	granted := !r.Last.Before(n.log.last()) && n.mayGrant(r)
	if granted && !r.PreVote {
		// The time begins again: the candidate probably wins.
		n.voted, n.electionAt = r.Candidate, n.now+n.electionTimeout()
		if n.role == Prospective {
			n.unattachedAgain()
		}
	}
	return &VoteResponse{Leader: n.leader, Granted: granted}
}

// addressed reports whether a request that names its receiver is for this replica.
func (n *Node) addressed(key Key) bool {
	self := n.o.Self.Key
	return key.ID == None || key.ID == self.ID && (key.Directory == Key{}.Directory || key.Directory == self.Directory)
}

// mayGrant reports whether nothing but its log speaks against a candidate. A node votes once in
// an epoch, and not in an epoch whose leader it knows. No node gets a pre-vote while there is a
// leader: a follower that hears from it refuses.
func (n *Node) mayGrant(r *VoteRequest) bool {
	switch {
	case !n.o.CanVote:
		return false
	case r.PreVote:
		return n.role != Leading && !(n.role == Following && n.following.heard && !n.following.lost)
	case n.voted != NoKey:
		return n.voted == r.Candidate
	}
	return n.leader.ID == None
}

// serveBegin answers a BeginQuorumEpoch request.
func (n *Node) serveBegin(r *BeginQuorumEpochRequest) ResponseBody {
	refuse := func(err protocol.Error) ResponseBody { return &BeginQuorumEpochResponse{Err: err, Leader: n.leader} }
	if err := n.refusesLeader(r.Leader); err != protocol.ErrNone {
		return refuse(err)
	}
	n.hear(r.Leader) // also when the request is for the disk that this node had before
	if !n.addressed(r.Voter) {
		return refuse(protocol.ErrInvalidVoterKey)
	}
	return &BeginQuorumEpochResponse{Leader: n.leader}
}

// refusesLeader returns the error of a request that a leader has sent, or should have. Kafka's node
// stops when it gets INVALID_REQUEST, and when an epoch has two leaders. It logs an unknown error.
func (n *Node) refusesLeader(l Leader) protocol.Error {
	switch {
	case l.Epoch < n.epoch:
		return protocol.ErrFencedLeaderEpoch
	case l.ID < 0:
		return protocol.ErrInvalidRequest
	case l.Epoch == n.epoch && n.leader.ID != None && n.leader.ID != l.ID:
		return protocol.ErrUnknownServerError
	}
	return protocol.ErrNone
}

// hear follows a leader that has spoken to this node.
func (n *Node) hear(l Leader) {
	n.learn(l)
	if n.leader.ID != l.ID || n.leader.Epoch != l.Epoch {
		return
	}
	if n.role == Prospective || n.role == Unattached {
		n.follow(l)
	}
	if len(l.Endpoints) > 0 {
		n.leader.Endpoints = l.Endpoints
	}
}

// serveEnd answers an EndQuorumEpoch request. The successor that the leader prefers stands at once,
// and the others after pauses in their order.
func (n *Node) serveEnd(r *EndQuorumEpochRequest) ResponseBody {
	refuse := func(err protocol.Error) ResponseBody { return &EndQuorumEpochResponse{Err: err, Leader: n.leader} }
	if err := n.refusesLeader(r.Leader); err != protocol.ErrNone {
		return refuse(err)
	}
	n.learn(r.Leader)
	if n.role == Following && n.leader.ID == r.Leader.ID {
		n.following.lost, n.following.ended = true, true
		place := slices.IndexFunc(r.Successors, func(k Key) bool { return k.ID == n.o.Self.ID })
		if place < 0 {
			place = len(r.Successors)
		}
		pause := time.Duration(place) * 2 * n.o.RetryBackoff
		n.following.expires = n.now + pause + n.random(pause/2)
	}
	return &EndQuorumEpochResponse{Leader: n.leader}
}
