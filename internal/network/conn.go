package network

import (
	"bufio"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Conn is one client's connection.
type Conn struct {
	srv      *Server
	listener *Listener
	nc       net.Conn
	in       *bufio.Reader
	head     [4]byte
	remoteIP string
	id       uint64

	// Session belongs to the handlers: what is known of the client beyond its bytes (principal, SASL state, client
	// software). Only the connection's reading goroutine touches it.
	Session any

	// arrived is when the last frame became whole that had to be waited for; those buffered behind it came with it.
	arrived time.Time

	closed    chan struct{}
	closeOnce sync.Once
	// lastActive is the time of the last byte in or out, in nanoseconds since 1970, for connections.max.idle.ms.
	lastActive atomic.Int64
	// room wakes the reader when the queue has become shorter.
	room chan struct{}

	mu    sync.Mutex
	queue ring
	// writing is set while some goroutine owns the socket's write side. Invariant: at most one.
	writing bool
	// reading is set while the reading goroutine is not blocked: it flushes what is ready before it blocks, so nobody
	// else needs to. Invariant: cleared only in quiesce, after which ready heads are written by whoever completes them.
	reading bool
	// serving is the exchange whose handler is at work. It stays in the queue until the handler has returned, even when it
	// is answered: a flusher that others began before the reader went to work would else give back what the handler uses.
	serving *Exchange
	abort   string
	// unsent is the memory in answers that were given and not written yet, in bytes.
	unsent int
	// ended is set when the reading goroutine is about to return. Invariant: no goroutine is started for the connection
	// after it, so that Stop's wait is sound.
	ended bool
}

// RemoteHost is the client's IP address in text.
func (c *Conn) RemoteHost() string { return c.remoteIP }

// Listener is the listener the connection came in on.
func (c *Conn) Listener() *Listener { return c.listener }

// ID is unique among the connections of a server.
func (c *Conn) ID() uint64 { return c.id }

// Close ends the connection. It may be called by anyone, more than once.
func (c *Conn) Close() {
	c.closeOnce.Do(func() {
		close(c.closed)
		_ = c.nc.Close()
	})
}

// serve handles one frame on the reading goroutine; waited tells that the frame was not in memory yet when the reader came
// to it. It tells whether an exchange asked for the connection to be closed.
func (c *Conn) serve(f *frame, waited bool) (aborting bool) {
	now := c.srv.clock.Now()
	if waited {
		c.arrived = now
	}
	x := exchanges.Get().(*Exchange)
	*x = Exchange{conn: c, frame: *f, Size: f.size, Received: now, arrived: c.arrived}
	c.lastActive.Store(now.UnixNano())
	c.mu.Lock()
	c.queue.push(x)
	c.serving = x
	c.mu.Unlock()
	hdr, body, err := protocol.ParseRequestHeader(f.buf.b[:f.size])
	if err == nil {
		x.Header, x.Body = hdr, body
		c.srv.handler.Serve(x)
	} else {
		x.Abort("unreadable request header: " + err.Error())
	}
	c.mu.Lock()
	c.serving = nil
	if !x.done {
		x.parked = max(c.srv.clock.Now().Sub(now), 1)
	}
	aborting = c.abort != ""
	c.mu.Unlock()
	return aborting
}

// hasFrame tells whether a whole frame is buffered, so that the next read will not block.
func (c *Conn) hasFrame() bool {
	if c.in.Buffered() < 4 {
		return false
	}
	b, _ := c.in.Peek(4)
	size := int(int32(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])))
	return c.in.Buffered()-4 >= size
}

// quiesce writes what is ready and lets others write from now on: the reader is about to block.
func (c *Conn) quiesce() {
	c.mu.Lock()
	c.reading = false
	own := !c.writing && c.ready()
	if own {
		c.writing = true
	}
	c.mu.Unlock()
	if own {
		c.flush()
	}
}

func (c *Conn) resume() {
	c.mu.Lock()
	c.reading = true
	c.mu.Unlock()
}

// ready needs mu.
func (c *Conn) ready() bool {
	h := c.queue.head()
	return h != nil && h.done && h != c.serving
}

// maxUnsent is how many bytes of answers may wait to be written before the connection is not read further: a client that
// asks and does not read costs this much and one answer. Long polls that were parked before may add theirs; see evict.
const maxUnsent = 1 << 20

// overfull tells whether the connection has as many exchanges in flight, or answers unread, as it may.
func (c *Conn) overfull() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len() >= c.srv.opts.MaxInFlight || c.unsent >= maxUnsent
}

// owe counts bytes of answers that wait to be written; the caller holds mu.
func (c *Conn) owe(n int) {
	c.unsent += n
	if c.srv.unsent.Add(int64(n)) > c.srv.opts.MaxUnsentBytes && n > 0 {
		c.srv.evictSoon()
	}
}

// maxGather bounds how many answers one system call carries.
const maxGather = 64

// flush writes ready answers in order until the head is not ready. The caller has set writing.
func (c *Conn) flush() {
	fl := flushers.Get().(*flusher)
	defer flushers.Put(fl)
	batch := &fl.batch
	for {
		n := 0
		c.mu.Lock()
		owed := 0
		for n < maxGather && c.ready() {
			batch[n] = c.queue.pop()
			owed += batch[n].unsent()
			n++
		}
		if n == 0 {
			c.writing = false
			abort := c.abort
			idle := c.queue.len() == 0
			c.mu.Unlock()
			if abort != "" && idle {
				c.srv.logClose(c, abort)
				c.Close()
			}
			return
		}
		c.mu.Unlock()
		began := c.srv.clock.Now()
		err := c.write(fl, batch[:n])
		ended := c.srv.clock.Now()
		c.lastActive.Store(ended.UnixNano())
		for i := range n {
			batch[i].sending, batch[i].sent = began.Sub(batch[i].Received), ended.Sub(batch[i].Received)
			c.srv.done(batch[i])
			batch[i].release()
			batch[i] = nil
		}
		if err != nil {
			c.Close()
		}
		c.mu.Lock()
		c.owe(-owed)
		c.mu.Unlock()
		select {
		case c.room <- struct{}{}:
		default:
		}
	}
}

// flusher is the scratch space of one flush.
type flusher struct {
	batch  [maxGather]*Exchange
	bytes  [maxGather][]byte
	gather net.Buffers
}

var flushers = sync.Pool{New: func() any { return new(flusher) }}

// send writes the gathered bytes.
func (f *flusher) send(nc net.Conn, n int) error {
	if n == 0 {
		return nil
	}
	if n == 1 {
		_, err := nc.Write(f.bytes[0])
		return err
	}
	f.gather = f.bytes[:n]
	_, err := f.gather.WriteTo(nc)
	return err
}

// write puts the answers on the socket: runs of plain bytes gathered into one call, payloads in their places.
func (c *Conn) write(f *flusher, xs []*Exchange) error {
	n := 0
	for _, x := range xs {
		w := x.out
		if w == nil {
			continue
		}
		at := 0
		for _, s := range w.Splices {
			if n == maxGather {
				if err := f.send(c.nc, n); err != nil {
					return err
				}
				n = 0
			}
			f.bytes[n] = w.Buf[at:s.At]
			at = s.At
			if err := f.send(c.nc, n+1); err != nil {
				return err
			}
			n = 0
			if err := c.writePayload(s.Payload); err != nil {
				return err
			}
		}
		if at < len(w.Buf) {
			if n == maxGather {
				if err := f.send(c.nc, n); err != nil {
					return err
				}
				n = 0
			}
			f.bytes[n] = w.Buf[at:]
			n++
		}
	}
	return f.send(c.nc, n)
}

func (c *Conn) writePayload(p wire.Payload) error {
	n, err := p.(io.WriterTo).WriteTo(c.nc)
	if err == nil && n != int64(p.Size()) {
		err = io.ErrShortWrite
	}
	return err
}

// discard drops whatever is ready after the connection has ended, and what will be: nobody can be told any more. Requests
// that wait for data are ended; others are dropped when they complete.
func (c *Conn) discard() {
	c.mu.Lock()
	c.ended = true
	var drop []*wire.Writer
	for i := range c.queue.len() {
		x := c.queue.at(i)
		if x.out != nil {
			c.owe(-x.unsent())
			drop = append(drop, x.out)
			x.out = nil
		}
	}
	c.mu.Unlock()
	for _, w := range drop {
		dropWriter(w)
	}
	c.in = nil // parked requests still lead here, and need no buffer
	c.quiesce()
	c.abandon()
}

// abandon ends the waits of requests that wait for data, unless the reader is at work: then a handler may be about to
// begin one.
func (c *Conn) abandon() {
	var finish []func()
	c.mu.Lock()
	for i := range c.queue.len() {
		if c.reading {
			break
		}
		if x := c.queue.at(i); !x.done && x.left != nil {
			if f := x.left.Abandon(); f != nil {
				finish = append(finish, f)
			}
		}
	}
	c.mu.Unlock()
	for _, f := range finish {
		f()
	}
}
