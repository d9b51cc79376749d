package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// errLost means that a request has no answer: its outcome is unknown.
var errLost = errors.New("connection lost")

// conn is a client's connection: requests and answers keep their order, and both take time.
type conn struct {
	m    *machine
	name string
	// front is the front end of the life that the connection belongs to, nil when there is none.
	front *front
	corr  int32
	// out are the requests without an answer for the client, in order. arriving are the requests
	// that the node has not received yet.
	out, arriving []*call
	// toServer and toClient are the earliest arrival times of the next request and answer, so that
	// no message overtakes another.
	toServer, toClient time.Duration
}

type call struct {
	c        *conn
	key      int16
	version  int16
	corr     int32
	done     func(resp protocol.Message, err error)
	frame    []byte
	served   *handlers.Call
	noAnswer bool
	// answer is set once the node has answered.
	answer *handlers.Answer
	over   bool
}

func (m *machine) connect(name string) *conn { return &conn{m: m, name: name} }

// send encodes a request at a version and delivers it. It calls done once: with the answer, with
// nil when the request has no answer (noAnswer), or with errLost.
func (c *conn) send(req protocol.Message, version int16, noAnswer bool, done func(resp protocol.Message, err error)) {
	w := c.m.w
	if c.front == nil || c.front != c.m.front || c.front.life.ended {
		if !c.m.front.open {
			w.after(w.between(time.Millisecond, 20*time.Millisecond), c.name+" refused", func() { done(nil, errLost) })
			return
		}
		c.front = c.m.front
		c.front.conns = append(c.front.conns, c)
	}
	c.corr++
	k := &call{c: c, key: req.APIKey(), version: version, corr: c.corr, done: done}
	var b wire.Writer
	protocol.AppendRequestHeader(&b, protocol.RequestHeader{APIKey: k.key, APIVersion: version, CorrelationID: k.corr, ClientID: &c.name})
	req.Encode(&b, version)
	frame, err := flat(&b)
	if err != nil {
		w.fail("%s cannot be encoded: %v", req.MessageName(), err)
		return
	}
	k.frame, k.noAnswer = frame, noAnswer
	c.out, c.arriving = append(c.out, k), append(c.arriving, k)
	c.toServer = max(c.toServer, w.now+w.latency())
	// The event delivers the oldest request: requests that wait for the end of a pause keep their
	// order.
	w.schedule(c.front.life, c.toServer-w.now, c.name+" > "+req.MessageName(), c.arrive)
}

// arrive passes the oldest request in flight to the node.
func (c *conn) arrive() {
	if len(c.arriving) == 0 {
		return
	}
	k, f := c.arriving[0], c.front
	c.arriving = c.arriving[1:]
	k.served = c.m.node.Registry().Call(k.frame, handlers.Request{Received: c.m.w.wall(), ClientHost: "127.0.0.1", Listener: "PLAINTEXT"},
		func(a handlers.Answer) {
			if f.life.dying || f.life.ended || k.over {
				return
			}
			if k.noAnswer && a.Frame == nil && a.Closed == "" {
				a.Frame = []byte{}
			}
			k.answer = &a
			c.deliver()
		})
}

func flat(b *wire.Writer) ([]byte, error) {
	if len(b.Splices) > 0 {
		return nil, errors.New("payloads in a request")
	}
	return b.Buf, b.Err()
}

// latency draws the transmission time of a message.
func (w *World) latency() time.Duration { return w.between(20*time.Microsecond, 2*time.Millisecond) }

// deliver transmits answers in the order of their requests.
func (c *conn) deliver() {
	w := c.m.w
	for len(c.out) > 0 && c.out[0].answer != nil {
		k := c.out[0]
		c.out = c.out[1:]
		c.toClient = max(c.toClient, w.now+w.latency())
		w.after(c.toClient-w.now, fmt.Sprintf("%s < %s %x", c.name, protocol.Name(k.key), digest(k.answer.Frame)), func() { k.finish() })
	}
}

// digest is a short hash of an answer for the trace (FNV-1a).
func digest(b []byte) uint32 {
	h := uint32(2166136261)
	for _, x := range b {
		h = (h ^ uint32(x)) * 16777619
	}
	return h
}

// finish passes the answer to the client.
func (k *call) finish() {
	if k.over {
		return
	}
	k.over = true
	a := k.answer
	switch {
	case a.Closed != "" && k.noAnswer:
		// A request without an answer has failed when the node closes the connection.
		k.c.lost()
		k.done(nil, errLost)
	case a.Closed != "":
		k.c.m.w.fail("%s closes the connection for %s version %d: %s", k.c.name, protocol.Name(k.key), k.version, a.Closed)
	case len(a.Frame) == 0:
		k.c.m.answered[versioned{k.key, k.version}]++
		k.done(nil, nil)
	default:
		resp := protocol.NewResponse(k.key)
		corr, body, err := protocol.ParseResponseHeader(a.Frame, k.key, k.version)
		if err == nil {
			err = resp.Decode(body, k.version)
		}
		if err != nil || corr != k.corr {
			k.c.m.w.fail("%s answer (correlation id %d, want %d) cannot be read: %v", protocol.Name(k.key), corr, k.corr, err)
			return
		}
		k.c.m.answered[versioned{k.key, k.version}]++
		k.done(resp, nil)
	}
}

// abandon reports to the node that the client has disconnected.
func (c *conn) abandon() {
	for _, k := range append([]*call(nil), c.out...) {
		if k.served != nil && k.answer == nil {
			k.served.Abandon()
		}
	}
}

// lost ends the connection: every request without an answer has an unknown outcome.
func (c *conn) lost() {
	c.front = nil
	out := c.out
	c.out, c.arriving = nil, nil
	for _, k := range out {
		if !k.over {
			k.over = true
			c.m.w.after(c.m.w.latency(), c.name+" lost "+protocol.Name(k.key), func() { k.done(nil, errLost) })
		}
	}
}
