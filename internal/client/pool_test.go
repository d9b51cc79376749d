package client

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

var one = Peer{ID: 1, Address: "b1:9092", Listener: "REPLICATION"}

// bubble runs a test in simulated time, with a pool over memory.
func bubble(t *testing.T, m *memory, o Options, f func(p *Pool, h host.Host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Host, o.Transport = host.Real(), m
		p := New(o)
		defer p.Close()
		f(p, o.Host)
	})
}

func TestSendAnswers(t *testing.T) {
	m := &memory{serve: echo}
	bubble(t, m, Options{ClientID: "me", Software: "s", Version: "1"}, func(p *Pool, h host.Host) {
		got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Second))
		if got.err != nil || answerText(got.answer) != "x" || got.answer.Version != 6 {
			t.Fatalf("%+v", got)
		}
		c := m.last()
		if len(c.asked) != 2 || c.asked[0].APIKey != protocol.KeyAPIVersions || c.asked[0].APIVersion != 4 || *c.asked[1].ClientID != "me" {
			t.Errorf("asked %+v", c.asked)
		}
		if r, ok := p.Versions(one, protocol.KeyFindCoordinator); !ok || r.Max != 6 {
			t.Errorf("versions %+v", r)
		}
		if _, ok := p.Versions(Peer{ID: 9}, protocol.KeyFindCoordinator); ok {
			t.Error("versions of an unknown peer")
		}
	})
}

// TestVersionsAreLimited: the caller's limits and the peer's versions decide together.
func TestVersionsAreLimited(t *testing.T) {
	bubble(t, &memory{serve: echo}, Options{}, func(p *Pool, h host.Host) {
		for _, c := range []struct {
			allowed link.Range
			want    int16
		}{{link.Range{Min: 0, Max: 3}, 3}, {link.Range{Min: 1, Max: 99}, 6}, {link.Range{Min: 7, Max: 9}, -1}} {
			r := NewRequest(question("x"), h.Elapsed()+time.Second)
			r.Allowed = c.allowed
			var prepared int16 = -1
			r.Prepare = func(v int16) { prepared = v }
			got := <-ask(p, one, r)
			if prepared != c.want || got.err == nil && got.answer.Version != c.want {
				t.Errorf("%+v: version %d, prepared %d", c, got.answer.Version, prepared)
			}
			if c.want < 0 && (KindOf(got.err) != link.Unsupported || !Unsent(got.err) || Gone(got.err)) {
				t.Errorf("%+v: %v", c, got.err)
			}
		}
	})
}

// TestPeersWithOldAPIVersions: a peer that does not know the version of ApiVersions answers with
// its own; the link then asks with that one.
func TestPeersWithOldAPIVersions(t *testing.T) {
	for most := range int16(6) {
		m := &memory{serve: func(c *memoryConn, h protocol.RequestHeader, body []byte) []byte {
			if h.APIKey == protocol.KeyAPIVersions {
				return versionsOf(h, most)
			}
			return echoed(h, body)
		}}
		bubble(t, m, Options{ClusterID: "c"}, func(p *Pool, h host.Host) {
			if got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Second)); got.err != nil || m.dials() != 1 {
				t.Fatalf("most %d: %+v, %d dials", most, got, m.dials())
			}
			asked := m.last().asked
			if v := asked[len(asked)-2].APIVersion; v != most || asked[0].APIVersion != 5 {
				t.Errorf("most %d: %+v", most, asked)
			}
		})
	}
}

// TestFirstRequestNamesTheNode: with a cluster id, another node at the address is refused
// (KIP-1242).
func TestFirstRequestNamesTheNode(t *testing.T) {
	m := &memory{serve: func(c *memoryConn, h protocol.RequestHeader, body []byte) []byte {
		var req protocol.APIVersionsRequest
		if err := req.Decode(body, h.APIVersion); err != nil || h.APIVersion != 5 || *req.ClusterID != "c" || req.NodeID != 1 {
			t.Errorf("%+v %v", req, err)
		}
		resp := protocol.New[protocol.APIVersionsResponse]()
		resp.ErrorCode = protocol.ErrRebootstrapRequired.Code()
		return answerTo(h, 5, resp)
	}}
	bubble(t, m, Options{ClusterID: "c"}, func(p *Pool, h host.Host) {
		got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Second))
		if KindOf(got.err) != link.WrongNode || !errors.Is(got.err, protocol.ErrRebootstrapRequired) {
			t.Error(got.err)
		}
	})
}

// TestGone: the errors name what happened at the peer, and reach OnChange.
func TestGone(t *testing.T) {
	m := &memory{serve: echo, refuse: func(Peer) *link.Fault { return &link.Fault{Kind: link.Refused, Gone: true, Cause: errors.New("x")} }}
	var changes []string
	o := Options{OnChange: func(c Change) { changes = append(changes, fmt.Sprint(c.Peer.ID, " ", c.Err)) }}
	bubble(t, m, o, func(p *Pool, h host.Host) {
		got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Second))
		if !Gone(got.err) || !Unsent(got.err) || KindOf(got.err) != link.Refused || got.err.Error() != "node 1 (b1:9092): connection refused: x" {
			t.Error(got.err)
		}
		m.mu.Lock()
		m.refuse = nil
		m.mu.Unlock()
		if got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Second)); got.err != nil {
			t.Error(got.err)
		}
		c := m.last()
		c.events.Broken(link.Fault{Kind: link.Broken, Gone: true})
		synctest.Wait()
		if m.dials() != 3 {
			t.Errorf("%d dials: a broken connection is checked at once", m.dials())
		}
		want := "1 node 1 (b1:9092): connection refused: x, 1 <nil>, 1 node 1 (b1:9092): connection broken, 1 <nil>"
		if got := strings.Join(changes, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		s := p.Links()[0]
		if s.Dials != 3 || s.Ups != 2 || s.Downs != 2 || s.Answers != 1 || s.Failed[link.Refused] != 1 || s.State != link.Ready || s.BytesIn == 0 || s.BytesOut == 0 || s.Last == nil {
			t.Errorf("%+v", s)
		}
	})
	if Gone(errors.New("x")) || Unsent(nil) || KindOf(nil) != 0 {
		t.Error("another error counts")
	}
}

// TestTimesOut: a deadline also ends a request that waits for a connection.
func TestTimesOut(t *testing.T) {
	m := &memory{silent: true}
	bubble(t, m, Options{}, func(p *Pool, h host.Host) {
		began := time.Now()
		got := <-ask(p, one, NewRequest(question("x"), h.Elapsed()+300*time.Millisecond))
		if took := time.Since(began); KindOf(got.err) != link.TimedOut || took.Round(time.Millisecond) != 300*time.Millisecond {
			t.Errorf("%v after %v", got.err, took)
		}
		got = <-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Minute))
		if took := time.Since(began); KindOf(got.err) != link.Unreachable || took > 1200*time.Millisecond {
			t.Errorf("%v after %v", got.err, took)
		}
		if !m.last().closed {
			t.Error("the dial goes on")
		}
	})
}

func TestRetryEndsTheBackoff(t *testing.T) {
	m := &memory{serve: echo, refuse: func(Peer) *link.Fault { return &link.Fault{Kind: link.Refused} }}
	bubble(t, m, Options{}, func(p *Pool, h host.Host) {
		for range 6 {
			<-ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Minute))
		}
		m.mu.Lock()
		m.refuse = nil
		m.mu.Unlock()
		began := time.Now()
		c := ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Minute))
		p.Retry(2)
		synctest.Wait()
		if len(c) > 0 {
			t.Error("another node's Retry has an effect")
		}
		p.Retry(1)
		if got := <-c; got.err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", got.err, time.Since(began))
		}
	})
}

// TestDropAndClose: every request ends once, and later ones fail.
func TestDropAndClose(t *testing.T) {
	m := &memory{silent: true}
	bubble(t, m, Options{}, func(p *Pool, h host.Host) {
		two := Peer{ID: 2, Address: "b2:9092"}
		c, d := ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Hour)), ask(p, two, NewRequest(question("x"), h.Elapsed()+time.Hour))
		synctest.Wait()
		p.Drop(one)
		p.Drop(Peer{ID: 7})
		if got := <-c; KindOf(got.err) != link.Closed {
			t.Error(got.err)
		}
		c = ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Hour))
		p.Close()
		for _, c := range []<-chan outcome{c, d, ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Hour))} {
			if got := <-c; KindOf(got.err) != link.Closed {
				t.Error(got.err)
			}
		}
		for _, c := range m.conns {
			if !c.closed {
				t.Error("a connection is open")
			}
		}
		p.Close()
	})
}

// TestDoneMaySend: done runs outside of Send, and may send.
func TestDoneMaySend(t *testing.T) {
	bubble(t, &memory{serve: echo}, Options{}, func(p *Pool, h host.Host) {
		end := make(chan int)
		var mu sync.Mutex // done inside Send would block for ever
		var again func(n int)
		again = func(n int) {
			mu.Lock()
			defer mu.Unlock()
			p.Send(one, NewRequest(question(fmt.Sprint(n)), h.Elapsed()+time.Second), func(a Answer, err error) {
				mu.Lock()
				right := err == nil && answerText(a) == fmt.Sprint(n)
				mu.Unlock()
				if !right {
					t.Error(err)
				}
				if n == 1000 {
					close(end)
					return
				}
				again(n + 1)
			})
		}
		again(0)
		<-end
	})
}

// TestMemoryOfAnswersIsReused: Into and Release.
func TestMemoryOfAnswersIsReused(t *testing.T) {
	bubble(t, &memory{serve: echo}, Options{}, func(p *Pool, h host.Host) {
		into := protocol.New[protocol.FindCoordinatorResponse]()
		for _, text := range []string{"a", "b"} {
			r := NewRequest(question(text), h.Elapsed()+time.Second)
			r.Into = into
			got := <-ask(p, one, r)
			if got.answer.Message != protocol.Message(into) || answerText(got.answer) != text {
				t.Errorf("%+v", got)
			}
			got.answer.Release()
			got.answer.Release()
		}
	})
}

// TestUnusableRequests: a request that cannot be encoded, and an answer that cannot be decoded.
func TestUnusableRequests(t *testing.T) {
	bad := false
	m := &memory{serve: func(c *memoryConn, h protocol.RequestHeader, body []byte) []byte {
		if h.APIKey != protocol.KeyAPIVersions && bad {
			return answerTo(h, h.APIVersion, protocol.New[protocol.FindCoordinatorResponse]())[:7]
		}
		return echo(c, h, body)
	}}
	bubble(t, m, Options{}, func(p *Pool, h host.Host) {
		c := ask(p, one, NewRequest(question(strings.Repeat("x", 40_000)), h.Elapsed()+time.Second))
		d := ask(p, one, NewRequest(question("y"), h.Elapsed()+time.Second))
		if got := <-c; KindOf(got.err) != link.Invalid {
			t.Error(got.err)
		}
		if got := <-d; got.err != nil || answerText(got.answer) != "y" {
			t.Error(got.err)
		}
		bad = true
		if got := <-ask(p, one, NewRequest(question("z"), h.Elapsed()+time.Second)); KindOf(got.err) != link.Broken || Unsent(got.err) {
			t.Error(got.err)
		}
		if synctest.Wait(); m.dials() != 2 {
			t.Errorf("%d dials: a bad answer ends its connection", m.dials())
		}
	})
}

// TestWrittenBytesMakeRoom: requests above the bound of unwritten bytes leave without an answer to
// earlier ones.
func TestWrittenBytesMakeRoom(t *testing.T) {
	m := &memory{serve: func(c *memoryConn, h protocol.RequestHeader, body []byte) []byte {
		if h.APIKey == protocol.KeyAPIVersions {
			return versionsOf(h, 4)
		}
		return nil
	}}
	bubble(t, m, Options{Limits: link.Options{MaxUnwritten: 10}}, func(p *Pool, h host.Host) {
		for range 5 {
			ask(p, one, NewRequest(question("x"), h.Elapsed()+time.Minute))
		}
		if synctest.Wait(); len(m.last().asked) != 6 {
			t.Errorf("%d requests have left", len(m.last().asked))
		}
	})
}

// TestLinksAreForgotten: nodes move, and their old addresses must not stay.
func TestLinksAreForgotten(t *testing.T) {
	bubble(t, &memory{serve: echo}, Options{}, func(p *Pool, h host.Host) {
		for i := range 5 {
			to := Peer{ID: 1, Address: fmt.Sprint("b1:", i), Class: Fetch}
			if got := <-ask(p, to, NewRequest(question("x"), h.Elapsed()+time.Second)); got.err != nil {
				t.Fatal(got.err)
			}
			<-time.NewTimer(10 * time.Minute).C
		}
		if n := len(p.Links()); n > 2 {
			t.Errorf("%d links", n)
		}
		for i := range 3 {
			if !strings.Contains(fmt.Sprint(p.Links()[0].Peer.Class, Class(i*50), Peer{ID: -1, Address: "a:1"}), "fetch") {
				t.Error("names")
			}
		}
	})
}
