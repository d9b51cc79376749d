package kraft

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// change is a change of the voters that waits. There is one at a time.
type change struct {
	id uint64
	// at is the offset of its last record.
	at    int64
	until time.Duration
	// answered says that the request has its answer already.
	answered bool
	// adding is the voter to add while the leader asks it for its versions. Nothing is appended
	// yet.
	adding *AddVoterRequest
}

// caughtUpFor is how long ago an observer may have fetched to count as caught up (LeaderState).
const caughtUpFor = time.Hour

// serveChange performs a request that changes the voters, or returns its refusal.
func (n *Node) serveChange(e Request) ResponseBody {
	refuse := func(err protocol.Error, format string, args ...any) ResponseBody {
		return &VotersResponse{Err: err, Message: fmt.Sprintf(format, args...), Leader: n.leader}
	}
	if u, ok := e.Body.(*UpdateVoterRequest); ok {
		if err := n.notLeader(u.Epoch); err != protocol.ErrNone {
			return refuse(err, "")
		}
	} else if n.role != Leading {
		return refuse(protocol.ErrNotLeaderOrFollower, "")
	}
	if text := n.malformed(e.Body); text != "" {
		return refuse(protocol.ErrInvalidRequest, "%s", text)
	}
	state := n.log.voters()
	switch {
	case n.leading.change != nil:
		return refuse(protocol.ErrRequestTimedOut, "Request timed out waiting for leader to handle previous voter change request")
	case n.hw <= n.leading.start:
		return refuse(protocol.ErrRequestTimedOut, "Request timed out waiting for leader to establish HWM and commit VotersRecord")
	}
	if b, ok := e.Body.(*UpgradeVersionRequest); ok {
		return n.serveUpgrade(e.ID, b, state, refuse)
	}
	if u, ok := e.Body.(*UpdateVoterRequest); ok && state.version == 0 {
		return n.noteVoter(u, state, refuse)
	}
	if state.version == 0 {
		return refuse(protocol.ErrUnsupportedVersion, "Cluster doesn't support changing the voters because the kraft.version feature is %d", state.version)
	}
	switch b := e.Body.(type) {
	case *AddVoterRequest:
		return n.serveAdd(e.ID, b, state, refuse)
	case *RemoveVoterRequest:
		voters := state.voters.Without(b.Voter.ID)
		if !state.voters.Has(b.Voter) || len(voters) == 0 {
			return refuse(protocol.ErrVoterNotFound, "Cannot remove voter %s from the set of voters %s", b.Voter, state.voters)
		}
		return n.appendVoters(e.ID, Control{Voters: voters}, n.now+n.o.RequestTimeout, false)
	case *UpdateVoterRequest:
		known := state.voters.Find(b.Voter.ID)
		switch {
		case known == nil || known.Key != b.Voter.Key:
			return refuse(protocol.ErrVoterNotFound, "Cannot update voter %s in the set of voters %s", b.Voter.Key, state.voters)
		case len(b.Voter.Endpoints) == 0, b.Voter.MinVersion > state.version, b.Voter.MaxVersion < state.version:
			return refuse(protocol.ErrInvalidRequest, "")
		case same(*known, b.Voter):
			return &VotersResponse{Leader: n.leader}
		}
		return n.appendVoters(e.ID, Control{Voters: state.voters.With(b.Voter)}, n.now+n.o.RequestTimeout, false)
	}
	return refuse(protocol.ErrInvalidRequest, "")
}

// malformed returns the text about a request that names no voter, or no address on the listener
// that this node has for controllers, else "".
func (n *Node) malformed(b RequestBody) string {
	var kind string
	var v Voter
	switch b := b.(type) {
	case *AddVoterRequest:
		kind, v = "Add", b.Voter
	case *RemoveVoterRequest:
		kind, v = "Remove", Voter{Key: b.Voter, Endpoints: n.o.Self.Endpoints}
	case *UpdateVoterRequest:
		kind, v = "Update", b.Voter
	default:
		return ""
	}
	if v.ID < 0 || v.Directory == (Key{}.Directory) {
		return kind + " voter request didn't include a valid voter"
	}
	if len(n.o.Self.Endpoints) == 0 {
		return ""
	}
	listener := n.o.Self.Endpoints[0].Name
	if slices.ContainsFunc(v.Endpoints, func(e Endpoint) bool { return e.Name == listener }) {
		return ""
	}
	return fmt.Sprintf("%s voter request didn't include the endpoint (%s) for the default listener ListenerName(%s)", kind, describeEndpoints(v.Endpoints), listener)
}

// describeEndpoints returns the form of Kafka's class Endpoints.
func describeEndpoints(es []Endpoint) string {
	text := make([]string, len(es))
	for i, e := range es {
		text[i] = fmt.Sprintf("ListenerName(%s)=%s/<unresolved>:%d", e.Name, e.Host, e.Port)
	}
	return "Endpoints(endpoints={" + strings.Join(text, ", ") + "})"
}

type refusal = func(err protocol.Error, format string, args ...any) ResponseBody

// serveAdd begins to add a voter: it asks the voter for its versions. As in Kafka, the time of the
// request does not matter: a change that waits keeps all others waiting.
func (n *Node) serveAdd(id uint64, r *AddVoterRequest, state voterChange, refuse refusal) ResponseBody {
	switch {
	case state.voters.Find(r.Voter.ID) != nil:
		return refuse(protocol.ErrDuplicateVoter, "The voter id for %s is already part of the set of voters %s.", r.Voter.Key, state.voters)
	case !n.ready(r.Voter.ID):
		return refuse(protocol.ErrRequestTimedOut, "New voter %s is not ready to receive requests", r.Voter.Key)
	}
	n.call(r.Voter.ID, r.Voter.Endpoints, &VersionsRequest{})
	n.leading.change = &change{id: id, until: n.now + n.o.RequestTimeout, adding: r}
	return nil
}

// versionsFailed gives up to add a voter that does not answer.
func (n *Node) versionsFailed(id int32, f Failure) {
	if c := n.leading.change; c != nil && c.adding != nil && c.adding.Voter.ID == id {
		n.abortAdd(protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error %s", f.asError().Name())
	}
}

// abortAdd ends the change before anything is appended.
func (n *Node) abortAdd(err protocol.Error, format string, args ...any) {
	id := n.leading.change.id
	n.leading.change = nil
	n.reply(id, &VotersResponse{Err: err, Message: fmt.Sprintf(format, args...), Leader: n.leader})
}

// versionsAnswered adds a voter that supports the level of kraft.version and has caught up.
func (n *Node) versionsAnswered(id int32, r *VersionsResponse) {
	if n.role != Leading || n.leading.change == nil || n.leading.change.adding == nil || n.leading.change.adding.Voter.ID != id {
		return
	}
	c := n.leading.change
	state, voter := n.log.voters(), c.adding.Voter
	voter.MinVersion, voter.MaxVersion = r.MinVersion, r.MaxVersion
	known := n.leading.of(voter)
	switch {
	case r.Err != protocol.ErrNone:
		n.abortAdd(protocol.ErrRequestTimedOut, "Aborted add voter operation for since API_VERSIONS returned an error %s", r.Err.Name())
	case voter.MinVersion > state.version, voter.MaxVersion < state.version:
		n.abortAdd(protocol.ErrInvalidRequest, "Aborted add voter operation for %s since kraft.version range (min: %d, max: %d) doesn't support the finalized version %d",
			voter.Key, voter.MinVersion, voter.MaxVersion, state.version)
	case known == nil || known.caughtUpAt < 0 || known.fetchedAt < n.now-caughtUpFor:
		n.abortAdd(protocol.ErrRequestTimedOut, "Aborted add voter operation for %s since it is lagging behind", voter.Key)
	default:
		if early := n.appendVoters(c.id, Control{Voters: state.voters.With(voter)}, c.until, c.adding.AckEarly); early != nil {
			n.reply(c.id, early)
		}
	}
}

// serveUpgrade raises kraft.version from 0 to 1. From then on the voters have directory ids.
func (n *Node) serveUpgrade(id uint64, r *UpgradeVersionRequest, state voterChange, refuse refusal) ResponseBody {
	if r.Version == state.version {
		return &VotersResponse{Leader: n.leader}
	}
	if r.Version != 1 || state.version != 0 {
		return refuse(protocol.ErrInvalidUpdateVersion, "Invalid update version %d for feature kraft.version. Only an upgrade from 0 to 1 is possible", r.Version)
	}
	voters := state.voters
	for _, v := range state.voters {
		known, ok := n.leading.known[v.ID]
		if v.ID == n.o.Self.ID {
			known, ok = n.o.Self, true
		}
		if !ok || known.MinVersion > r.Version || known.MaxVersion < r.Version {
			return refuse(protocol.ErrInvalidUpdateVersion, "Invalid update version %d for feature kraft.version. Voter %d does not support it or has not sent its versions", r.Version, v.ID)
		}
		voters = voters.With(known)
	}
	version := r.Version
	return n.appendVoters(id, Control{Version: &version}, n.now+n.o.RequestTimeout, false, Control{Voters: voters})
}

// noteVoter keeps what a voter says about itself while kraft.version is 0. An upgrade needs it.
func (n *Node) noteVoter(r *UpdateVoterRequest, state voterChange, refuse refusal) ResponseBody {
	if !state.voters.Has(r.Voter.Key) || r.Voter.Directory == (Key{}.Directory) {
		return refuse(protocol.ErrVoterNotFound, "Cannot update voter %s in the set of voters %s", r.Voter.Key, state.voters)
	}
	if n.leading.known == nil {
		n.leading.known = map[int32]Voter{}
	}
	n.leading.known[r.Voter.ID] = r.Voter
	return &VotersResponse{Leader: n.leader}
}

// appendVoters appends a change. Its answer waits until it is committed.
func (n *Node) appendVoters(id uint64, c Control, until time.Duration, early bool, more ...Control) ResponseBody {
	control := append([]Control{c}, more...)
	at := n.log.end
	n.append(Batch{Base: at, Last: at + int64(len(control)) - 1, Epoch: n.epoch, Control: control})
	n.leading.change = &change{id: id, at: n.log.end - 1, until: until, answered: early}
	if early {
		return &VotersResponse{Leader: n.leader}
	}
	return nil
}

// pollChange ends a change that is committed, and answers one that takes too long. A leader that is
// no voter any more resigns when that is committed.
func (n *Node) pollChange() {
	c := n.leading.change
	switch {
	case c == nil:
	case c.adding != nil:
		if n.due(c.until) {
			n.abortAdd(protocol.ErrRequestTimedOut, "%s", protocol.ErrRequestTimedOut.Message())
		}
	case n.hw > c.at:
		n.leading.change = nil
		if !c.answered {
			n.reply(c.id, &VotersResponse{Leader: n.leader})
		}
	case !c.answered && n.due(c.until):
		c.answered = true
		n.reply(c.id, &VotersResponse{Err: protocol.ErrRequestTimedOut, Message: protocol.ErrRequestTimedOut.Message(), Leader: n.leader})
	}
	if v := n.log.voters(); !v.voters.Has(n.o.Self.Key) && n.hw > v.at {
		n.resign()
	}
}

func (n *Node) dismissChange(c *change) {
	if c != nil && !c.answered {
		n.reply(c.id, &VotersResponse{Err: protocol.ErrNotLeaderOrFollower, Leader: n.leader})
	}
}
