package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// firstChunk is the first size of a frame's buffer. The buffer grows only when bytes arrive.
	firstChunk = 64 << 10
	// freeChunk is the size up to which a frame does not count in the budget. It is little more
	// than the memory of an idle connection. So small requests never wait for large ones, and a
	// frame that only claims a size takes nothing while the budget is tight.
	freeChunk = 4 << 10
	// chunkTimeout is the time that a client may take for each piece of a frame that has begun. A
	// frame that arrives one byte at a time holds memory that others wait for.
	chunkTimeout = time.Minute
	// While the budget is tight, a client must send tightRate bytes per second, and has at least
	// slowTimeout for a piece.
	tightRate   = 100 << 10
	slowTimeout = 5 * time.Second
)

// patience returns the time that a client may take for n more bytes of a frame.
func (s *Server) patience(n int) time.Duration {
	if !s.budget.tight() {
		return chunkTimeout
	}
	return min(max(time.Duration(n)*time.Second/tightRate, slowTimeout), chunkTimeout)
}

var errClosing = errors.New("server is stopping")

// frame is a request's bytes and their part of the budget.
type frame struct {
	buf  *boxed
	size int
	held holding
}

// readFrame reads one size-delimited frame (int32 length, then that many bytes) from the
// connection.
//
// The buffer grows fourfold each time it is full. So a peer that announces 100 MiB and sends four
// bytes costs 64 KiB, or 4 KiB where many do so. The bytes count in the server's budget when the
// buffer grows.
func (c *Conn) readFrame(f *frame) error {
	*f = frame{}
	if _, err := io.ReadFull(c.in, c.head[:]); err != nil {
		return err
	}
	size := int(int32(binary.BigEndian.Uint32(c.head[:])))
	if size < 0 || size > c.srv.opts.MaxRequestBytes {
		return fmt.Errorf("invalid receive (size = %d, allowed up to %d)%s", size, c.srv.opts.MaxRequestBytes, stranger(c.head))
	}
	if size < 8 {
		return fmt.Errorf("invalid receive (size = %d is less than a request header)", size)
	}
	f.size = size
	want := min(size, firstChunk)
	if want > freeChunk && c.srv.budget.tight() {
		want = freeChunk
	}
	if want > freeChunk {
		if err := c.await(c.srv.budget.begin(&f.held, int64(sizeFor(want)))); err != nil {
			return err
		}
	}
	f.buf = frames.get(want)
	if err := c.readChunks(f, want); err != nil {
		frames.put(f.buf)
		c.srv.budget.release(&f.held)
		return err
	}
	return nil
}

// readChunks reads the frame's bytes, first up to want, then in growing steps.
func (c *Conn) readChunks(f *frame, want int) error {
	late := c.in.Buffered() < f.size
	n := 0
	for {
		if late {
			_ = c.nc.SetReadDeadline(c.srv.clock.Now().Add(c.srv.patience(want - n)))
		}
		m, err := io.ReadFull(c.in, f.buf.b[n:want])
		n += m
		if err != nil {
			return fmt.Errorf("frame of %d bytes ended after %d: %w", f.size, n, err)
		}
		if n == f.size {
			if late {
				_ = c.nc.SetReadDeadline(time.Time{})
			}
			return nil
		}
		more := min(f.size, 4*want)
		take := c.srv.budget.grow
		if f.held.n == 0 {
			take = c.srv.budget.begin
		}
		if err := c.await(take(&f.held, int64(sizeFor(more))-f.held.n)); err != nil {
			return err
		}
		want = more
		bigger := frames.get(want)
		copy(bigger.b, f.buf.b[:n])
		frames.put(f.buf)
		f.buf = bigger
	}
}

// await waits for bytes of the budget. It writes ready answers before it waits.
func (c *Conn) await(w *budgetWaiter) error {
	if w == nil {
		return nil
	}
	// The reader counts as blocked from here until the frame is complete, as while it waits for
	// bytes.
	c.quiesce()
	select {
	case <-w.ready:
		return nil
	case <-c.closed:
		c.srv.budget.forget(w)
		return errClosing
	}
}
