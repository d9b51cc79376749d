package client

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// conduit is the engine of one link: the core, its connection, and the events that wait for the
// next step.
type conduit struct {
	pool *Pool
	peer Peer
	loop *host.Loop
	// versions are the peer's versions after the last negotiation.
	versions atomic.Pointer[link.Versions]
	stats    stats

	// These belong to the steps.
	core *link.Link
	// conn is the connection with the number number, nil for none.
	conn   Conn
	number uint64
	// out are the requests of this step for conn, nil for none.
	out *Buffer
	// down: the last change that was logged is a failure.
	down link.Kind

	mu     sync.Mutex
	events []event
	// spare is the memory of the events before.
	spare []event
	// blocked: requests wait until bytes are written. Otherwise written bytes need no step.
	blocked bool
	over    bool
}

// call is one request on its way.
type call struct {
	link.Request
	request Request
	done    func(Answer, error)
	// sent is the time of the encoding.
	sent time.Duration
}

type eventKind uint8

const (
	submitted eventKind = iota
	opened
	wrote
	received
	broken
	retried
	dropped
)

// event is what happens to a link. conn is the number of the connection that it is about.
type event struct {
	kind  eventKind
	conn  uint64
	n     int
	call  *call
	frame *Frame
	fault link.Fault
}

// put queues an event. It returns false when the link is over.
func (c *conduit) put(e event) bool {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return false
	}
	c.events = append(c.events, e)
	if e.kind == dropped {
		c.over = true
	}
	wake := e.kind != wrote || c.blocked
	c.mu.Unlock()
	if wake {
		c.loop.Wake()
	}
	return true
}

func (c *conduit) take() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events, c.spare = c.spare[:0], nil
	return events
}

func (c *conduit) giveBack(events []event) {
	clear(events)
	c.mu.Lock()
	c.spare = events
	c.mu.Unlock()
}

// step handles the events that have arrived, then the time. It returns the time until the next
// step.
func (c *conduit) step() time.Duration {
	events := c.take()
	now := c.pool.o.Host.Elapsed()
	for i := range events {
		c.handle(now, &events[i])
	}
	c.giveBack(events)
	now = c.pool.o.Host.Elapsed()
	if d := c.core.Deadline(); d >= 0 && now >= d {
		c.core.Tick(now)
		c.perform(now)
	}
	c.flush()
	c.note()
	if c.block() {
		return 0
	}
	d := c.core.Deadline()
	if d < 0 {
		return host.Forever
	}
	return max(d-c.pool.o.Host.Elapsed(), 0)
}

// block notes whether requests wait until bytes are written. It reports whether bytes were written
// during the step.
func (c *conduit) block() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = c.core.Blocked()
	return c.blocked && len(c.events) > 0
}

func (c *conduit) handle(now time.Duration, e *event) {
	switch e.kind {
	case submitted:
		c.core.Submit(now, &e.call.Request)
	case opened:
		c.core.Opened(now, e.conn)
	case wrote:
		c.core.Wrote(e.conn, e.n)
	case received:
		c.answered(now, e.conn, e.frame)
	case broken:
		if e.conn == c.number {
			c.conn = nil
			c.discard()
		}
		c.core.Broken(now, e.conn, e.fault)
	case retried:
		c.core.Retry(now)
	case dropped:
		c.core.Close(now)
	}
	c.perform(now)
}

// perform performs the effects of the core.
func (c *conduit) perform(now time.Duration) {
	for e, ok := c.core.Next(); ok; e, ok = c.core.Next() {
		switch e.Kind {
		case link.Dial:
			c.stats.dials.Add(1)
			c.number = e.Conn
			c.conn = nil
			// The transport may report before Dial returns: its events wait for the next step.
			c.conn = c.pool.o.Transport.Dial(c.peer, &connEvents{c, e.Conn})
		case link.Ask:
			c.ask(e)
		case link.Write:
			c.write(now, e)
		case link.Close:
			if e.Conn == c.number && c.conn != nil {
				c.conn.Close()
				c.conn = nil
			}
			c.discard()
		case link.Done:
			c.finish(e.Request, e.Fault)
		case link.Up:
			v := *c.core.Versions()
			c.versions.Store(&v)
			c.changed(link.Fault{})
		case link.Down:
			c.changed(e.Fault)
		}
	}
}

func (c *conduit) ask(e link.Effect) {
	b := c.buffer()
	h := protocol.RequestHeader{APIKey: protocol.KeyAPIVersions, APIVersion: e.Version, CorrelationID: e.Correlation, ClientID: &c.pool.o.ClientID}
	n, _ := encode(b, h, c.pool.versionsRequest(c.peer, e.Version)) // its strings are short
	c.core.Took(n)
}

func (c *conduit) write(now time.Duration, e link.Effect) {
	k := e.Request.Owner.(*call)
	if k.request.Prepare != nil {
		k.request.Prepare(e.Version)
	}
	h := protocol.RequestHeader{APIKey: k.Key, APIVersion: e.Version, CorrelationID: e.Correlation, ClientID: &c.pool.o.ClientID}
	n, err := encode(c.buffer(), h, k.request.Message)
	if err != nil {
		c.core.Drop(e.Request)
		c.finish(e.Request, link.Fault{Kind: link.Invalid, Cause: err})
		return
	}
	k.sent = now
	c.stats.requests.Add(1)
	c.core.Took(n)
}

func (c *conduit) buffer() *Buffer {
	if c.out == nil {
		c.out = newBuffer()
	}
	return c.out
}

// flush passes the requests of this step to the connection.
func (c *conduit) flush() {
	if c.out == nil {
		return
	}
	if c.conn == nil || len(c.out.Bytes()) == 0 {
		c.discard()
		return
	}
	c.conn.Write(c.out)
	c.out = nil
}

// discard forgets the requests for a connection that has ended.
func (c *conduit) discard() {
	if c.out != nil {
		c.out.Release()
		c.out = nil
	}
}

var errShort = errors.New("an answer without a correlation id")

// answered takes an answer.
func (c *conduit) answered(now time.Duration, conn uint64, f *Frame) {
	c.stats.bytesIn.Add(uint64(len(f.Bytes) + 4))
	id, ok := correlationOf(f)
	if !ok {
		c.core.Garbled(now, conn, errShort)
		return
	}
	a, ok := c.core.Answer(now, conn, id)
	switch {
	case !ok:
		f.release()
	case a.Request == nil:
		n, err := parseVersions(f, a.Version)
		f.release()
		if err != nil {
			c.core.Garbled(now, conn, err)
			return
		}
		c.core.Negotiated(now, conn, n)
	default:
		c.complete(now, conn, a, f)
	}
}

func (c *conduit) complete(now time.Duration, conn uint64, a link.Answered, f *Frame) {
	k := a.Request.Owner.(*call)
	resp := k.request.Into
	if resp == nil {
		resp = k.request.Message.NewResponse()
	}
	if err := decode(f, k.Key, a.Version, resp); err != nil {
		f.release()
		c.finish(a.Request, link.Fault{Kind: link.Broken, Sent: true, Cause: err})
		c.core.Garbled(now, conn, err)
		return
	}
	c.stats.answers.Add(1)
	c.stats.roundTrip.Observe(now - k.sent)
	k.done(Answer{Message: resp, Version: a.Version, frame: f}, nil)
}

// finish ends a request with a fault.
func (c *conduit) finish(r *link.Request, f link.Fault) {
	c.stats.failed[f.Kind].Add(1)
	r.Owner.(*call).done(Answer{}, &Error{Peer: c.peer, Fault: f})
}

// end closes the link and ends its requests. It waits for a step that runs.
func (c *conduit) end() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.loop.Close()
	now := c.pool.o.Host.Elapsed()
	events := c.take()
	for i := range events {
		if e := &events[i]; e.kind == submitted {
			c.handle(now, e)
		}
	}
	c.core.Close(now)
	c.perform(now)
	c.discard()
	c.note()
}

// connEvents passes the events of one connection on.
type connEvents struct {
	c    *conduit
	conn uint64
}

// Opened implements Events.
func (e *connEvents) Opened() { e.c.put(event{kind: opened, conn: e.conn}) }

// Wrote implements Events.
func (e *connEvents) Wrote(n int) {
	e.c.stats.bytesOut.Add(uint64(n))
	e.c.put(event{kind: wrote, conn: e.conn, n: n})
}

// Received implements Events.
func (e *connEvents) Received(f *Frame) { e.c.put(event{kind: received, conn: e.conn, frame: f}) }

// Broken implements Events.
func (e *connEvents) Broken(f link.Fault) { e.c.put(event{kind: broken, conn: e.conn, fault: f}) }
