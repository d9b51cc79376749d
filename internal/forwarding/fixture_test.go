package forwarding

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// world is a channel with a local controller, remote ones, and a leader that the test names.
type world struct {
	t *testing.T
	c *Channel
	h host.Host

	mu     sync.Mutex
	leader Leader
	// remote answers a request to a controller: nil is no answer ever.
	remote func(to client.Peer, r client.Request) *reply
	sent   []string
	// local decides a command; nil keeps it.
	local func(cmd *controller.Command)
	// applied are the offsets that the channel waits for, and published runs them.
	waits []func()
}

type reply struct {
	m   protocol.Message
	err error
}

// leads makes a node the leader.
func (w *world) leads(id int32) {
	w.mu.Lock()
	w.leader = Leader{ID: id, Epoch: w.leader.Epoch + 1, Listener: "CONTROLLER"}
	if id >= 0 {
		w.leader.Address = fmt.Sprintf("c%d:9093", id)
	}
	w.mu.Unlock()
}

func (w *world) Submit(cmd *controller.Command) {
	w.mu.Lock()
	f := w.local
	w.mu.Unlock()
	if f != nil {
		w.h.Go(func() { f(cmd) })
	}
}

func (w *world) Send(to client.Peer, r client.Request, done func(client.Answer, error)) {
	w.mu.Lock()
	w.sent = append(w.sent, fmt.Sprintf("%d %s %s", to.ID, to.Class, r.Message.MessageName()))
	f := w.remote
	w.mu.Unlock()
	w.h.Go(func() {
		if a := f(to, r); a != nil {
			done(client.Answer{Message: a.m, Version: r.Allowed.Max}, a.err)
		}
	})
}

// run runs a test in simulated time. Node 1 is this node.
func run(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, h: host.Real(), leader: Leader{ID: -1}}
		w.c = New(Options{Host: w.h, NodeID: 1, Local: w, Remote: w, Leader: func() Leader { w.mu.Lock(); defer w.mu.Unlock(); return w.leader },
			Await: func(_ int64, f func()) { w.mu.Lock(); w.waits = append(w.waits, f); w.mu.Unlock() }})
		defer w.c.Close()
		f(w)
	})
}

// heartbeat sends a heartbeat and returns the channel of its answer.
func (w *world) heartbeat() <-chan *protocol.BrokerHeartbeatResponse {
	out := make(chan *protocol.BrokerHeartbeatResponse, 2)
	req := protocol.New[protocol.BrokerHeartbeatRequest]()
	controller.BrokerHeartbeat.Call(w.c, controller.Request{Version: 1}, req, func(r *protocol.BrokerHeartbeatResponse) { out <- r })
	return out
}

// create sends a client's CreateTopics for a topic.
func (w *world) create(name string) <-chan *protocol.CreateTopicsResponse {
	out := make(chan *protocol.CreateTopicsResponse, 2)
	req := protocol.New[protocol.CreateTopicsRequest]()
	topic := protocol.New[protocol.CreateTopicsRequestCreatableTopic]()
	topic.Name = name
	req.Topics, req.TimeoutMs = append(req.Topics, *topic), 10_000
	ctx := controller.Request{Version: 7, Principal: "User:alice", ClientID: "app", Address: "/10.0.0.1"}
	w.c.Call(ctx, req, func(m protocol.Message) { out <- m.(*protocol.CreateTopicsResponse) })
	return out
}

func codeOf(r *protocol.CreateTopicsResponse) protocol.Error {
	return protocol.Error(r.Topics[0].ErrorCode)
}

// created answers an envelope with a CreateTopics: its topics exist now.
func created(r client.Request, applied int64) *reply {
	env := r.Message.(*protocol.EnvelopeRequest)
	h, body, err := protocol.ParseRequestHeader(env.RequestData)
	var req protocol.CreateTopicsRequest
	if err == nil {
		err = req.Decode(body, h.APIVersion)
	}
	if err != nil {
		return &reply{err: err}
	}
	resp := protocol.New[protocol.CreateTopicsResponse]()
	for i := range req.Topics {
		topic := protocol.New[protocol.CreateTopicsResponseCreatableTopicResult]()
		topic.Name = req.Topics[i].Name
		resp.Topics = append(resp.Topics, *topic)
	}
	var out wire.Writer
	protocol.AppendResponseHeader(&out, h.APIKey, h.APIVersion, h.CorrelationID)
	resp.Encode(&out, h.APIVersion)
	into := r.Into.(*protocol.AppliedEnvelope)
	into.ResponseData, into.Applied = out.Buf, applied
	return &reply{m: into}
}

// refusedEnvelope answers an envelope with an error of its own.
func refusedEnvelope(r client.Request, code protocol.Error) *reply {
	into := r.Into.(*protocol.AppliedEnvelope)
	into.ErrorCode = code.Code()
	return &reply{m: into}
}

func beaten(code protocol.Error) *reply {
	resp := protocol.New[protocol.BrokerHeartbeatResponse]()
	resp.ErrorCode = code.Code()
	return &reply{m: resp}
}

func lost(k link.Kind) *reply {
	return &reply{err: &client.Error{Fault: link.Fault{Kind: k, Cause: errors.New("test")}}}
}
