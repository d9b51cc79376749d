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

	// Session belongs to the handlers: principal, SASL state, client software. Only the reading
	// goroutine of the connection touches it. A Session with a method Ended() learns of the end of
	// the connection.
	Session any

	// arrived is the time at which the last frame was complete that the reader waited for. Frames
	// that were buffered behind it arrived with it.
	arrived time.Time

	closed    chan struct{}
	closeOnce sync.Once
	// lastActive is the time of the last byte in or out, in nanoseconds since 1970, for
	// connections.max.idle.ms.
	lastActive atomic.Int64
	// room wakes the reader when the queue has become shorter.
	room chan struct{}

	mu    sync.Mutex
	queue ring
	// writing is set while some goroutine owns the socket's write side. Invariant: at most one.
	writing bool
	// reading is set while the reading goroutine is not blocked. It writes the ready answers before
	// it blocks. Invariant: cleared only in quiesce. After it, the goroutine that completes the
	// head of the queue starts the writing.
	reading bool
	// serving is the exchange whose handler runs. It stays in the queue until the handler has
	// returned, also when it is answered: a flusher that began earlier would otherwise release what
	// the handler uses.
	serving *Exchange
	// aborting is set when an exchange has asked for the end of the connection.
	aborting bool
	// unsent is the memory of the answers that are complete and not written, in bytes.
	unsent int
	// ended is set before the reading goroutine returns. Invariant: no goroutine is started for the
	// connection after it, so that Stop waits for all of them.
	ended bool
}

// RemoteHost is the client's IP address in text.
func (c *Conn) RemoteHost() string { return c.remoteIP }

// Listener is the listener the connection came in on.
func (c *Conn) Listener() *Listener { return c.listener }

// ID is unique among the connections of a server.
func (c *Conn) ID() uint64 { return c.id }

// Close ends the connection. It may be called more than once, from any goroutine.
func (c *Conn) Close() {
	c.closeOnce.Do(func() {
		close(c.closed)
		_ = c.nc.Close()
	})
}

// endSession calls Ended of the session.
func (c *Conn) endSession() {
	if s, ok := c.Session.(interface{ Ended() }); ok {
		s.Ended()
	}
}

func (c *Conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// serve handles one frame on the reading goroutine. waited says that the reader had to wait for the
// frame. aborting reports whether an exchange asked for the end of the connection.
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
	over := c.aborting
	c.mu.Unlock()
	hdr, body, err := protocol.ParseRequestHeader(f.buf.b[:f.size])
	switch {
	case over:
		x.RespondNone() // an earlier request ends the connection, so this one has no effect
	case err == nil:
		x.Header, x.Body = hdr, body
		c.srv.handler.Serve(x)
	default:
		x.Abort("unreadable request header: " + err.Error())
	}
	c.mu.Lock()
	c.serving = nil
	if !x.done {
		x.parked = max(c.srv.clock.Now().Sub(now), 1)
	}
	aborting = c.aborting
	c.mu.Unlock()
	return aborting
}

// hasFrame reports whether a complete frame is buffered, so that the next read does not block.
func (c *Conn) hasFrame() bool {
	if c.in.Buffered() < 4 {
		return false
	}
	b, _ := c.in.Peek(4)
	size := int(int32(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])))
	return c.in.Buffered()-4 >= size
}

// quiesce writes the ready answers and lets other goroutines write from now on. The reader is about
// to block.
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

// maxUnsent bounds the bytes of unwritten answers of a connection that is still read. A client that
// sends requests and reads no answers costs this much and one answer. The answers of earlier long
// polls may come on top, see evict.
const maxUnsent = 1 << 20

// overfull reports whether the connection has as many exchanges in flight, or as many bytes of
// unwritten answers, as it may have.
func (c *Conn) overfull() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.len() >= c.srv.opts.MaxInFlight || c.unsent >= maxUnsent
}

// owe counts bytes of unwritten answers. The caller holds mu.
func (c *Conn) owe(n int) {
	c.unsent += n
	if c.srv.unsent.Add(int64(n)) > c.srv.opts.MaxUnsentBytes && n > 0 {
		c.srv.evictSoon()
	}
}

// maxGather bounds the answers in one system call.
const maxGather = 64

// flush writes ready answers in order until the head is not ready, or until the connection ends at
// an exchange that asked for it. The caller has set writing.
func (c *Conn) flush() {
	fl := flushers.Get().(*flusher)
	defer flushers.Put(fl)
	batch := &fl.batch
	for {
		n := 0
		c.mu.Lock()
		owed, closing := 0, ""
		for n < maxGather && closing == "" && c.ready() {
			batch[n] = c.queue.pop()
			owed += batch[n].unsent()
			closing = batch[n].closing
			n++
		}
		if n == 0 {
			c.writing = false
			c.mu.Unlock()
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
		if closing != "" && !c.isClosed() {
			c.srv.logClose(c, closing)
		}
		if err != nil || closing != "" {
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

// write writes the answers to the socket: runs of plain bytes in one call, payloads in their
// places.
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

// discard drops all answers after the connection has ended, also unfinished ones. It ends the
// requests that wait for data. Other requests are dropped when they complete.
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
	c.in = nil // parked requests still refer to the connection, and need no buffer
	c.quiesce()
	c.abandon()
}

// abandon ends the waits of requests that wait for data, unless the reader runs: then a handler may
// be about to begin one.
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
