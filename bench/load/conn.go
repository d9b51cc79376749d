// Package load replays encoded requests to a Kafka broker over raw connections. The load costs a
// fraction of the broker's work, so the measurement shows the broker.
package load

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Conn is one raw connection.
type Conn struct {
	nc   net.Conn
	in   *bufio.Reader
	buf  []byte
	corr int32
}

// Dial connects to a broker.
func Dial(addr string) (*Conn, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Conn{nc: nc, in: bufio.NewReaderSize(nc, 64<<10)}, nil
}

// dialAll makes n connections, one after the other. Each has got an answer before the next begins:
// Apache Kafka's backlog holds 50 connections, and a reset ends the row.
func dialAll(addr string, n int) ([]*Conn, error) {
	conns := make([]*Conn, 0, n)
	for range n {
		c, err := Dial(addr)
		if err == nil {
			conns = append(conns, c)
			err = c.Call(&protocol.APIVersionsRequest{}, 0, &protocol.APIVersionsResponse{})
		}
		if err != nil {
			for _, c := range conns {
				c.Close()
			}
			return nil, err
		}
	}
	return conns, nil
}

// Close closes the connection.
func (c *Conn) Close() { _ = c.nc.Close() }

// Frame encodes a request with its length and header. The correlation id is at byte 8.
func Frame(m protocol.Message, version int16) []byte {
	w := &wire.Writer{Buf: make([]byte, 4, 512)}
	key := m.APIKey()
	w.Buf = binary.BigEndian.AppendUint16(w.Buf, uint16(key))
	w.Buf = binary.BigEndian.AppendUint16(w.Buf, uint16(version))
	w.Buf = binary.BigEndian.AppendUint32(w.Buf, 0)
	w.Buf = append(w.Buf, 0, 5, 'b', 'e', 'n', 'c', 'h')
	if protocol.RequestHeaderVersion(key, version) >= 2 {
		w.Buf = append(w.Buf, 0)
	}
	m.Encode(w, version)
	binary.BigEndian.PutUint32(w.Buf, uint32(len(w.Buf)-4))
	return w.Buf
}

// Send writes a frame made by Frame.
func (c *Conn) Send(frame []byte) error {
	c.corr++
	binary.BigEndian.PutUint32(frame[8:], uint32(c.corr))
	_, err := c.nc.Write(frame)
	return err
}

// Receive reads one answer. The bytes after the correlation id are valid until the next call.
func (c *Conn) Receive() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[:4])) - 4
	if n < 0 {
		return nil, fmt.Errorf("answer of %d bytes", n)
	}
	if cap(c.buf) < n {
		c.buf = make([]byte, n)
	}
	b := c.buf[:n]
	_, err := io.ReadFull(c.in, b)
	return b, err
}

// Call sends a request and decodes its answer.
func (c *Conn) Call(req protocol.Message, version int16, resp protocol.Message) error {
	if err := c.Send(Frame(req, version)); err != nil {
		return err
	}
	b, err := c.Receive()
	if err != nil {
		return err
	}
	if protocol.ResponseHeaderVersion(req.APIKey(), version) >= 1 {
		b = b[1:]
	}
	return resp.Decode(b, version)
}
