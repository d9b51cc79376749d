//go:build hostile

package hostile

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
)

// served returns the APIs that the broker serves according to ApiVersions.
func served(t testing.TB, b *gregor.Broker) []protocol.APIVersionsResponseAPIVersion {
	t.Helper()
	req := protocol.New[protocol.APIVersionsRequest]()
	return ask[protocol.APIVersionsResponse](t, b, req, 0, 10*time.Second).APIKeys
}

// attacker sends requests on connections. It opens a new connection after each one that has ended.
type attacker struct {
	t    testing.TB
	b    *gregor.Broker
	apis []protocol.APIVersionsResponseAPIVersion
	g    *generator
	p    *peer
	// clean connections carry complete requests only, so that they stay open.
	clean bool
	corr  int32
	last  []byte

	requests, connections, answers int
	problem                        error
}

// limit bounds the time of an answer: the longest timeout in a request, a session, and a loaded
// machine.
const limit = 20 * time.Second

func newAttacker(t testing.TB, b *gregor.Broker, w *world, apis []protocol.APIVersionsResponseAPIVersion, seed uint64) *attacker {
	return &attacker{t: t, b: b, apis: apis, g: &generator{rnd: rand.New(rand.NewPCG(seed, 1)), w: w}, last: make([]byte, 12)}
}

// run attacks until time is up, then waits for all outstanding answers.
func (a *attacker) run(until time.Time) {
	for time.Now().Before(until) && a.problem == nil {
		if a.p == nil || a.p.isClosed() || a.g.rnd.IntN(200) == 0 {
			a.renew()
		}
		a.step()
		if s, is := a.p.overdue(limit); is {
			a.problem = fmt.Errorf("no answer: %v", s)
		}
	}
	a.drain()
}

// renew closes the connection, with requests in flight, and opens another.
func (a *attacker) renew() {
	if a.p != nil {
		a.note()
		a.p.close()
	}
	a.connections++
	a.clean = a.g.rnd.IntN(3) > 0
	a.p = newPeer(a.t, a.b, nil)
	a.p.onAnswer = func(s sent, body []byte) { a.g.w.learn(s, a.group(s), body) }
}

func (a *attacker) note() {
	a.answers += a.p.answers
	if err := a.p.failure(); err != nil && a.problem == nil {
		a.problem = err
	}
}

func (a *attacker) group(s sent) string {
	if m := protocol.NewRequest(s.key); s.key == protocol.KeyJoinGroup {
		if _, body, err := protocol.ParseRequestHeader(s.frame[4:]); err == nil && m.Decode(body, s.version) == nil {
			return m.(*protocol.JoinGroupRequest).GroupID
		}
	}
	return ""
}

// drain waits for the outstanding answers.
func (a *attacker) drain() {
	if a.p == nil {
		return
	}
	eventually(a.t, limit, func() bool { return a.p.pending() == 0 }, func() string {
		s, _ := a.p.overdue(0)
		return fmt.Sprintf("%d answers are missing, the first to %v", a.p.pending(), s)
	})
	a.p.close()
	a.note()
}

// step sends one or several requests in one write.
func (a *attacker) step() {
	var raw []byte
	var expect []sent
	for range 1 + a.g.rnd.IntN(6)*a.g.rnd.IntN(2) {
		switch n := a.g.rnd.IntN(100); {
		case n < 70 || a.clean:
			raw, expect = a.valid(raw, expect)
		case n < 96:
			raw, expect = a.mutated(raw, expect)
		default:
			a.p.send(append(raw, a.garbage()...), expect...)
			// The meaning of garbage is unknown, so nothing may follow it on this connection.
			a.note()
			a.p.close()
			return
		}
	}
	a.requests += len(expect)
	if a.p.pending() > 100 || a.g.rnd.IntN(20) == 0 {
		deadline := time.Now().Add(limit)
		tick := time.NewTicker(time.Millisecond)
		for a.p.pending() > 0 && time.Now().Before(deadline) {
			<-tick.C
		}
		tick.Stop()
	}
	a.p.send(raw, expect...)
}

func (a *attacker) frame() ([]byte, sent) {
	api := a.apis[a.g.rnd.IntN(len(a.apis))]
	low := max(api.MinVersion, protocol.NewRequest(api.APIKey).MinVersion())
	version := low + int16(a.g.rnd.IntN(int(api.MaxVersion-low)+1))
	a.corr = int32(a.g.rnd.Uint32())
	m := a.g.request(api.APIKey, version)
	mute := false
	if p, ok := m.(*protocol.ProduceRequest); ok {
		mute = p.Acks == 0
	}
	f := encode(m, version, a.corr, pick(a.g, "a", "b", "", "__admin_client"))
	// The frame decides: the writer may have had to cut it.
	if _, body, err := protocol.ParseRequestHeader(f[4:]); err != nil || reflect.ValueOf(m).IsNil() || len(body) == 0 && len(f) > 200 {
		panic(fmt.Sprintf("the generator made an unreadable request: %x", f))
	}
	return f, sent{key: api.APIKey, version: version, corr: a.corr, mute: mute, frame: f}
}

func (a *attacker) valid(raw []byte, expect []sent) ([]byte, []sent) {
	f, s := a.frame()
	a.last = f
	return append(raw, f...), append(expect, s)
}

func (a *attacker) mutated(raw []byte, expect []sent) ([]byte, []sent) {
	f, _ := a.frame()
	m := a.g.mutate(f, a.last)
	s := sent{frame: m}
	if len(m) >= 12 {
		s.key, s.version = int16(binary.BigEndian.Uint16(m[4:])), int16(binary.BigEndian.Uint16(m[6:]))
		s.corr = int32(binary.BigEndian.Uint32(m[8:]))
	}
	// The request may be a produce without an answer.
	s.unsure = s.key == protocol.KeyProduce
	return append(raw, m...), append(expect, s)
}

// garbage is not a frame: wrong lengths, cut frames, noise.
func (a *attacker) garbage() []byte {
	noise := make([]byte, a.g.rnd.IntN(3000))
	for i := range noise {
		noise[i] = byte(a.g.rnd.Uint32())
	}
	f, _ := a.frame()
	switch a.g.rnd.IntN(5) {
	case 0:
		return noise
	case 1:
		return f[:a.g.rnd.IntN(len(f))]
	case 2:
		return append(binary.BigEndian.AppendUint32(nil, pick[uint32](a.g, 0, 7, 1<<31, 1<<32-1, 100<<20, 100<<20+1, 1<<31-1)), noise...)
	case 3:
		return []byte("GET / HTTP/1.1\r\nHost: kafka\r\n\r\n")
	default:
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(f)+a.g.rnd.IntN(100))), f[4:]...)
	}
}
