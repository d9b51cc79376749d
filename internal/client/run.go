package client

import (
	"bufio"
	"context"
	"net"

	"github.com/gregorhq/gregor/internal/client/link"
)

// Dial implements Transport.
func (t *Sockets) Dial(to Peer, events Events) Conn {
	s := &socket{t: t, to: to, events: events}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	t.start(s.run)
	return s
}

// run is the goroutine of a connection: it dials, and reads answers until the connection ends.
func (s *socket) run() {
	var d net.Dialer
	nc, err := d.DialContext(s.ctx, "tcp", s.to.Address)
	if err != nil {
		s.fail(dialFault(err))
		return
	}
	if tc, ok := nc.(*net.TCPConn); ok {
		if s.t.SendBuffer > 0 {
			_ = tc.SetWriteBuffer(s.t.SendBuffer)
		}
		if s.t.ReceiveBuffer > 0 {
			_ = tc.SetReadBuffer(s.t.ReceiveBuffer)
		}
	}
	if !s.adopt(nc) {
		return
	}
	if s.t.Secure != nil {
		secured, err := s.t.Secure(nc, s.to)
		if err != nil {
			s.fail(link.Fault{Kind: link.Unreachable, Cause: err})
			return
		}
		if !s.adopt(secured) {
			_ = nc.Close()
			return
		}
		nc = secured
	}
	s.events.Opened()
	s.fail(streamFault(s.read(nc)))
}

// readBuffer holds several small answers. Larger ones are read past it.
const readBuffer = 16 << 10

func (s *socket) read(nc net.Conn) error {
	in := bufio.NewReaderSize(nc, readBuffer)
	most := s.t.MaxAnswerBytes
	if most <= 0 {
		most = maxAnswerBytes
	}
	for {
		f, err := readFrame(in, most)
		if err != nil {
			return err
		}
		s.events.Received(f)
	}
}

// flush writes the queue. It is a goroutine of its own, because a slow peer blocks it.
func (s *socket) flush() {
	for {
		s.mu.Lock()
		batch, nc := s.queue, s.nc
		s.queue = nil
		if len(batch) == 0 || s.closed {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for i, b := range batch {
			n, err := nc.Write(b.Bytes())
			b.Release()
			if err != nil {
				for _, rest := range batch[i+1:] {
					rest.Release()
				}
				s.fail(streamFault(err))
				return
			}
			s.events.Wrote(n)
		}
	}
}

// start runs f on a goroutine.
func (t *Sockets) start(f func()) { t.running.Go(f) }

// Wait returns when every goroutine of the transport has ended. The caller has closed the pool.
func (t *Sockets) Wait() { t.running.Wait() }
