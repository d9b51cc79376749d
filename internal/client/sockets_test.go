package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/testkit"
)

// scripted is a peer over sockets: a function serves each connection.
type scripted struct {
	ln   net.Listener
	wg   sync.WaitGroup
	mu   sync.Mutex
	open []net.Conn
	n    atomic.Int64 // connections so far
}

func newScripted(t testing.TB, serve func(n int64, c net.Conn)) *scripted {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{ln: ln}
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open = append(s.open, c)
			s.mu.Unlock()
			n := s.n.Add(1)
			s.wg.Go(func() {
				serve(n, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *scripted) peer() Peer { return Peer{ID: 1, Address: s.ln.Addr().String()} }

func (s *scripted) stop() {
	_ = s.ln.Close()
	s.mu.Lock()
	for _, c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// readRequest reads one request.
func readRequest(c net.Conn) (h protocol.RequestHeader, body []byte, err error) {
	var head [4]byte
	if _, err = io.ReadFull(c, head[:]); err != nil {
		return h, nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err = io.ReadFull(c, frame); err != nil {
		return h, nil, err
	}
	return protocol.ParseRequestHeader(frame)
}

func framed(answer []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)
}

// negotiate answers the first request.
func negotiate(c net.Conn) {
	if h, _, err := readRequest(c); err == nil {
		_, _ = c.Write(framed(versionsOf(h, 4)))
	}
}

// serveEcho answers questions until the connection ends.
func serveEcho(c net.Conn) {
	negotiate(c)
	for {
		h, body, err := readRequest(c)
		if err != nil {
			return
		}
		_, _ = c.Write(framed(echoed(h, body)))
	}
}

// reset ends a connection with a reset.
func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

func socketPool(t testing.TB, o Options) (*Pool, host.Host) {
	s := &Sockets{MaxAnswerBytes: 1 << 20}
	t.Cleanup(s.Wait) // after the pool is closed
	return newPool(t, s, o)
}

// TestFaultsOfAStream: what a peer can do wrong with bytes, in each state of the connection.
func TestFaultsOfAStream(t *testing.T) {
	answered := func(c net.Conn, f func(answer []byte)) {
		negotiate(c)
		h, body, err := readRequest(c)
		if err == nil {
			f(framed(echoed(h, body)))
		}
	}
	for _, c := range []struct {
		name  string
		serve func(c net.Conn)
		kind  link.Kind
		gone  bool
		sent  bool
	}{
		{"closed at once", func(c net.Conn) {}, link.Broken, true, false},
		{"reset at once", reset, link.Broken, true, false},
		{"closed instead of the versions", func(c net.Conn) { _, _, _ = readRequest(c) }, link.Broken, true, false},
		{"reset instead of the versions", func(c net.Conn) { _, _, _ = readRequest(c); reset(c) }, link.Broken, true, false},
		{"half of the versions", func(c net.Conn) {
			h, _, _ := readRequest(c)
			b := framed(versionsOf(h, 4))
			_, _ = c.Write(b[:len(b)/2])
		}, link.Broken, true, false},
		{"false versions", func(c net.Conn) { h, _, _ := readRequest(c); _, _ = c.Write(framed(versionsOf(h, 4)[:40])) }, link.Broken, false, false},
		{"closed instead of the answer", func(c net.Conn) { answered(c, func([]byte) {}) }, link.Broken, true, true},
		{"reset instead of the answer", func(c net.Conn) { answered(c, func([]byte) { reset(c) }) }, link.Broken, true, true},
		{"half an answer, closed", func(c net.Conn) { answered(c, func(b []byte) { _, _ = c.Write(b[:len(b)-3]) }) }, link.Broken, true, true},
		{"half an answer, reset", func(c net.Conn) { answered(c, func(b []byte) { _, _ = c.Write(b[:6]); reset(c) }) }, link.Broken, true, true},
		{"half a length", func(c net.Conn) { answered(c, func(b []byte) { _, _ = c.Write(b[:3]) }) }, link.Broken, true, true},
		{"an answer too large", func(c net.Conn) { answered(c, func(b []byte) { b[0] = 1; _, _ = c.Write(b) }) }, link.Broken, false, true},
		{"a negative length", func(c net.Conn) { answered(c, func(b []byte) { b[0] = 0xff; _, _ = c.Write(b) }) }, link.Broken, false, true},
		{"an empty answer", func(c net.Conn) { answered(c, func([]byte) { _, _ = c.Write(make([]byte, 4)) }) }, link.Broken, false, true},
		{"another correlation id", func(c net.Conn) { answered(c, func(b []byte) { b[7]++; _, _ = c.Write(b) }) }, link.Broken, false, true},
		{"a cut answer", func(c net.Conn) { answered(c, func(b []byte) { _, _ = c.Write(framed(b[4:20])) }) }, link.Broken, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			held := make(chan struct{}) // a peer that does not close waits for the end of the test
			s := newScripted(t, func(_ int64, nc net.Conn) {
				c.serve(nc)
				if !c.gone {
					<-held
				}
			})
			defer close(held)
			p, h := socketPool(t, Options{})
			got := <-ask(p, s.peer(), NewRequest(question("quite a long name"), h.Elapsed()+time.Minute))
			if KindOf(got.err) != c.kind || Gone(got.err) != c.gone || Unsent(got.err) == c.sent {
				t.Errorf("%v, gone %v, unsent %v", got.err, Gone(got.err), Unsent(got.err))
			}
			p.Close()
		})
	}
}

// TestRefused: no process listens.
func TestRefused(t *testing.T) {
	s := newScripted(t, func(int64, net.Conn) {})
	s.stop()
	p, h := socketPool(t, Options{})
	got := <-ask(p, s.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute))
	if KindOf(got.err) != link.Refused || !Gone(got.err) || !Unsent(got.err) {
		t.Error(got.err)
	}
	got = <-ask(p, Peer{ID: 1, Address: "no-such-host.invalid:1"}, NewRequest(question("x"), h.Elapsed()+time.Minute))
	if KindOf(got.err) != link.Unreachable || Gone(got.err) {
		t.Error(got.err)
	}
}

// TestDeadProcessIsNoticedAtOnce: the connection of a process that dies ends, and the next dial,
// which the link makes by itself, is refused.
func TestDeadProcessIsNoticedAtOnce(t *testing.T) {
	s := newScripted(t, func(_ int64, c net.Conn) { serveEcho(c) })
	refused := make(chan error, 10)
	p, h := socketPool(t, Options{OnChange: func(c Change) {
		if KindOf(c.Err) == link.Refused {
			refused <- c.Err
		}
	}})
	if got := <-ask(p, s.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute)); got.err != nil {
		t.Fatal(got.err)
	}
	s.stop()
	if err := <-refused; !Gone(err) {
		t.Error(err)
	}
}

// TestSlowPeer: a peer that does not read blocks only its own link, and the deadline holds.
func TestSlowPeer(t *testing.T) {
	held := make(chan struct{})
	slow := newScripted(t, func(_ int64, c net.Conn) { negotiate(c); <-held })
	quick := newScripted(t, func(_ int64, c net.Conn) { serveEcho(c) })
	defer close(held)
	p, h := socketPool(t, Options{})
	var waits []<-chan outcome
	for i := range 300 { // 9 MB, more than the buffers of the socket
		waits = append(waits, ask(p, slow.peer(), NewRequest(question(string(bytes.Repeat([]byte{'a' + byte(i%26)}, 30_000))), h.Elapsed()+500*time.Millisecond)))
	}
	if got := <-ask(p, quick.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute)); got.err != nil {
		t.Error(got.err)
	}
	kinds := map[link.Kind]int{}
	for _, c := range waits {
		kinds[KindOf((<-c).err)]++
	}
	if kinds[link.TimedOut] == 0 || kinds[link.TimedOut]+kinds[link.Broken]+kinds[link.Unreachable] != 300 {
		t.Errorf("%v", kinds)
	}
}

// TestFalseLengthCostsLittle: a peer that announces an answer of 64 MiB and sends a byte of it.
func TestFalseLengthCostsLittle(t *testing.T) {
	got := testkit.Allocated(func() {
		for range 100 {
			if _, err := readFrame(bytes.NewReader([]byte{4, 0, 0, 0, 1}), 100<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Error(err)
			}
		}
	})
	if got > 100*2*firstChunk {
		t.Errorf("%d bytes for 100 frames", got)
	}
}

// TestLargeAnswers: answers of all sizes up to the bound arrive whole.
func TestLargeAnswers(t *testing.T) {
	for _, size := range []int{4, 5, 4096, firstChunk - 1, firstChunk, firstChunk + 1, 4*firstChunk + 7, 1 << 20} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 7)
		}
		f, err := readFrame(bytes.NewReader(framed(want)), 1<<20)
		if err != nil || !bytes.Equal(f.Bytes, want) {
			t.Errorf("size %d: %v", size, err)
			continue
		}
		f.release()
	}
}

// TestThousandsOfRequests: many goroutines share a link, and each gets its own answers, once.
func TestThousandsOfRequests(t *testing.T) {
	s := newScripted(t, func(_ int64, c net.Conn) { serveEcho(c) })
	p, h := socketPool(t, Options{})
	var wg sync.WaitGroup
	for g := range 50 {
		wg.Go(func() {
			for i := range 200 {
				text := fmt.Sprint(g, " ", i)
				got := <-ask(p, s.peer(), NewRequest(question(text), h.Elapsed()+time.Minute))
				if got.err != nil || answerText(got.answer) != text {
					t.Errorf("%s: %+v", text, got)
				}
				got.answer.Release()
			}
		})
	}
	wg.Wait()
	st := p.Links()[0]
	if st.Requests != 10_000 || st.Answers != 10_000 || st.Dials != 1 || st.RoundTrip.Count() != 10_000 {
		t.Errorf("%+v", st)
	}
}

// TestRequestsOverBreakingConnections: a peer ends its connections at random. Every request ends
// once, answered requests have their own answer, and a repetition succeeds.
func TestRequestsOverBreakingConnections(t *testing.T) {
	s := newScripted(t, func(n int64, c net.Conn) {
		rnd := rand.New(rand.NewPCG(uint64(n), 2))
		negotiate(c)
		for range rnd.IntN(200) {
			h, body, err := readRequest(c)
			if err != nil {
				return
			}
			b := framed(echoed(h, body))
			if rnd.IntN(50) == 0 {
				_, _ = c.Write(b[:rnd.IntN(len(b))])
				return
			}
			_, _ = c.Write(b)
		}
		if rnd.IntN(2) == 0 {
			reset(c)
		}
	})
	p, h := socketPool(t, Options{Limits: link.Options{Backoff: time.Millisecond, BackoffMax: 2 * time.Millisecond}})
	var ends, failed atomic.Int64
	var wg sync.WaitGroup
	for g := range 20 {
		wg.Go(func() {
			for i := range 200 {
				text := fmt.Sprint(g, " ", i)
				for {
					end := make(chan outcome, 2)
					var once atomic.Int64
					p.Send(s.peer(), NewRequest(question(text), h.Elapsed()+time.Minute), func(a Answer, err error) {
						ends.Add(1)
						if once.Add(1) > 1 {
							t.Error("done runs twice")
						}
						end <- outcome{a, err}
					})
					got := <-end
					if got.err == nil {
						if answerText(got.answer) != text {
							t.Errorf("%s: %+v", text, got)
						}
						break
					}
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if ends.Load() != 4000+failed.Load() || failed.Load() == 0 {
		t.Errorf("%d ends, %d failed", ends.Load(), failed.Load())
	}
}

// TestSecure: the seam for TLS and SASL. While it blocks, the setup timeout ends the connection.
func TestSecure(t *testing.T) {
	s := newScripted(t, func(_ int64, c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, 2))
		_, _ = c.Write([]byte("ok"))
		serveEcho(c)
	})
	var fail atomic.Bool
	sock := &Sockets{Secure: func(c net.Conn, to Peer) (net.Conn, error) {
		if fail.Load() {
			return nil, errors.New("handshake failed")
		}
		_, _ = c.Write([]byte("hi"))
		_, err := io.ReadFull(c, make([]byte, 2))
		return c, err
	}}
	t.Cleanup(sock.Wait)
	p, h := newPool(t, sock, Options{Limits: link.Options{SetupTimeout: 50 * time.Millisecond}})
	if got := <-ask(p, s.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute)); got.err != nil || answerText(got.answer) != "x" {
		t.Error(got.err)
	}
	held := make(chan struct{})
	mute := newScripted(t, func(_ int64, c net.Conn) { <-held })
	defer close(held)
	if got := <-ask(p, mute.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute)); KindOf(got.err) != link.Unreachable {
		t.Error(got.err)
	}
	fail.Store(true)
	other := newScripted(t, func(_ int64, c net.Conn) { <-held })
	if got := <-ask(p, other.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute)); KindOf(got.err) != link.Unreachable || got.err.Error() == "" {
		t.Error(got.err)
	}
}
