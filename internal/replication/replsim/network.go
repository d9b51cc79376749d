package replsim

import (
	"errors"
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replication"
)

// linkKey names a connection: from one broker's process to another broker, for long polls or not.
type linkKey struct {
	from, to int32
	poll     bool
}

// link is a connection. Messages arrive in their order.
type link struct {
	w        *world
	key      linkKey
	from, to *life
	// calls are the requests without an answer, the oldest first.
	calls []*call
	// forth and back are the times at which the last message of each direction arrives.
	forth, back time.Duration
	broken      bool
}

// call is one request.
type call struct {
	done    func(protocol.Message, error)
	m       protocol.Request
	key     int16
	version int16
	served  *handlers.Call
	// frame is the answer, nil until the broker has it.
	frame []byte
	// sent says that the answer is under way, over that it has arrived or will not.
	sent, over bool
}

// goneError is the error of a refused or broken connection.
type goneError struct{ gone bool }

func (e goneError) Error() string { return fmt.Sprintf("no answer, gone %v", e.gone) }

func (e goneError) Gone() bool { return e.gone }

var errTimeout = errors.New("no answer in time")

// peers implements replication.Peers for one process.
type peers struct {
	n *node
	l *life
}

// Send implements replication.Peers.
func (p peers) Send(to int32, r replication.PeerRequest, done func(protocol.Message, error)) {
	w := p.n.w
	target := w.nodes[to-1]
	if target.life == nil || target.life.ended {
		// The port refuses, or the broker's machine is silent.
		w.schedule(p.l, w.between(50*time.Microsecond, 2*time.Millisecond), func() { done(nil, goneError{true}) })
		return
	}
	key := linkKey{p.n.id, to, r.LongPoll}
	k := w.links[key]
	if k == nil || k.broken || k.from != p.l || k.to != target.life {
		k = &link{w: w, key: key, from: p.l, to: target.life}
		w.links[key] = k
	}
	version := min(r.MaxVersion, maxVersion(r.Message))
	var e wire.Writer
	protocol.AppendRequestHeader(&e, protocol.RequestHeader{APIKey: r.Message.APIKey(), APIVersion: version, CorrelationID: 1})
	r.Message.Encode(&e, version)
	c := &call{done: done, m: r.Message, key: r.Message.APIKey(), version: version}
	if x, ok := r.Message.(*protocol.FetchRequest); ok {
		w.stats.Fetches++
		w.check.fetch(p.n, x)
	}
	k.calls = append(k.calls, c)
	w.after(r.Timeout, func() {
		if !c.over {
			k.fail(errTimeout)
		}
	})
	k.carry(&k.forth, p.n.id, to, func() { k.serve(c, e.Buf) })
}

func maxVersion(m protocol.Message) int16 {
	a, _ := protocol.LookupAPI(m.APIKey())
	return a.MaxStable
}

// carry lets a message arrive, unless the connection breaks or the network is cut meanwhile.
func (k *link) carry(last *time.Duration, from, to int32, arrive func()) {
	w := k.w
	delay := w.between(50*time.Microsecond, 2*time.Millisecond)
	switch {
	case w.calm:
	case w.chance(300):
		delay = w.between(10*time.Millisecond, 800*time.Millisecond)
	case w.chance(600):
		w.stats.Breaks++
		w.after(delay, func() { k.fail(goneError{true}) })
		return
	}
	*last = max(*last, w.now+delay)
	w.after(*last-w.now, func() {
		if !k.broken && !w.cut[[2]int32{from, to}] {
			arrive()
		}
	})
}

// serve gives a request to the broker's handlers.
func (k *link) serve(c *call, frame []byte) {
	k.w.schedule(k.to, 0, func() {
		n := k.w.nodes[k.key.to-1]
		if k.broken || n.life != k.to {
			return
		}
		c.served = n.registry.Call(frame, handlers.Request{Received: k.to.Now(), ClientHost: "10.0.0.1", Listener: "INTERNAL", Privileged: true},
			func(a handlers.Answer) {
				c.frame = append([]byte{}, a.Frame...)
				k.answer()
			})
	})
}

// answer sends the answers that are ready, in the order of the requests.
func (k *link) answer() {
	if k.to.ended || k.broken {
		return
	}
	for _, c := range k.calls {
		if c.frame == nil {
			return
		}
		if c.sent {
			continue
		}
		c.sent = true
		k.carry(&k.back, k.key.to, k.key.from, func() { k.deliver(c) })
	}
}

func (k *link) deliver(c *call) {
	k.w.schedule(k.from, 0, func() {
		if k.broken || len(k.calls) == 0 || k.calls[0] != c {
			return
		}
		k.calls, c.over = k.calls[1:], true
		_, body, err := protocol.ParseResponseHeader(c.frame, c.key, c.version)
		answer := c.m.NewResponse()
		if err == nil {
			err = answer.Decode(body, c.version)
		}
		if err != nil {
			k.w.fail("codec: %v", err)
			return
		}
		c.done(answer, nil)
	})
}

// fail breaks the connection: all its requests get an error.
func (k *link) fail(err error) {
	if k.broken {
		return
	}
	k.broken = true
	for _, c := range k.calls {
		if c.served != nil && !k.to.ended {
			k.w.schedule(k.to, 0, c.served.Abandon)
		}
		c.over = true
		k.w.schedule(k.from, 0, func() { c.done(nil, err) })
	}
	k.calls = nil
}

// breakLinks breaks the connections of a process that has ended.
func (w *world) breakLinks(l *life) {
	for from := range w.nodes {
		for to := range w.nodes {
			for _, poll := range []bool{false, true} {
				if k := w.links[linkKey{int32(from + 1), int32(to + 1), poll}]; k != nil && (k.from == l || k.to == l) {
					w.after(w.between(0, 3*time.Millisecond), func() { k.fail(goneError{true}) })
				}
			}
		}
	}
}
