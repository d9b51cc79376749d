package client

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// memory is a Transport without sockets: a function of the test answers each frame. With
// testing/synctest, time is simulated too.
type memory struct {
	mu sync.Mutex
	// refuse is the fault of a dial, or nil.
	refuse func(to Peer) *link.Fault
	// silent: dials have no result.
	silent bool
	// serve answers a request: nil is no answer.
	serve func(c *memoryConn, h protocol.RequestHeader, body []byte) []byte
	conns []*memoryConn
}

type memoryConn struct {
	t      *memory
	to     Peer
	events Events
	closed bool
	asked  []protocol.RequestHeader
}

func (m *memory) Dial(to Peer, events Events) Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &memoryConn{t: m, to: to, events: events}
	m.conns = append(m.conns, c)
	var f *link.Fault
	if m.refuse != nil {
		f = m.refuse(to)
	}
	switch {
	case m.silent:
	case f != nil:
		events.Broken(*f)
	default:
		events.Opened()
	}
	return c
}

func (c *memoryConn) Write(b *Buffer) {
	rest := append([]byte(nil), b.Bytes()...)
	b.Release()
	c.events.Wrote(len(rest))
	for len(rest) > 0 {
		n := int(binary.BigEndian.Uint32(rest))
		h, body, err := protocol.ParseRequestHeader(rest[4 : 4+n])
		if err != nil {
			panic(err)
		}
		rest = rest[4+n:]
		c.t.mu.Lock()
		c.asked = append(c.asked, h)
		serve := c.t.serve
		c.t.mu.Unlock()
		if answer := serve(c, h, body); answer != nil {
			c.events.Received(NewFrame(answer))
		}
	}
}

func (c *memoryConn) Close() {
	c.t.mu.Lock()
	c.closed = true
	c.t.mu.Unlock()
}

func (m *memory) dials() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.conns)
}

func (m *memory) last() *memoryConn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.conns[len(m.conns)-1]
}

// answerTo encodes an answer.
func answerTo(h protocol.RequestHeader, version int16, m protocol.Message) []byte {
	var w wire.Writer
	protocol.AppendResponseHeader(&w, h.APIKey, version, h.CorrelationID)
	m.Encode(&w, version)
	return w.Buf
}

// versionsOf is the answer to ApiVersions of a peer that serves every API of this protocol.
func versionsOf(h protocol.RequestHeader, most int16) []byte {
	resp := protocol.New[protocol.APIVersionsResponse]()
	for _, a := range protocol.APIs() {
		v := protocol.APIVersionsResponseAPIVersion{APIKey: a.Key, MinVersion: a.MinVersion, MaxVersion: a.MaxStable}
		if a.Key == protocol.KeyAPIVersions {
			v.MaxVersion = most
		}
		resp.APIKeys = append(resp.APIKeys, v)
	}
	if h.APIVersion > most {
		resp.ErrorCode = protocol.ErrUnsupportedVersion.Code()
		return answerTo(h, 0, resp)
	}
	return answerTo(h, h.APIVersion, resp)
}

// echo answers ApiVersions, and FindCoordinator with the key as the host of the node.
func echo(_ *memoryConn, h protocol.RequestHeader, body []byte) []byte {
	if h.APIKey == protocol.KeyAPIVersions {
		return versionsOf(h, 4)
	}
	return echoed(h, body)
}

func echoed(h protocol.RequestHeader, body []byte) []byte {
	var req protocol.FindCoordinatorRequest
	if err := req.Decode(body, h.APIVersion); err != nil {
		panic(err)
	}
	resp := protocol.New[protocol.FindCoordinatorResponse]()
	if h.APIVersion >= 4 {
		resp.Coordinators = []protocol.FindCoordinatorResponseCoordinator{{Host: req.CoordinatorKeys[0]}}
	}
	resp.Host = req.Key
	return answerTo(h, h.APIVersion, resp)
}

// question is a request whose answer repeats text.
func question(text string) *protocol.FindCoordinatorRequest {
	req := protocol.New[protocol.FindCoordinatorRequest]()
	req.Key, req.CoordinatorKeys = text, []string{text}
	return req
}

func answerText(a Answer) string {
	resp := a.Message.(*protocol.FindCoordinatorResponse)
	if len(resp.Coordinators) > 0 {
		return resp.Coordinators[0].Host
	}
	return resp.Host
}

// outcome is what done got.
type outcome struct {
	answer Answer
	err    error
}

// ask sends a question and returns the channel of its outcome.
func ask(p *Pool, to Peer, r Request) <-chan outcome {
	c := make(chan outcome, 2)
	p.Send(to, r, func(a Answer, err error) { c <- outcome{a, err} })
	return c
}

func newPool(t testing.TB, m Transport, o Options) (*Pool, host.Host) {
	if o.Host == nil {
		o.Host = host.Real()
	}
	o.Transport = m
	p := New(o)
	t.Cleanup(p.Close)
	return p, o.Host
}
