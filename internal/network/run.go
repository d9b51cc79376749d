package network

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"time"
)

// Serve begins to accept on every bound listener. It returns at once. Stop ends it.
func (s *Server) Serve() { s.serve(func(*Listener) bool { return true }) }

// ServeControllers begins to accept on the controller listeners only. Serve adds the others.
func (s *Server) ServeControllers() { s.serve(func(l *Listener) bool { return l.Controller }) }

func (s *Server) serve(which func(*Listener) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		if l.accepting || s.stopped || !which(l) {
			continue
		}
		l.accepting = true
		s.wg.Add(1)
		go s.accept(l)
		if s.opts.MaxIdle > 0 && !s.sweeping {
			s.sweeping = true
			s.wg.Add(1)
			go s.sweep()
		}
	}
}

func (s *Server) accept(l *Listener) {
	defer s.wg.Done()
	delay := 5 * time.Millisecond
	for {
		nc, err := l.nl.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// In most cases the process is out of descriptors, and others may free some soon.
			s.opts.Logger.Error("cannot accept a connection", "listener", l.Name, "error", err)
			select {
			case <-time.After(delay):
			case <-s.stopping:
				return
			}
			delay = min(2*delay, time.Second)
			continue
		}
		delay = 5 * time.Millisecond
		if !s.admit(l, nc) {
			return
		}
	}
}

// admit serves a connection as soon as the limits allow it, or refuses it. It returns false when
// the server stops.
func (s *Server) admit(l *Listener, nc net.Conn) bool {
	ip, _, _ := net.SplitHostPort(nc.RemoteAddr().String())
	ip = canonicalIP(ip)
	v := s.awaitRoom(l, ip)
	switch v {
	case hold:
		_ = nc.Close()
		return false
	case refuse:
		s.opts.Logger.Info("rejected connection: the address has too many", "client.address", "/"+ip, "listener", l.Name)
		_ = nc.Close()
		return true
	}
	s.begin(l, nc, ip)
	if v == overfull {
		s.trim()
	}
	return true
}

// awaitRoom waits until the limits allow a connection, which they then count, or refuse it. It
// returns hold when the server stops.
func (s *Server) awaitRoom(l *Listener, ip string) verdict {
	for {
		now := s.clock.Now()
		v, wait, freed := s.limits.enter(l, ip, now)
		if v != hold {
			l.blocked.end(now)
			return v
		}
		l.blocked.begin(now)
		if s.limits.full() {
			s.opts.Logger.Warn("no more connections are accepted until some end: the limit of open files (ulimit -n) has no room for them", "connections", s.limits.most)
		}
		var due <-chan time.Time
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-freed:
		case <-due:
		case <-s.stopping:
			return hold
		}
	}
}

// begin starts to read a connection that the limits count.
func (s *Server) begin(l *Listener, nc net.Conn, ip string) {
	if tc, ok := nc.(*net.TCPConn); ok {
		if s.opts.SendBuffer > 0 {
			_ = tc.SetWriteBuffer(s.opts.SendBuffer)
		}
		if s.opts.ReceiveBuffer > 0 {
			_ = tc.SetReadBuffer(s.opts.ReceiveBuffer)
		}
		_ = tc.SetKeepAlivePeriod(30 * time.Second)
	}
	c := &Conn{srv: s, listener: l, nc: nc, remoteIP: ip, id: s.nextID.Add(1), closed: make(chan struct{}), room: make(chan struct{}, 1)}
	c.lastActive.Store(s.clock.Now().UnixNano())
	if !s.register(c) {
		s.limits.leave(l, ip)
		_ = nc.Close()
		return
	}
	if o := s.opts.Observer; o != nil {
		o.Opened(l)
	}
	s.wg.Add(1)
	go s.read(c)
}

// A connection starts with a small read buffer, because most connections are idle. One that sends
// more gets a buffer that takes several pipelined requests in one system call.
const (
	idleBuffer = 4 << 10
	busyBuffer = 64 << 10
)

// read is a connection's goroutine: it reads frames and serves them until the connection ends.
func (s *Server) read(c *Conn) {
	defer s.wg.Done()
	defer s.unregister(c)
	defer c.endSession()
	defer c.discard()
	defer c.Close()
	if c.listener.Secure != nil {
		nc, err := c.listener.Secure(c.nc)
		if err != nil {
			s.logClose(c, err.Error())
			return
		}
		c.nc = nc
	}
	c.in = bufio.NewReaderSize(c.nc, idleBuffer)
	var f frame
	for {
		waits := !c.hasFrame()
		if waits {
			c.quiesce()
		}
		for c.overfull() {
			c.quiesce()
			select {
			case <-c.room:
			case <-c.closed:
				return
			}
		}
		err := c.readFrame(&f)
		c.resume()
		if err != nil {
			c.quiesce() // the answers to the frames before a broken one are still written
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errClosing) && !isReset(err) {
				s.logClose(c, err.Error())
			}
			return
		}
		if f.size > idleBuffer/2 && c.in.Size() == idleBuffer && c.in.Buffered() == 0 {
			c.in = bufio.NewReaderSize(c.nc, busyBuffer)
		}
		if c.serve(&f, waits) {
			c.quiesce()
			<-c.closed // flush closes it after the answers to earlier requests
			return
		}
	}
}

// slots bounds how many heavy requests are in their handlers at the same time: as many as there are
// processors. The reading goroutine of a connection waits for a slot. It waits for the work of
// other requests, never for a peer, a disk or a timer, so it waits a short time.
type slots chan struct{}

func newSlots() slots { return make(slots, max(2, runtime.GOMAXPROCS(0))) }

// enter waits for a slot. leave gives it back.
func (s slots) enter() (leave func()) {
	s <- struct{}{}
	return func() { <-s }
}

// startFlush writes ready answers on a new goroutine, so that a slow client does not block the
// goroutine that completed one.
func (c *Conn) startFlush() {
	go func() {
		defer c.srv.wg.Done()
		c.flush()
	}()
}

// evictSoon closes the connection with most memory in unwritten answers, on a new goroutine,
// because its caller holds the lock of a connection.
func (s *Server) evictSoon() {
	if !s.evicting.CompareAndSwap(false, true) {
		return
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.evict()
		s.evicting.Store(false)
	}()
}

// sweep closes connections that were idle for too long.
func (s *Server) sweep() {
	defer s.wg.Done()
	t := time.NewTicker(max(s.opts.MaxIdle/20, 10*time.Millisecond))
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			for _, c := range s.idlest(now.Add(-s.opts.MaxIdle)) {
				c.Close()
			}
		case <-s.stopping:
			return
		}
	}
}

// CloseListeners stops accepting. Open connections continue.
func (s *Server) CloseListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	close(s.stopping)
	for _, l := range s.listeners {
		_ = l.nl.Close()
	}
}

// Stop stops accepting, lets requests that are under way be answered until ctx ends, and closes
// every connection. It returns when no goroutine of the server is left.
func (s *Server) Stop(ctx context.Context) {
	s.CloseListeners()
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	for s.busy() && ctx.Err() == nil {
		s.abandonAll()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// abandonAll ends the waits of all long polls. Their clients ask another broker.
func (s *Server) abandonAll() {
	s.mu.Lock()
	conns := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.abandon()
	}
}

// busy reports whether any connection still owes an answer.
func (s *Server) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.mu.Lock()
		n := c.queue.len() // an answer that is being written does not count: its client may never read it
		c.mu.Unlock()
		if n > 0 {
			return true
		}
	}
	return false
}
