package link

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// rig drives one link by hand and writes its effects down.
type rig struct {
	t    *testing.T
	l    *Link
	now  Time
	seen []string
}

func newRig(t *testing.T, o Options) *rig { return &rig{t: t, l: New(o)} }

// run performs the effects: each write takes 10 bytes.
func (r *rig) run() {
	for e, ok := r.l.Next(); ok; e, ok = r.l.Next() {
		switch e.Kind {
		case Dial:
			r.seen = append(r.seen, fmt.Sprintf("dial %d", e.Conn))
		case Ask:
			r.seen = append(r.seen, fmt.Sprintf("ask v%d", e.Version))
		case Write:
			r.seen = append(r.seen, fmt.Sprintf("write %v v%d", e.Request.Owner, e.Version))
			r.l.Took(10)
		case Close:
			r.seen = append(r.seen, fmt.Sprintf("close %d", e.Conn))
		case Done:
			text := fmt.Sprintf("done %v %s", e.Request.Owner, e.Fault.Kind)
			if e.Fault.Sent {
				text += " sent"
			}
			if e.Fault.Gone {
				text += " gone"
			}
			r.seen = append(r.seen, text)
		case Up:
			r.seen = append(r.seen, "up")
		case Down:
			r.seen = append(r.seen, "down "+e.Fault.Kind.String())
		}
	}
}

// want checks the effects since the last call.
func (r *rig) want(effects ...string) {
	r.t.Helper()
	r.run()
	if got, want := strings.Join(r.seen, ", "), strings.Join(effects, ", "); got != want {
		r.t.Fatalf("at %v\ngot  %s\nwant %s", r.now, got, want)
	}
	r.seen = nil
}

func (r *rig) after(d time.Duration) *rig {
	r.now += d
	r.l.Tick(r.now)
	return r
}

func (r *rig) submit(owner string, timeout time.Duration) {
	r.l.Submit(r.now, &Request{Key: protocol.KeyFetch, Allowed: Range{4, 18}, Deadline: r.now + timeout, Owner: owner})
}

func served(ranges ...int16) Negotiation {
	v := &Versions{}
	for i := 0; i < len(ranges); i += 3 {
		v.Set(ranges[i], Range{ranges[i+1], ranges[i+2]})
	}
	return Negotiation{Versions: v, AskMax: -1}
}

// answer answers the oldest request, or ApiVersions.
func (r *rig) answer(conn uint64, correlation int32) Answered {
	a, ok := r.l.Answer(r.now, conn, correlation)
	if !ok {
		r.seen = append(r.seen, "no answer")
	}
	return a
}

// ready opens connection conn, whose ApiVersions request has the next correlation id.
func (r *rig) ready(conn uint64) {
	r.t.Helper()
	r.l.Opened(r.now, conn)
	r.want("ask v0")
	if a := r.answer(conn, r.l.correlation); a.Request != nil {
		r.t.Fatal("the answer to ApiVersions belongs to a request")
	}
	r.l.Negotiated(r.now, conn, served(protocol.KeyFetch, 4, 17))
}

// TestRequestsArePipelined: requests wait for the versions, leave in order in the highest common
// version, and their answers come in order.
func TestRequestsArePipelined(t *testing.T) {
	r := newRig(t, Options{})
	r.submit("a", time.Second)
	r.want("dial 1")
	r.submit("b", time.Second)
	r.want()
	r.ready(1)
	r.want("up", "write a v17", "write b v17")
	first := r.l.correlation - 1
	if a := r.answer(1, first); a.Request.Owner != "a" || a.Version != 17 {
		t.Errorf("got %+v", a)
	}
	if a := r.answer(1, first+1); a.Request.Owner != "b" {
		t.Errorf("got %+v", a)
	}
	r.want()
	if r.l.InFlight() != 0 || r.l.Queued() != 0 {
		t.Errorf("%d in flight, %d queued", r.l.InFlight(), r.l.Queued())
	}
}

// TestUnknownVersionOfAPIVersions: the peer's answer names its versions of ApiVersions (KIP-511),
// or only the error.
func TestUnknownVersionOfAPIVersions(t *testing.T) {
	for name, c := range map[string]struct {
		askMax int16
		want   string
	}{"named": {3, "ask v3"}, "not named": {-1, "ask v0"}, "as asked": {4, "ask v3"}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{AskVersion: 4})
			r.submit("a", time.Second)
			r.want("dial 1")
			r.l.Opened(0, 1)
			r.want("ask v4")
			r.answer(1, 1)
			r.l.Negotiated(0, 1, Negotiation{Err: protocol.ErrUnsupportedVersion, AskMax: c.askMax})
			r.want(c.want)
			r.answer(1, 2)
			r.l.Negotiated(0, 1, served(protocol.KeyFetch, 4, 11))
			r.want("up", "write a v11")
		})
	}
	r := newRig(t, Options{})
	r.submit("a", time.Second)
	r.l.Opened(0, 1)
	r.answer(1, 1)
	r.l.Negotiated(0, 1, Negotiation{Err: protocol.ErrUnsupportedVersion, AskMax: -1})
	r.want("dial 1", "ask v0", "close 1", "down connection broken", "done a connection broken")
}

func TestAnotherNodeAnswers(t *testing.T) {
	r := newRig(t, Options{AskVersion: 5})
	r.submit("a", time.Second)
	r.l.Opened(0, 1)
	r.answer(1, 1)
	r.l.Negotiated(0, 1, Negotiation{Err: protocol.ErrRebootstrapRequired, AskMax: -1})
	r.want("dial 1", "ask v5", "close 1", "down a node of another cluster or with another id answers at the address", "done a a node of another cluster or with another id answers at the address")
}

func TestNoCommonVersion(t *testing.T) {
	for _, n := range []Negotiation{served(), served(protocol.KeyFetch, 0, 3), served(protocol.KeyFetch, 19, 30)} {
		r := newRig(t, Options{})
		r.submit("a", time.Second)
		r.l.Opened(0, 1)
		r.answer(1, 1)
		r.l.Negotiated(0, 1, n)
		r.want("dial 1", "ask v0", "up", "done a unsupported version")
	}
}

// TestDialFailsAllThatWait: every failed dial fails what waits, and the pause before the next one
// doubles, with a jitter of 20 %.
func TestDialFailsAllThatWait(t *testing.T) {
	r := newRig(t, Options{Seed: 3})
	for i := range 7 {
		r.submit("a", time.Minute)
		r.submit("b", time.Minute)
		if i > 0 {
			if r.want(); r.l.state != Waiting {
				t.Fatalf("%v", r.l.state)
			}
			pause := r.l.Deadline() - r.now
			last := []time.Duration{50, 100, 200, 400, 800, 1000}[i-1] * time.Millisecond
			if pause < last*8/10 || pause > min(last*12/10, time.Second) {
				t.Fatalf("pause %d is %v, want %v +- 20 %%", i, pause, last)
			}
			r.after(pause - 1).want()
			r.after(1)
		}
		conn := uint64(i + 1)
		r.want(fmt.Sprintf("dial %d", conn))
		r.l.Broken(r.now, conn, Fault{Kind: Refused, Gone: true})
		r.want("down connection refused", "done a connection refused gone", "done b connection refused gone")
	}
	r.submit("c", time.Minute)
	r.want()
	r.l.Retry(r.now)
	r.want("dial 8")
}

// TestAnAnswerEndsTheSeriesOfFailures: the next failure has the first pause again.
func TestAnAnswerEndsTheSeriesOfFailures(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 5 {
		r.submit("a", time.Minute)
		r.l.Tick(r.now)
		r.l.Broken(r.now, uint64(i+1), Fault{Kind: Refused})
		r.after(time.Second)
	}
	r.run()
	r.seen = nil
	r.submit("b", time.Minute)
	r.want("dial 6")
	r.ready(6)
	r.want("up", "write b v17")
	r.answer(6, r.l.correlation)
	r.l.Broken(r.now, 6, Fault{Kind: Broken})
	r.want("down connection broken", "dial 7")
	if d := r.l.Deadline() - r.now; d > 1200*time.Millisecond {
		t.Errorf("setup timeout %v", d)
	}
	r.l.Broken(r.now, 7, Fault{Kind: Refused})
	r.submit("c", time.Minute)
	if d := r.l.Deadline() - r.now; d > 60*time.Millisecond {
		t.Errorf("pause %v", d)
	}
}

// TestBrokenConnectionIsCheckedAtOnce: the requests that were written fail, the others wait for the
// next connection, which is dialed without a pause.
func TestBrokenConnectionIsCheckedAtOnce(t *testing.T) {
	r := newRig(t, Options{MaxInFlight: 2})
	r.submit("a", time.Second)
	r.want("dial 1")
	r.ready(1)
	r.want("up", "write a v17")
	r.answer(1, r.l.correlation)
	for _, name := range []string{"b", "c", "d"} {
		r.submit(name, time.Second)
	}
	r.want("write b v17", "write c v17")
	r.l.Broken(r.now, 1, Fault{Kind: Broken, Gone: true})
	r.want("down connection broken", "done b connection broken sent gone", "done c connection broken sent gone", "dial 2")
	r.l.Broken(r.now, 2, Fault{Kind: Refused, Gone: true})
	r.want("down connection refused", "done d connection refused gone")
	if r.l.state != Idle {
		t.Errorf("%v", r.l.state)
	}
	// The connection had answered, so an idle one is checked too, but only while it is in use.
	r.after(time.Second)
	r.submit("e", time.Second)
	r.want("dial 3")
	r.ready(3)
	r.want("up", "write e v17")
	r.answer(3, r.l.correlation)
	r.after(10 * time.Second)
	r.l.Broken(r.now, 3, Fault{Kind: Broken, Gone: true})
	r.want("down connection broken", "dial 4")
	r.ready(4)
	r.want("up")
	r.l.Broken(r.now, 4, Fault{Kind: Broken, Gone: true})
	r.want("down connection broken") // it has answered nothing, so the peer may close each one
}

// TestDyingProcessAcceptsOnceMore: the kernel closes the sockets of a process one by one, so the
// first dial may succeed.
func TestDyingProcessAcceptsOnceMore(t *testing.T) {
	r := newRig(t, Options{})
	r.submit("a", time.Second)
	r.want("dial 1")
	r.ready(1)
	r.want("up", "write a v17")
	r.answer(1, r.l.correlation)
	r.l.Broken(r.now, 1, Fault{Kind: Broken, Gone: true})
	r.want("down connection broken", "dial 2")
	r.l.Opened(r.now, 2)
	r.l.Broken(r.now, 2, Fault{Kind: Broken, Gone: true})
	r.want("ask v0", "down connection broken")
	r.after(3 * time.Millisecond).want()
	r.after(3 * time.Millisecond).want("dial 3")
	r.l.Broken(r.now, 3, Fault{Kind: Refused, Gone: true})
	r.want("down connection refused")
	r.after(time.Hour).want()
	// A peer that closes each connection is not checked for ever.
	r.submit("b", time.Second)
	r.want("dial 4")
	r.ready(4)
	r.answer(4, r.l.correlation)
	r.run()
	r.seen = nil
	for conn, n := uint64(4), 0; r.l.state != Idle; conn, n = conn+1, n+1 {
		r.l.Broken(r.now, conn, Fault{Kind: Broken, Gone: true})
		if r.after(2 * time.Second).run(); n > 100 {
			t.Fatal("checks for ever")
		}
	}
}

// TestSilentPeer: a request that has no answer in time ends the connection, and the others on it
// fail as broken.
func TestSilentPeer(t *testing.T) {
	r := newRig(t, Options{MaxInFlight: 2})
	r.submit("a", time.Second)
	r.submit("b", 3*time.Second)
	r.submit("c", 2*time.Second)
	r.want("dial 1")
	r.ready(1)
	r.want("up", "write a v17", "write b v17")
	r.after(time.Second - 1).want()
	r.after(1)
	r.want("done a timed out sent", "close 1", "down timed out", "done b connection broken sent")
	r.after(40 * time.Millisecond)
	r.after(20 * time.Millisecond)
	r.want("dial 2")
	// The process is stopped: the kernel accepts, and ApiVersions has no answer.
	r.l.Opened(r.now, 2)
	r.want("ask v0")
	r.after(time.Second)
	r.want("done c timed out")
	r.after(1500 * time.Millisecond)
	r.want("close 2", "down unreachable")
}

func TestSetupTimeoutGrows(t *testing.T) {
	r := newRig(t, Options{})
	for i, want := range []time.Duration{1, 2, 4, 4} {
		want *= time.Second
		r.after(time.Second) // the backoff is over
		r.submit("a", time.Hour)
		r.want(fmt.Sprintf("dial %d", i+1))
		got := r.l.Deadline() - r.now
		if got < want*8/10 || got > min(want*12/10, 4*time.Second) {
			t.Errorf("timeout %d is %v, want %v +- 20 %%", i, got, want)
		}
		r.after(got)
		r.want(fmt.Sprintf("close %d", i+1), "down unreachable", "done a unreachable")
	}
}

func TestFalseAnswers(t *testing.T) {
	for name, f := range map[string]func(r *rig){
		"wrong correlation id":  func(r *rig) { r.answer(1, 77) },
		"answer out of order":   func(r *rig) { r.answer(1, r.l.correlation) },
		"unreadable answer":     func(r *rig) { r.l.Garbled(r.now, 1, errors.New("bad")) },
		"answer to ApiVersions": func(r *rig) { r.answer(1, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.submit("a", time.Second)
			r.submit("b", time.Second)
			r.want("dial 1")
			r.ready(1)
			r.want("up", "write a v17", "write b v17")
			f(r)
			r.run()
			if got := strings.TrimPrefix(strings.Join(r.seen, ", "), "no answer, "); got !=
				"close 1, down connection broken, done a connection broken sent, done b connection broken sent" {
				t.Error(got)
			}
		})
	}
	r := newRig(t, Options{})
	r.submit("a", time.Second)
	r.want("dial 1")
	r.ready(1)
	r.answer(1, r.l.correlation)
	if r.run(); strings.Join(r.seen, ", ") != "no answer, up, close 1, down connection broken" { // a is not written yet
		t.Error(r.seen)
	}
}
