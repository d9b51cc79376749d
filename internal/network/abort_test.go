package network

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Two requests wait. The first ends with Abort: the client sees the end of the connection, and no
// answer to the second.
func TestNoAnswerFollowsAnAbort(t *testing.T) {
	for _, second := range []string{"answered before the abort", "answered after the abort", "never answered"} {
		t.Run(second, func(t *testing.T) {
			k := newKeeper()
			_, addr := start(t, k, Options{})
			c := dial(t, addr)
			_, _ = c.Write(heartbeat(1, 0))
			a := <-k.news
			_, _ = c.Write(heartbeat(2, 0))
			b := <-k.news
			waitFor(t, func() bool {
				a.conn.mu.Lock()
				defer a.conn.mu.Unlock()
				return !a.conn.reading
			})
			if second == "answered before the abort" {
				_ = b.Respond(&protocol.HeartbeatResponse{}, 0)
			}
			a.Abort("the answer cannot be encoded")
			if second == "answered after the abort" {
				_ = b.Respond(&protocol.HeartbeatResponse{}, 0)
			}
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			got, err := io.ReadAll(c)
			if len(got) > 0 || err != nil {
				t.Errorf("read % x, %v; want the end of the connection", got, err)
			}
			if second == "never answered" {
				_ = b.Respond(&protocol.HeartbeatResponse{}, 0)
			}
		})
	}
}

// A request that arrives after an earlier one has ended the connection has no effect.
func TestNoRequestIsServedAfterAnAbort(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{})
	c := dial(t, addr)
	_, _ = c.Write(heartbeat(1, 0))
	first := <-k.news
	_, _ = c.Write(heartbeat(2, 0))
	(<-k.news).Abort("the answer cannot be encoded")
	_, _ = c.Write(heartbeat(3, 0))
	waitFor(t, func() bool { // the third frame is read, or the reader has seen the abort before it
		first.conn.mu.Lock()
		defer first.conn.mu.Unlock()
		return first.conn.queue.len() == 3 || first.conn.aborting && !first.conn.reading
	})
	_ = first.Respond(&protocol.HeartbeatResponse{}, 0)
	readCorrelation(t, c)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("an answer follows")
	}
	if len(k.news) > 0 {
		t.Error("the third request was served")
	}
}

// Many connections of other brokers at the same moment: afterwards max.connections is kept.
func TestManyBrokersAtOnceKeepTheLimit(t *testing.T) {
	const limit = 8
	s, addr := start(t, echo{}, Options{Limits: Limits{MaxConnections: limit}})
	inner := &Listener{Name: "INTERNAL", Protocol: "PLAINTEXT", Protected: true}
	if err := s.Bind(inner, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.wg.Add(1)
		go s.accept(inner)
	}
	var brokers []net.Conn
	for i := range uint32(limit) {
		c := dial(t, addr)
		_, _ = c.Write(heartbeat(i, 0))
		readCorrelation(t, c)
	}
	for range limit {
		brokers = append(brokers, dial(t, inner.Addr().String()))
	}
	for i, c := range brokers {
		_, _ = c.Write(heartbeat(uint32(i), 0))
		readCorrelation(t, c)
	}
	waitFor(t, func() bool { return s.open() == limit })
}
