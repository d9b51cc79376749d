package kraftwire

import (
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
)

// Peer is the place that a request goes to.
type Peer struct {
	// ID is the node id, or below 0 for a bootstrap server, whose node id is unknown.
	ID   int32
	Host string
	Port uint16
}

// Send sends a message to a peer, in the highest version of minVersion to maxVersion that the peer
// knows, and calls done once, from any goroutine. It does not block. done gets the answer and its
// version, or the reason why there is none: [kraft.Unsupported] when the peer knows no version of
// the range, [kraft.TimedOut] when it has not answered within timeout, [kraft.Unreachable] when the
// connection was refused or it broke. The message stays unchanged after the call.
type Send func(to Peer, m protocol.Message, minVersion, maxVersion int16, timeout time.Duration, done func(answer protocol.Message, version int16, failure kraft.Failure))

// Transport implements quorum.Transport over Kafka's messages.
type Transport struct {
	ClusterID string
	// Listener is the first of controller.listener.names. Peers are reached at their address on it,
	// and an answer's address of the leader is on it.
	Listener string
	// Timeout is controller.quorum.request.timeout.ms.
	Timeout time.Duration
	To      Send
}

var _ quorum.Transport = (*Transport)(nil)

// ask is a message with the versions that can carry it.
type ask struct {
	message  protocol.Message
	min, max int16
}

// Send implements quorum.Transport.
func (t *Transport) Send(to int32, endpoints []kraft.Endpoint, request kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure)) {
	at, ok := t.address(endpoints)
	a, known := t.ask(request)
	if !ok || !known {
		done(nil, kraft.Unreachable)
		return
	}
	t.To(Peer{ID: to, Host: at.Host, Port: at.Port}, a.message, a.min, a.max, t.Timeout, func(m protocol.Message, version int16, f kraft.Failure) {
		if f != kraft.NotFailed {
			done(nil, f)
			return
		}
		if r := t.answered(m, version); r != nil {
			done(r, kraft.NotFailed)
			return
		}
		done(nil, kraft.Unsupported)
	})
}

// address returns the endpoint on this node's controller listener. Bootstrap servers have no
// listener name, and a voter may call its listener by another name.
func (t *Transport) address(endpoints []kraft.Endpoint) (kraft.Endpoint, bool) {
	for _, e := range endpoints {
		if e.Name == t.Listener {
			return e, true
		}
	}
	if len(endpoints) == 0 {
		return kraft.Endpoint{}, false
	}
	return endpoints[0], true
}

// ask converts a request.
func (t *Transport) ask(request kraft.RequestBody) (a ask, ok bool) {
	switch r := request.(type) {
	case *kraft.VoteRequest:
		return t.vote(r), true
	case *kraft.BeginQuorumEpochRequest:
		return t.begin(r), true
	case *kraft.EndQuorumEpochRequest:
		return t.end(r), true
	case *kraft.FetchRequest:
		return t.fetch(r), true
	case *kraft.FetchSnapshotRequest:
		return t.fetchSnapshot(r), true
	case *kraft.AddVoterRequest:
		return t.add(r), true
	case *kraft.RemoveVoterRequest:
		return t.remove(r), true
	case *kraft.UpdateVoterRequest:
		return t.update(r), true
	case *kraft.VersionsRequest:
		return t.versions(), true
	}
	return a, false
}

// answered converts an answer, nil for a message that answers nothing of the quorum.
func (t *Transport) answered(m protocol.Message, version int16) kraft.ResponseBody {
	switch m := m.(type) {
	case *protocol.VoteResponse:
		return t.voteAnswered(m)
	case *protocol.BeginQuorumEpochResponse:
		return t.beginAnswered(m)
	case *protocol.EndQuorumEpochResponse:
		return t.endAnswered(m)
	case *protocol.FetchResponse:
		return t.fetchAnswered(m, version)
	case *protocol.FetchSnapshotResponse:
		return t.fetchSnapshotAnswered(m)
	case *protocol.AddRaftVoterResponse:
		return votersAnswered(m.ErrorCode, m.ErrorMessage)
	case *protocol.RemoveRaftVoterResponse:
		return votersAnswered(m.ErrorCode, m.ErrorMessage)
	case *protocol.UpdateRaftVoterResponse:
		return t.updateAnswered(m)
	case *protocol.APIVersionsResponse:
		return versionsAnswered(m)
	}
	return nil
}

// topError returns the error of a whole answer. one says that it has the metadata log and nothing
// else.
func topError(code int16, one bool) protocol.Error {
	if code == 0 && !one {
		return protocol.ErrUnknownServerError
	}
	return protocol.Error(code)
}

// endpoint adds an address on this node's controller listener.
func (t *Transport) endpoint(at []kraft.Endpoint, ok bool, host string, port uint16) []kraft.Endpoint {
	if !ok || host == "" {
		return at
	}
	return append(at, kraft.Endpoint{Name: t.Listener, Host: host, Port: port})
}
