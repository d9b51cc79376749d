package forwarding

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// job is one request in the channel.
type job struct {
	c       *Channel
	lane    *lane
	ctx     controller.Request
	request protocol.Message
	done    func(protocol.Message)
	// deadline is the time after which the request is not sent any more.
	deadline time.Duration

	// The fields below belong to the lane.
	seq uint64
	// flying is set while the request is with a controller. attempt numbers the attempts: answers
	// to earlier ones are ignored.
	flying  bool
	attempt uint64
	// to is the leader of the last attempt.
	to Leader
	// giveUp is the time at which the lane stops to wait for the answer.
	giveUp time.Duration
}

// fail ends the request with the response that its API has for an error.
func (j *job) fail(err protocol.Error) {
	controller.NewCommand(j.ctx, j.request, j.done).Finish(err)
}

// submit passes a command to this node's controller. moved runs when the controller does not lead.
func (j *job) submit(cmd *controller.Command, moved func()) {
	finish := cmd.Finish
	cmd.Finish = func(err protocol.Error) {
		if err == protocol.ErrNotController && !j.c.closed.Load() {
			moved()
			return
		}
		finish(err)
	}
	j.c.o.Local.Submit(cmd)
}

// verdict is the outcome of one attempt.
type verdict struct {
	// again: the request is repeated. Otherwise then ends it.
	again bool
	then  func()
}

// send sends the request to the leader. answered runs once.
func (j *job) send(to client.Peer, deadline time.Duration, answered func(verdict)) {
	if j.ctx.Address != "" {
		j.sendEnvelope(to, deadline, answered)
		return
	}
	r := client.NewRequest(j.request.(protocol.Request), deadline)
	r.Allowed = link.Range{Min: j.ctx.Version, Max: j.ctx.Version}
	switch j.request.APIKey() { // a field that an older version lacks has no effect there
	case protocol.KeyBrokerRegistration, protocol.KeyBrokerHeartbeat:
		r.Allowed.Min = 0
	}
	j.c.o.Remote.Send(to, r, func(a client.Answer, err error) {
		if err != nil {
			answered(j.failed(err, protocol.ErrUnsupportedVersion))
			return
		}
		if topError(a.Message) == protocol.ErrNotController {
			a.Release()
			answered(verdict{again: true})
			return
		}
		answered(verdict{then: func() { j.done(a.Message) }})
	})
}

// failed decides what follows from an attempt without an answer.
func (j *job) failed(err error, unsupported protocol.Error) verdict {
	switch client.KindOf(err) {
	case link.Unsupported:
		j.c.o.Logger.Warn("the active controller does not support a request", "api", protocol.Name(j.request.APIKey()), "error", err)
		return verdict{then: func() { j.fail(unsupported) }}
	case link.Invalid:
		j.c.o.Logger.Error("a request to the controller cannot be encoded", "api", protocol.Name(j.request.APIKey()), "error", err)
		return verdict{then: func() { j.fail(protocol.ErrUnknownServerError) }}
	}
	return verdict{again: true}
}

// topError returns the error code of an answer to a request of brokers.
func topError(m protocol.Message) protocol.Error {
	switch r := m.(type) {
	case *protocol.BrokerRegistrationResponse:
		return protocol.Error(r.ErrorCode)
	case *protocol.BrokerHeartbeatResponse:
		return protocol.Error(r.ErrorCode)
	case *protocol.AlterPartitionResponse:
		return protocol.Error(r.ErrorCode)
	case *protocol.AllocateProducerIDsResponse:
		return protocol.Error(r.ErrorCode)
	case *protocol.AssignReplicasToDirsResponse:
		return protocol.Error(r.ErrorCode)
	case *protocol.CreateTopicsResponse: // of automatic creation
		for i := range r.Topics {
			if r.Topics[i].ErrorCode == protocol.ErrNotController.Code() {
				return protocol.ErrNotController
			}
		}
	}
	return protocol.ErrNone
}

// sendEnvelope sends a client's request. An envelope with an error of its own points to a wrong
// setting of the brokers, so the client gets UNKNOWN_SERVER_ERROR, as in Kafka.
func (j *job) sendEnvelope(to client.Peer, deadline time.Duration, answered func(verdict)) {
	env, err := j.envelope()
	if err != nil {
		j.c.o.Logger.Error("a request cannot be forwarded to the controller", "api", protocol.Name(j.request.APIKey()), "error", err)
		answered(verdict{then: func() { j.fail(protocol.ErrUnknownServerError) }})
		return
	}
	r := client.NewRequest(env, deadline)
	resp := protocol.New[protocol.AppliedEnvelope]()
	r.Into = resp
	j.c.o.Remote.Send(to, r, func(a client.Answer, err error) {
		if err != nil {
			answered(j.failed(err, protocol.ErrUnknownServerError))
			return
		}
		answered(j.opened(to, resp))
	})
}

// opened reads the answer in an envelope.
func (j *job) opened(from client.Peer, env *protocol.AppliedEnvelope) verdict {
	switch e := protocol.Error(env.ErrorCode); e {
	case protocol.ErrNone:
	case protocol.ErrNotController:
		return verdict{again: true}
	case protocol.ErrUnsupportedVersion:
		// Kafka closes the client's connection, so that the client asks for the versions again.
		return verdict{then: func() { j.fail(e) }}
	default:
		j.c.o.Logger.Error("the controller refuses an envelope", "peer", from.String(), "api", protocol.Name(j.request.APIKey()), "error", e.Name())
		return verdict{then: func() { j.fail(protocol.ErrUnknownServerError) }}
	}
	resp := protocol.NewResponse(j.request.APIKey())
	_, body, err := protocol.ParseResponseHeader(env.ResponseData, j.request.APIKey(), j.ctx.Version)
	if err == nil {
		err = resp.Decode(body, j.ctx.Version)
	}
	if err != nil {
		j.c.o.Logger.Error("the controller's answer cannot be read", "peer", from.String(), "api", protocol.Name(j.request.APIKey()), "error", err)
		return verdict{then: func() { j.fail(protocol.ErrUnknownServerError) }}
	}
	if env.Applied < 0 || !controller.Published(j.request.APIKey()) {
		return verdict{then: func() { j.done(resp) }}
	}
	return verdict{then: func() { j.c.o.Await(env.Applied, func() { j.done(resp) }) }}
}

var errAddress = errors.New("the client's address is no IP address")

// envelope puts the request into an envelope, as the client has sent it.
func (j *job) envelope() (*protocol.EnvelopeRequest, error) {
	kind, name, _ := strings.Cut(j.ctx.Principal, ":")
	principal, err := protocol.EncodeVersioned(&clientrecord.DefaultPrincipal{Type: kind, Name: name}, 0)
	if err != nil {
		return nil, err
	}
	address, err := netip.ParseAddr(strings.TrimPrefix(j.ctx.Address, "/"))
	if err != nil {
		return nil, errAddress
	}
	var w wire.Writer
	clientID := j.ctx.ClientID
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: j.request.APIKey(), APIVersion: j.ctx.Version, CorrelationID: int32(j.seq), ClientID: &clientID})
	j.request.Encode(&w, j.ctx.Version)
	if err := w.Err(); err != nil {
		return nil, err
	}
	env := protocol.New[protocol.EnvelopeRequest]()
	env.RequestData, env.RequestPrincipal, env.ClientHostAddress = w.Buf, principal, address.WithZone("").AsSlice()
	return env, nil
}
