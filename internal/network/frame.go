package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// firstChunk is what a frame's buffer starts with; it grows only as bytes arrive.
const firstChunk = 64 << 10

var errClosing = errors.New("server is stopping")

// readFrame reads one size-delimited frame (int32 length, then that many bytes) from the connection.
//
// The buffer grows fourfold each time it has filled, so that a peer that announces 100 MiB and sends four bytes costs
// 64 KiB. The frame's bytes are accounted for in the server's budget as the buffer grows.
func (c *Conn) readFrame(head *[4]byte) (*boxed, int, int64, error) {
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return nil, 0, 0, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:])))
	if size < 0 || size > c.srv.opts.MaxRequestBytes {
		return nil, 0, 0, fmt.Errorf("invalid receive (size = %d, allowed up to %d)", size, c.srv.opts.MaxRequestBytes)
	}
	if size < 8 {
		return nil, 0, 0, fmt.Errorf("invalid receive (size = %d is less than a request header)", size)
	}
	var held int64
	want := min(size, firstChunk)
	if err := c.acquire(int64(want)); err != nil {
		return nil, 0, 0, err
	}
	held = int64(want)
	buf := frames.get(want)
	n := 0
	for {
		m, err := io.ReadFull(c.in, buf.b[n:want])
		n += m
		if err != nil {
			frames.put(buf)
			c.srv.budget.release(held)
			return nil, 0, 0, fmt.Errorf("frame of %d bytes ended after %d: %w", size, n, err)
		}
		if n == size {
			return buf, size, held, nil
		}
		want = min(size, 4*want)
		if err := c.acquire(int64(want) - held); err != nil {
			frames.put(buf)
			c.srv.budget.release(held)
			return nil, 0, 0, err
		}
		held = int64(want)
		bigger := frames.get(want)
		copy(bigger.b, buf.b[:n])
		frames.put(buf)
		buf = bigger
	}
}

// acquire waits for n bytes of the frame budget. Ready answers are written before it waits.
func (c *Conn) acquire(n int64) error {
	w := c.srv.budget.tryAcquire(n)
	if w == nil {
		return nil
	}
	c.quiesce()
	defer c.resume()
	select {
	case <-w.ready:
		return nil
	case <-c.closed:
		c.srv.budget.forget(w)
		return errClosing
	}
}
