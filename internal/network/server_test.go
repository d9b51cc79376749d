package network

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gregorhq/gregor/internal/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper keeps every exchange until the test answers it, unless now is set.
type keeper struct {
	news chan *Exchange
}

func newKeeper() *keeper { return &keeper{news: make(chan *Exchange, 1024)} }

func (k *keeper) Serve(x *Exchange) { k.news <- x }

type echo struct{ reuse bool }

func (e echo) Serve(x *Exchange) {
	if e.reuse {
		x.ReuseFrame()
	}
	var resp protocol.HeartbeatResponse
	x.Respond(&resp, 0)
}

func start(t testing.TB, h Handler, o Options) (*Server, string) {
	t.Helper()
	s := NewServer(h, o)
	l := &Listener{Name: "PLAINTEXT", Protocol: "PLAINTEXT"}
	if err := s.Bind(l, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		s.Stop(ctx)
	})
	return s, l.Addr().String()
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// heartbeat is a Heartbeat v0 frame with a correlation id.
func heartbeat(corr uint32, padding int) []byte {
	body := []byte{0, 12, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 1, 'g', 0, 0, 0, 1, 0, 1, 'm'}
	binary.BigEndian.PutUint32(body[4:], corr)
	body = append(body, make([]byte, padding)...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func readCorrelation(t testing.TB, c net.Conn) uint32 {
	t.Helper()
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[:4])-4)
	if _, err := io.ReadFull(c, rest); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(head[4:])
}

func TestAnswersKeepTheOrderOfRequests(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{})
	c := dial(t, addr)
	const n = 100
	var all []byte
	for i := range uint32(n) {
		all = append(all, heartbeat(i, 0)...)
	}
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
	var xs []*Exchange
	for range n {
		xs = append(xs, <-k.news)
	}
	// The first is answered last: nothing may leave before it.
	for i := n - 1; i >= 0; i-- {
		xs[i].Respond(&protocol.HeartbeatResponse{}, 0)
	}
	for i := range uint32(n) {
		if got := readCorrelation(t, c); got != i {
			t.Fatalf("answer %d carries correlation id %d", i, got)
		}
	}
}

func TestConcurrentCompletion(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{MaxInFlight: 16})
	stop := make(chan struct{})
	defer close(stop)
	for range 4 {
		go func() {
			for {
				select {
				case x := <-k.news:
					x.Respond(&protocol.HeartbeatResponse{}, 0)
				case <-stop:
					return
				}
			}
		}()
	}
	c := dial(t, addr)
	const n = 20000
	sent := make(chan error, 1)
	go func() {
		for i := range uint32(n) {
			if _, err := c.Write(heartbeat(i, int(i%3)*5000)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range uint32(n) {
		if got := readCorrelation(t, c); got != i {
			t.Fatalf("answer %d carries correlation id %d", i, got)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

func TestBadFrameClosesItsConnectionOnly(t *testing.T) {
	_, addr := start(t, echo{}, Options{MaxRequestBytes: 1 << 20})
	good := dial(t, addr)
	for name, frame := range map[string][]byte{
		"negative": {0xff, 0xff, 0xff, 0xff}, "empty": {0, 0, 0, 0}, "short": {0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0},
		"too large": {0x7f, 0xff, 0xff, 0xff}, "header cut": append([]byte{0, 0, 0, 10}, 0, 12, 0, 0, 0, 0, 0, 1, 0, 50),
	} {
		c := dial(t, addr)
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: answered", name)
		}
	}
	if _, err := good.Write(heartbeat(9, 0)); err != nil {
		t.Fatal(err)
	}
	if got := readCorrelation(t, good); got != 9 {
		t.Fatalf("correlation id %d", got)
	}
}

// 300 connections that announce 100 MiB each and send four bytes put Apache Kafka 4.4 out of
// memory.
func TestAnnouncedLengthAllocatesNothing(t *testing.T) {
	s, addr := start(t, echo{}, Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 300 {
		c := dial(t, addr)
		if _, err := c.Write([]byte{0x06, 0x40, 0, 0, 0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool { return s.open() == 300 })
	runtime.ReadMemStats(&after)
	if got := after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc); got > 64<<20 {
		t.Errorf("%d bytes on the heap for 300 announcements", got)
	}
}

func waitFor(t testing.TB, cond func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline:
			t.Fatal("condition did not come true in 10 s")
		case <-tick.C:
		}
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	_, addr := start(t, echo{}, Options{MaxIdle: 50 * time.Millisecond})
	c := dial(t, addr)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("idle connection got an answer")
	}
}

// A client that does not read must not block the goroutine that completes its request.
func TestSlowReaderBlocksNobody(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{MaxInFlight: 8})
	c := dial(t, addr)
	go func() {
		for i := range uint32(64) {
			if _, err := c.Write(heartbeat(i, 0)); err != nil {
				return
			}
		}
	}()
	big := &protocol.DescribeConfigsResponse{}
	name := string(make([]byte, 30<<10))
	for range 100 {
		big.Results = append(big.Results, protocol.DescribeConfigsResponseResult{ResourceName: name})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 8 {
			x := <-k.news
			x.Respond(big, 1)
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("completing requests of a client that reads nothing blocked")
	}
}

func TestAbortWritesEarlierAnswersFirst(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{})
	c := dial(t, addr)
	_, _ = c.Write(append(heartbeat(1, 0), heartbeat(2, 0)...))
	x1, x2 := <-k.news, <-k.news
	x2.Abort("because")
	x1.Respond(&protocol.HeartbeatResponse{}, 0)
	if got := readCorrelation(t, c); got != 1 {
		t.Fatalf("correlation id %d", got)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("connection stayed open")
	}
}

func TestRequestAllocations(t *testing.T) {
	_, addr := start(t, echo{reuse: true}, Options{})
	c := dial(t, addr)
	frame := heartbeat(7, 0)
	answer := make([]byte, 4+6)
	round := func() {
		_, _ = c.Write(frame)
		_, _ = io.ReadFull(c, answer)
	}
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(1000, round); n > 2 {
		t.Errorf("%.1f allocations a request", n)
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	_, addr := start(b, echo{reuse: true}, Options{})
	c := dial(b, addr)
	frame := heartbeat(7, 0)
	answer := make([]byte, 4+6)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Write(frame)
		_, _ = io.ReadFull(c, answer)
	}
}

// open is the number of open connections.
func (s *Server) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
