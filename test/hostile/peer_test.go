//go:build hostile

package hostile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// sent is one request in flight.
type sent struct {
	key, version int16
	corr         int32
	at           time.Time
	// mute requests have no answer (acks=0). unsure ones may have none.
	mute, unsure bool
	frame        []byte
}

func (s sent) String() string {
	return fmt.Sprintf("%s v%d correlation %d, sent %s ago: %x", protocol.Name(s.key), s.version, s.corr, time.Since(s.at).Round(time.Millisecond), s.frame[:min(len(s.frame), 600)])
}

// peer is a raw connection. It checks that every request is answered, in order and with its
// correlation id, or that the connection ends.
type peer struct {
	nc net.Conn
	in *bufio.Reader

	mu      sync.Mutex
	waiting []sent
	problem error
	closed  bool
	answers int
	// onAnswer sees each answer's body.
	onAnswer func(s sent, body []byte)
	done     chan struct{}
}

func dial(t testing.TB, b *gregor.Broker) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func newPeer(t testing.TB, b *gregor.Broker, onAnswer func(sent, []byte)) *peer {
	t.Helper()
	nc := dial(t, b)
	p := &peer{nc: nc, in: bufio.NewReaderSize(nc, 64<<10), onAnswer: onAnswer, done: make(chan struct{})}
	go p.read()
	return p
}

// send writes frames, and expects answers to the whole requests among them.
func (p *peer) send(raw []byte, expect ...sent) bool {
	p.mu.Lock()
	now := time.Now()
	for i := range expect {
		expect[i].at = now
		if !expect[i].mute {
			p.waiting = append(p.waiting, expect[i])
		}
	}
	dead := p.closed
	p.mu.Unlock()
	if dead {
		return false
	}
	_ = p.nc.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := p.nc.Write(raw)
	return err == nil
}

func (p *peer) read() {
	defer close(p.done)
	var head [8]byte
	for {
		if _, err := io.ReadFull(p.in, head[:]); err != nil {
			p.end(nil)
			return
		}
		size := int(int32(binary.BigEndian.Uint32(head[:])))
		if size < 4 || size > 200<<20 {
			p.end(fmt.Errorf("an answer claims %d bytes", size))
			return
		}
		body := make([]byte, size-4)
		if _, err := io.ReadFull(p.in, body); err != nil {
			p.end(nil)
			return
		}
		if err := p.match(int32(binary.BigEndian.Uint32(head[4:])), body); err != nil {
			p.end(err)
			return
		}
	}
}

// match finds the request of an answer: the first that waits, unless that one may have no answer.
func (p *peer) match(corr int32, body []byte) error {
	p.mu.Lock()
	for len(p.waiting) > 0 && p.waiting[0].corr != corr && p.waiting[0].unsure {
		p.waiting = p.waiting[1:]
	}
	if len(p.waiting) == 0 {
		p.mu.Unlock()
		return fmt.Errorf("an answer with correlation id %d to nothing", corr)
	}
	s := p.waiting[0]
	if s.corr != corr {
		p.mu.Unlock()
		return fmt.Errorf("an answer with correlation id %d stands where this one's is due: %v", corr, s)
	}
	p.waiting = p.waiting[1:]
	p.answers++
	p.mu.Unlock()
	if p.onAnswer != nil {
		p.onAnswer(s, body)
	}
	return nil
}

func (p *peer) end(problem error) {
	p.mu.Lock()
	p.problem, p.closed = problem, true
	p.mu.Unlock()
	_ = p.nc.Close()
}

// overdue returns the oldest request that has waited for longer than d on an open connection.
func (p *peer) overdue(d time.Duration) (s sent, is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.waiting) == 0 || p.waiting[0].unsure || time.Since(p.waiting[0].at) < d {
		return sent{}, false
	}
	return p.waiting[0], true
}

// pending returns the number of outstanding answers.
func (p *peer) pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0
	}
	n := 0
	for _, s := range p.waiting {
		if !s.unsure {
			n++
		}
	}
	return n
}

func (p *peer) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problem
}

func (p *peer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

func (p *peer) close() {
	_ = p.nc.Close()
	<-p.done
}

// encode makes a request's frame, with length field and header.
func encode(m protocol.Message, version int16, corr int32, clientID string) []byte {
	w := &wire.Writer{Buf: []byte{0, 0, 0, 0}}
	protocol.AppendRequestHeader(w, protocol.RequestHeader{APIKey: m.APIKey(), APIVersion: version, CorrelationID: corr, ClientID: &clientID})
	m.Encode(w, version)
	binary.BigEndian.PutUint32(w.Buf, uint32(len(w.Buf)-4))
	return w.Buf
}

// ask sends one request on a connection of its own and decodes the answer.
func ask[T any, P interface {
	*T
	protocol.Message
}](t testing.TB, b *gregor.Broker, m protocol.Message, version int16, timeout time.Duration) P {
	t.Helper()
	resp, err := tryAsk[T, P](b, m, version, timeout)
	if err != nil {
		t.Fatalf("%s v%d: %v", m.MessageName(), version, err)
	}
	return resp
}

func tryAsk[T any, P interface {
	*T
	protocol.Message
}](b *gregor.Broker, m protocol.Message, version int16, timeout time.Duration) (P, error) {
	body, err := exchange(b, encode(m, version, 77, "hostile"), timeout)
	if err != nil {
		return nil, err
	}
	resp := P(new(T))
	resp.SetDefaults()
	r := wire.NewReader(body)
	if protocol.ResponseHeaderVersion(m.APIKey(), version) >= 1 {
		r.SkipTags()
	}
	if err := resp.DecodeFrom(&r, version); err != nil {
		return nil, err
	}
	return resp, nil
}

// exchange sends one frame on a connection of its own and returns the answer after its correlation
// id.
func exchange(b *gregor.Broker, frame []byte, timeout time.Duration) ([]byte, error) {
	nc, err := net.Dial("tcp", b.Addr())
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(timeout))
	// The broker may refuse a large request before it has read all of it.
	go func() { _, _ = nc.Write(frame) }()
	var head [8]byte
	if _, err := io.ReadFull(nc, head[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
	_, err = io.ReadFull(nc, body)
	return body, err
}
