package network

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/testkit"
)

// large is an answer of n KiB.
func large(kib int) *protocol.DescribeConfigsResponse {
	r := &protocol.DescribeConfigsResponse{}
	name := strings.Repeat("x", 1<<10)
	for range kib {
		r.Results = append(r.Results, protocol.DescribeConfigsResponseResult{ResourceName: name})
	}
	return r
}

// talker answers at once, with a quarter of a mebibyte.
type talker struct{}

func (talker) Serve(x *Exchange) { x.Respond(large(256), 1) }

// A client that asks and asks, and reads nothing, is not read either once a mebibyte of answers
// waits for it.
func TestUnreadAnswersStopTheReading(t *testing.T) {
	s, addr := start(t, talker{}, Options{})
	c := dial(t, addr)
	const n = 100
	var all []byte
	for i := range uint32(n) {
		all = append(all, heartbeat(i, 0)...)
	}
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.unsent.Load() >= maxUnsent })
	// The kernel takes some more off while the buffers of the socket fill up; then nothing moves.
	still, since := s.unsent.Load(), time.Now()
	waitFor(t, func() bool {
		if n := s.unsent.Load(); n != still {
			still, since = n, time.Now()
		}
		return time.Since(since) > 50*time.Millisecond
	})
	if still > maxUnsent+1<<20 {
		t.Errorf("%d bytes wait for a client that does not read", still)
	}
	for i := range uint32(n) {
		if got := readCorrelation(t, c); got != i {
			t.Fatalf("answer %d carries correlation id %d", i, got)
		}
	}
	waitFor(t, func() bool { return s.unsent.Load() == 0 })
}

// Long polls that are all answered at once are more than the limit of one connection; the greediest
// goes first.
func TestGreediestIsClosedWhenTooMuchIsUnread(t *testing.T) {
	k := newKeeper()
	var log testkit.Buffer
	s, addr := start(t, k, Options{MaxUnsentBytes: 8 << 20, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	modest, greedy := dial(t, addr), dial(t, addr)
	_, _ = modest.Write(heartbeat(1, 0))
	first := <-k.news
	var xs []*Exchange
	for i := range uint32(40) {
		_, _ = greedy.Write(heartbeat(i, 0))
		xs = append(xs, <-k.news)
	}
	first.conn.mu.Lock()
	first.conn.writing = true // as if its client took nothing
	first.conn.mu.Unlock()
	first.Respond(large(512), 1)
	for _, x := range xs[1:] {
		x.Respond(large(1<<10), 1) // behind the first, which stays parked
	}
	waitFor(t, func() bool { return s.open() == 1 })
	waitFor(t, func() bool { return s.unsent.Load() < 2<<20 })
	if !strings.Contains(log.String(), "does not read") {
		t.Errorf("the log does not say why: %s", log.String())
	}
	first.conn.mu.Lock()
	first.conn.writing = false
	first.conn.mu.Unlock()
	first.conn.quiesce()
	if got := readCorrelation(t, modest); got != 1 {
		t.Errorf("correlation id %d", got)
	}
	xs[0].Respond(&protocol.HeartbeatResponse{}, 0) // too late, and harmless
	waitFor(t, func() bool { return s.unsent.Load() == 0 })
}

// wait is a request that waits for data.
type wait struct{ x *Exchange }

func (w *wait) Abandon() func() {
	return func() { w.x.Respond(&protocol.HeartbeatResponse{ErrorCode: 7}, 0) }
}

type parker struct{ *keeper }

func (p parker) Serve(x *Exchange) {
	x.OnAbandon(&wait{x})
	p.news <- x
}

func TestWaitsEndWithTheConnection(t *testing.T) {
	k := newKeeper()
	s, addr := start(t, parker{k}, Options{})
	for range 50 {
		c := dial(t, addr)
		_, _ = c.Write(append(heartbeat(1, 0), heartbeat(2, 0)...))
		<-k.news
		<-k.news
		conn := only(s)
		_ = c.Close()
		waitFor(t, func() bool { return s.open() == 0 })
		conn.mu.Lock()
		n := conn.queue.len()
		conn.mu.Unlock()
		if n > 0 {
			t.Fatalf("%d exchanges are left of a connection that ended", n)
		}
	}
}

// only is the one connection of a server.
func only(s *Server) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		return c
	}
	return nil
}

func TestStopAnswersWaits(t *testing.T) {
	k := newKeeper()
	s, addr := start(t, parker{k}, Options{})
	c := dial(t, addr)
	_, _ = c.Write(heartbeat(5, 0))
	<-k.news
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	began := time.Now()
	s.Stop(ctx)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if got := readCorrelation(t, c); got != 5 {
		t.Errorf("correlation id %d", got)
	}
}

// detacher is a handler that has decoded its request and waits.
type detacher struct {
	*keeper
	keep bool
}

func (d detacher) Serve(x *Exchange) {
	x.Detach(d.keep)
	d.news <- x
}

// Parked requests hold nothing of the budget. Otherwise three of the largest size hold all of it,
// and no other request is read until they are answered, which their client can delay for weeks.
func TestParkedRequestsHoldNoBudget(t *testing.T) {
	for _, keep := range []bool{false, true} {
		k := newKeeper()
		s, addr := start(t, detacher{k, keep}, Options{MaxBytesInFlight: 256 << 10})
		for i := range uint32(10) {
			c := dial(t, addr)
			go func() { _, _ = c.Write(heartbeat(i, 200<<10)) }()
		}
		for range 10 {
			select {
			case <-k.news:
			case <-time.After(10 * time.Second):
				t.Fatal("parked requests keep others from being read")
			}
		}
		s.budget.mu.Lock()
		if s.budget.free != s.budget.total {
			t.Errorf("%d of %d bytes are free", s.budget.free, s.budget.total)
		}
		s.budget.mu.Unlock()
	}
}

// Requests up to 4 KiB are read whatever large ones hold.
func TestSmallRequestsDoNotWaitForTheBudget(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{MaxBytesInFlight: 64 << 10})
	big, small := dial(t, addr), dial(t, addr)
	go func() { _, _ = big.Write(heartbeat(1, 100<<10)) }()
	x := <-k.news
	_, _ = small.Write(heartbeat(2, 3<<10))
	select {
	case y := <-k.news:
		y.Respond(&protocol.HeartbeatResponse{}, 0)
	case <-time.After(10 * time.Second):
		t.Fatal("a small request waits for a large one")
	}
	readCorrelation(t, small)
	x.Respond(&protocol.HeartbeatResponse{}, 0)
	readCorrelation(t, big)
}

// While a frame waited for the budget and then for its bytes, answers to earlier requests were kept
// back.
func TestAnswersLeaveWhileAFrameIsIncomplete(t *testing.T) {
	k := newKeeper()
	s, addr := start(t, k, Options{MaxBytesInFlight: 64 << 10})
	hog, c := dial(t, addr), dial(t, addr)
	_, _ = c.Write(heartbeat(1, 0))
	parked := <-k.news
	go func() { _, _ = hog.Write(heartbeat(9, 100<<10)) }()
	held := <-k.news
	frame := heartbeat(2, 100<<10)
	_, _ = c.Write(frame[:50<<10])
	waitFor(t, func() bool {
		s.budget.mu.Lock()
		defer s.budget.mu.Unlock()
		return len(s.budget.beginning) == 1
	})
	held.Respond(&protocol.HeartbeatResponse{}, 0)
	readCorrelation(t, hog)
	waitFor(t, func() bool {
		s.budget.mu.Lock()
		defer s.budget.mu.Unlock()
		return len(s.budget.beginning) == 0
	})
	parked.Respond(&protocol.HeartbeatResponse{}, 0)
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if got := readCorrelation(t, c); got != 1 {
		t.Fatalf("correlation id %d", got)
	}
	_, _ = c.Write(frame[50<<10:])
	(<-k.news).Respond(&protocol.HeartbeatResponse{}, 0)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if got := readCorrelation(t, c); got != 2 {
		t.Fatalf("correlation id %d", got)
	}
}

// Connections that announce frames and stall hold half of the budget at most, others go on.
func TestStalledFramesLeaveRoom(t *testing.T) {
	_, addr := start(t, echo{}, Options{MaxBytesInFlight: 1 << 20})
	for range 64 {
		c := dial(t, addr)
		_, _ = c.Write(heartbeat(1, 100<<10)[:100])
	}
	c := dial(t, addr)
	for i := range uint32(20) {
		if _, err := c.Write(heartbeat(i, 200<<10)); err != nil {
			t.Fatal(err)
		}
		if got := readCorrelation(t, c); got != i {
			t.Fatalf("correlation id %d", got)
		}
	}
}

// A frame that trickles slowly blocks its own reader only.
func TestTrickledFrame(t *testing.T) {
	_, addr := start(t, echo{}, Options{})
	slow, quick := dial(t, addr), dial(t, addr)
	for _, b := range heartbeat(3, 0) {
		if _, err := slow.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
		if _, err := quick.Write(heartbeat(uint32(b), 0)); err != nil {
			t.Fatal(err)
		}
		readCorrelation(t, quick)
	}
	if got := readCorrelation(t, slow); got != 3 {
		t.Errorf("correlation id %d", got)
	}
}

// A half-open client that has sent its last byte is still answered.
func TestHalfClosedClientIsAnswered(t *testing.T) {
	_, addr := start(t, echo{}, Options{})
	c := dial(t, addr)
	_, _ = c.Write(heartbeat(3, 0))
	_ = c.(*net.TCPConn).CloseWrite()
	if got := readCorrelation(t, c); got != 3 {
		t.Errorf("correlation id %d", got)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the answer: %v", err)
	}
}

// A frame is accounted for with the buffer that it takes, not with what its client says it will
// send.
func TestFramesAreAccountedForByTheirBuffers(t *testing.T) {
	for n := 1; n < 40<<20; n = n*3/2 + 1 {
		if b := frames.get(n); len(b.b) != sizeFor(n) || len(b.b) < n || len(b.b) > max(2*n, freeChunk) {
			t.Errorf("a buffer of %d bytes for %d, accounted for as %d", len(b.b), n, sizeFor(n))
		}
	}
	s, addr := start(t, newKeeper(), Options{})
	const size = 4<<20 + 1
	c := dial(t, addr)
	all := append([]byte{size >> 24 & 0xff, size >> 16 & 0xff, size >> 8 & 0xff, size & 0xff}, make([]byte, size-1)...)
	go func() { _, _ = c.Write(all) }()
	waitFor(t, func() bool { return s.FrameBytes() == int64(sizeFor(size)) })
}
