package network

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/testkit"
)

// What a request of the fuzzer wants, by the low bits of its correlation id.
const (
	wantAnswer  = 0 // and all that is not named
	wantPark    = 4 // an answer from another goroutine, later than those of younger requests
	wantNothing = 5
	wantAbort   = 6
	wantMuch    = 7 // an answer longer than the request
)

// Limits of the fuzzed server.
const (
	fuzzMaxRequest  = 8 << 10
	fuzzMaxInFlight = 8
)

func fuzzAnswer(corr int32) protocol.Message {
	if corr&7 == wantMuch {
		return &protocol.HeartbeatResponse{ErrorCode: int16(corr), ThrottleTimeMs: 1}
	}
	return &protocol.HeartbeatResponse{ErrorCode: int16(corr)}
}

// obedient does what each request wants. It parks at most half of what a connection may have in
// flight, since a parked request at the head holds up all behind it.
type obedient struct {
	mu     sync.Mutex
	parked []*Exchange
	served int
	wg     sync.WaitGroup
}

func (o *obedient) Serve(x *Exchange) {
	corr := x.Header.CorrelationID
	switch corr >> 3 & 3 {
	case 1:
		x.ReuseFrame()
	case 2:
		x.Detach(false)
	case 3:
		x.Detach(true)
	}
	switch corr & 7 {
	case wantPark:
		o.mu.Lock()
		o.parked = append(o.parked, x)
		o.mu.Unlock()
	case wantNothing:
		x.RespondNone()
	case wantAbort:
		x.Abort("the request wants it")
	default:
		x.Respond(fuzzAnswer(corr), x.Header.APIVersion)
	}
	if o.served++; o.served%(fuzzMaxInFlight/2) == 0 {
		o.release()
	}
}

// release answers the parked requests on another goroutine, the youngest first.
func (o *obedient) release() {
	o.mu.Lock()
	parked := o.parked
	o.parked = nil
	o.mu.Unlock()
	o.wg.Go(func() {
		for i := len(parked) - 1; i >= 0; i-- {
			parked[i].Respond(fuzzAnswer(parked[i].Header.CorrelationID), parked[i].Header.APIVersion)
		}
	})
}

// expectation is what a stream of bytes must be answered with.
type expectation struct {
	// answers are the answers that a waiting client gets. sure are the ones that it gets even if a
	// broken frame closes the connection.
	answers []byte
	sure    int
	frames  int
	// closes says that the server ends the connection. Otherwise it waits for more bytes.
	closes bool
}

func expect(stream []byte) (e expectation) {
	parked := false
	for len(stream) >= 4 && !e.closes {
		size := int(int32(binary.BigEndian.Uint32(stream)))
		if size < 8 || size > fuzzMaxRequest {
			e.closes = true
			if !parked {
				e.sure = len(e.answers)
			}
			return e
		}
		if len(stream)-4 < size {
			break
		}
		e.frames++
		h, _, err := protocol.ParseRequestHeader(stream[4 : 4+size])
		stream = stream[4+size:]
		if err != nil || h.CorrelationID&7 == wantAbort {
			e.closes = true
			break
		}
		if h.CorrelationID&7 == wantPark && !parked {
			parked, e.sure = true, len(e.answers)
		}
		if h.CorrelationID&7 != wantNothing {
			e.answers = append(e.answers, encodeAnswer(h)...)
		}
	}
	e.sure = len(e.answers) // whole answers are waited for, before an abort too
	return e
}

func encodeAnswer(h protocol.RequestHeader) []byte {
	w := &wire.Writer{Buf: make([]byte, 4)}
	protocol.AppendResponseHeader(w, h.APIKey, h.APIVersion, h.CorrelationID)
	fuzzAnswer(h.CorrelationID).Encode(w, h.APIVersion)
	binary.BigEndian.PutUint32(w.Buf, uint32(len(w.Buf)-4))
	return w.Buf
}

// hang is how long nothing may take; only a test that fails waits for it.
const hang = 30 * time.Second

// converse sends the stream in pieces and reads answers until enough have come or the server has
// closed; then it leaves.
func converse(t *testing.T, client net.Conn, stream, cuts []byte, enough int) (got []byte, closed bool) {
	_ = client.SetDeadline(time.Now().Add(hang))
	var writer sync.WaitGroup
	defer writer.Wait()
	defer client.Close()
	writer.Go(func() {
		for rest := stream; len(rest) > 0; {
			n := len(rest)
			if len(cuts) > 0 {
				n, cuts = min(n, 1+int(cuts[0])), cuts[1:]
			}
			if _, err := client.Write(rest[:n]); err != nil {
				return // the server closed; the reader sees it too
			}
			rest = rest[n:]
		}
	})
	buf := make([]byte, 512)
	for enough < 0 || len(got) < enough {
		n, err := client.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			return got, true
		}
		if err != nil {
			t.Fatalf("after %d bytes of answers: %v", len(got), err)
		}
	}
	writer.Wait() // also read the rest of an incomplete frame
	return got, false
}

// framed makes whole frames of any bytes: each of a length byte and what follows it.
func framed(b []byte) (stream []byte) {
	for len(b) > 0 {
		n := min(int(b[0]), len(b)-1)
		stream = binary.BigEndian.AppendUint32(stream, uint32(n))
		stream = append(stream, b[1:1+n]...)
		b = b[1+n:]
	}
	return stream
}

// FuzzConnection: whatever the bytes and however they are cut, requests are answered in order, a
// broken frame or an abort ends the connection after the answers that were due before it, and
// nothing is left.
func FuzzConnection(f *testing.F) {
	for i, cuts := range []string{"", "\x00\x00\x00\x00\x00\x00\x00", "\x03\x10\x2f", "\xff\x01"} {
		var all []byte
		for corr := range uint32(24) {
			if corr&7 != wantAbort {
				all = append(all, heartbeat(corr, int(corr)*i)...)
			}
		}
		f.Add(all, []byte(cuts), false)
		f.Add(all[:len(all)-5], []byte(cuts), false)
		f.Add(append(bytes.Clone(all), 0xff, 0xff, 0xff, 0xff), []byte(cuts), false)
		f.Add(append(bytes.Clone(all), heartbeat(wantAbort, 0)...), []byte(cuts), false)
		f.Add(append(heartbeat(wantPark, 5000), 0, 0, 0, 7), []byte(cuts), false)
		f.Add(append(append(heartbeat(1, 0), heartbeat(2, 0)...), 0xff, 0xff, 0xff, 0xfe), []byte(cuts), false)
		f.Add([]byte("\x0b\x00\x12\x00\x03\x00\x00\x00\x10\xff\xff\x00\x0b\x00\x01\x00\x0d\x00\x00\x00\x04\xff\xff\x00"), []byte(cuts), true)
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte, whole bool) {
		testkit.Bounded(t)
		if whole {
			stream = framed(stream)
		}
		want := expect(stream)
		const memory = 512 << 10 // the server's, and a read buffer of 64 KiB
		testkit.Memory(t, len(stream), memory+want.frames*(12<<10), func() { connection(t, stream, cuts, want) })
	})
}

// ledger records the end of a connection and of its requests.
type ledger struct {
	mu     sync.Mutex
	done   int
	closed chan struct{}
}

func (l *ledger) Opened(*Listener) {}
func (l *ledger) Closed(*Listener) { close(l.closed) }
func (l *ledger) Done(*Exchange, int) {
	l.mu.Lock()
	l.done++
	l.mu.Unlock()
}

// connection runs one connection on a server of its own.
func connection(t *testing.T, stream, cuts []byte, want expectation) {
	h, l := &obedient{}, &ledger{closed: make(chan struct{})}
	s := NewServer(h, Options{MaxRequestBytes: fuzzMaxRequest, MaxInFlight: fuzzMaxInFlight, MaxBytesInFlight: 16 << 10, Observer: l})
	client, server := net.Pipe()
	s.admit(&Listener{Name: "PLAINTEXT", Protocol: "PLAINTEXT"}, server)
	var releaser sync.WaitGroup
	releaser.Go(func() { // the last request is not known, so parked requests are released again and again
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				h.release()
			case <-l.closed:
				h.release()
				return
			}
		}
	})
	enough := len(want.answers)
	if want.closes {
		enough = -1
	}
	got, closed := converse(t, client, stream, cuts, enough)
	if closed != want.closes {
		t.Errorf("closed: %v, expected %v", closed, want.closes)
	}
	if !bytes.HasPrefix(want.answers, got) || len(got) < want.sure {
		t.Errorf("answers\n%x, expected\n%x, at least %d bytes of it", got, want.answers, want.sure)
	}
	releaser.Wait()
	h.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	s.Stop(ctx)
	if ctx.Err() != nil {
		t.Error("the server does not stop")
	}
	if held := s.opts.MaxBytesInFlight - s.budget.left(); held != 0 || s.unsent.Load() != 0 {
		t.Errorf("left behind: %d bytes of frames, %d of answers", held, s.unsent.Load())
	}
	if l.done != want.frames {
		t.Errorf("%d frames, %d served, %d done", want.frames, h.served, l.done)
	}
}
