package network

import (
	"net"
	"sync"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// lingering is a handler that keeps the first request, answers the second and goes on with it for a
// while.
type lingering struct {
	first, answered chan *Exchange
	end             chan struct{}
}

func (h lingering) Serve(x *Exchange) {
	if x.Header.CorrelationID == 1 {
		h.first <- x
		return
	}
	x.Respond(&protocol.HeartbeatResponse{}, 0)
	h.answered <- x
	<-h.end
}

// A goroutine that writes an older answer must not write the next one while its handler still uses
// the request. The buffers of the request would go to another request.
func TestBuffersStayWhileAHandlerUsesThem(t *testing.T) {
	h := lingering{make(chan *Exchange, 1), make(chan *Exchange, 1), make(chan struct{})}
	s, _ := start(t, h, Options{})
	end := sync.OnceFunc(func() { close(h.end) })
	t.Cleanup(end)
	client, server := net.Pipe()
	defer client.Close()
	s.admit(s.listeners[0], server)
	if _, err := client.Write(heartbeat(1, 0)); err != nil {
		t.Fatal(err)
	}
	first := <-h.first
	conn := first.Conn()
	waitFor(t, func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return !conn.reading
	})
	first.Respond(&protocol.HeartbeatResponse{}, 0) // a goroutine waits for the client to take it
	if _, err := client.Write(heartbeat(2, 0)); err != nil {
		t.Fatal(err)
	}
	second := <-h.answered
	if got := readCorrelation(t, client); got != 1 {
		t.Fatalf("correlation id %d", got)
	}
	waitFor(t, func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return !conn.writing && second.conn == conn
	})
	end()
	if got := readCorrelation(t, client); got != 2 {
		t.Fatalf("correlation id %d", got)
	}
}
