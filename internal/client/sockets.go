package client

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/gregorhq/gregor/internal/client/link"
)

// Sockets is the Transport of a process: TCP connections. The zero value is ready. It must not be
// copied.
type Sockets struct {
	// Secure, when set, turns a dialed connection into the one that carries frames: TLS, and then
	// the exchange of SASL. It runs on the connection's goroutine and may block; the setup timeout
	// closes the connection, which ends it.
	Secure func(c net.Conn, to Peer) (net.Conn, error)
	// MaxAnswerBytes bounds an answer; a larger one breaks the connection. 0 means 100 MiB, the
	// default of socket.request.max.bytes.
	MaxAnswerBytes int
	// SendBuffer and ReceiveBuffer are the sizes of the socket buffers in bytes
	// (replica.socket.receive.buffer.bytes). 0 leaves them to the operating system.
	SendBuffer, ReceiveBuffer int

	// running counts the goroutines.
	running sync.WaitGroup
}

const maxAnswerBytes = 100 << 20

// socket is one connection.
type socket struct {
	t      *Sockets
	to     Peer
	events Events
	ctx    context.Context
	cancel context.CancelFunc

	mu sync.Mutex
	nc net.Conn
	// queue are the buffers to write. writing is set while a goroutine writes them.
	queue   []*Buffer
	writing bool
	closed  bool
	// broken: Broken was reported, or must not be.
	broken bool
}

// Write implements Conn.
func (s *socket) Write(b *Buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		b.Release()
		return
	}
	s.queue = append(s.queue, b)
	if !s.writing {
		s.writing = true
		s.t.start(s.flush)
	}
}

// Close implements Conn.
func (s *socket) Close() {
	s.mu.Lock()
	s.broken = true
	s.mu.Unlock()
	s.end()
}

// end closes the socket, also during the dial.
func (s *socket) end() {
	s.cancel()
	s.mu.Lock()
	s.closed = true
	nc := s.nc
	left := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, b := range left {
		b.Release()
	}
	if nc != nil {
		_ = nc.Close()
	}
}

// fail ends the connection and reports it, once.
func (s *socket) fail(f link.Fault) {
	s.mu.Lock()
	report := !s.broken
	s.broken = true
	s.mu.Unlock()
	s.end()
	if report {
		s.events.Broken(f)
	}
}

// adopt takes a connection that was dialed. It returns false after Close.
func (s *socket) adopt(nc net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close()
		return false
	}
	s.nc = nc
	return true
}

// dialFault names the reason why a dial failed.
func dialFault(err error) link.Fault {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return link.Fault{Kind: link.Refused, Gone: true, Cause: err}
	}
	if isReset(err) { // the peer's listener was closed during the handshake
		return link.Fault{Kind: link.Broken, Gone: true, Cause: err}
	}
	return link.Fault{Kind: link.Unreachable, Cause: err}
}

// streamFault names the reason why an open connection ended.
func streamFault(err error) link.Fault {
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if ended && !isReset(err) {
		err = errEnded
	}
	return link.Fault{Kind: link.Broken, Gone: ended || isReset(err), Cause: err}
}

var errEnded = errors.New("the peer has closed the connection")

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}
