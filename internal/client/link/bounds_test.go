package link

import (
	"testing"
	"time"
)

// TestEventsOfOldConnections: they have no effect.
func TestEventsOfOldConnections(t *testing.T) {
	r := newRig(t, Options{})
	r.submit("a", time.Minute)
	r.want("dial 1")
	r.l.Broken(r.now, 1, Fault{Kind: Refused})
	r.want("down connection refused", "done a connection refused")
	r.after(time.Second)
	r.submit("b", time.Minute)
	r.want("dial 2")
	r.l.Opened(r.now, 1)
	r.l.Broken(r.now, 1, Fault{Kind: Broken})
	r.l.Garbled(r.now, 1, nil)
	r.l.Wrote(1, 10)
	r.l.Negotiated(r.now, 1, served())
	r.answer(1, 1)
	r.want("no answer")
	r.ready(2)
	r.l.Opened(r.now, 2)
	r.want("up", "write b v17")
	r.l.Negotiated(r.now, 2, served())
	r.want()
}

// TestBoundsOfTheQueues: requests above the bounds wait, or fail at once.
func TestBoundsOfTheQueues(t *testing.T) {
	r := newRig(t, Options{MaxQueued: 3, MaxUnwritten: 15})
	for _, name := range []string{"a", "b", "c", "d"} {
		r.submit(name, time.Second)
	}
	r.want("dial 1", "done d too many requests wait")
	r.ready(1)
	r.want("up", "write a v17", "write b v17") // 20 bytes
	r.l.Wrote(1, 4)
	r.want()
	r.l.Wrote(1, 6)
	r.want("write c v17")
	r.submit("late", 0)
	r.want("done late timed out")
}

func TestUnencodableRequest(t *testing.T) {
	r := newRig(t, Options{})
	r.submit("a", time.Second)
	r.want("dial 1")
	r.ready(1)
	for e, ok := r.l.Next(); ok; e, ok = r.l.Next() {
		if e.Kind == Write {
			r.l.Drop(e.Request)
		}
	}
	r.submit("b", time.Second)
	r.want("write b v17")
	if a := r.answer(1, r.l.correlation); a.Request.Owner != "b" {
		t.Errorf("%+v", a)
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	r := newRig(t, Options{IdleAfter: time.Minute})
	r.submit("a", time.Hour)
	r.want("dial 1")
	r.ready(1)
	r.want("up", "write a v17")
	r.after(2 * time.Minute).want() // a request waits
	r.answer(1, r.l.correlation)
	if d := r.l.Deadline(); d > r.now+time.Minute {
		t.Errorf("deadline %v", d)
	}
	r.after(time.Minute).want("close 1")
	if r.after(2 * time.Hour).want(); r.l.Deadline() != -1 {
		t.Errorf("an idle link has the deadline %v", r.l.Deadline())
	}
	r.submit("b", time.Second)
	r.want("dial 2")
}

func TestCloseEndsEverything(t *testing.T) {
	for _, state := range []State{Idle, Waiting, Dialing, Negotiating, Ready} {
		r := newRig(t, Options{MaxInFlight: 1})
		if state != Idle {
			r.submit("x", time.Minute)
		}
		switch state {
		case Waiting:
			r.l.Broken(r.now, 1, Fault{Kind: Refused})
			r.submit("a", time.Minute)
		case Negotiating:
			r.l.Opened(r.now, 1)
		case Ready:
			r.run()
			r.seen = nil
			r.ready(1)
			r.submit("a", time.Minute)
		}
		r.run()
		r.seen = nil
		r.l.Close(r.now)
		r.l.Close(r.now)
		r.submit("z", time.Minute)
		switch state {
		case Idle:
			r.want("done z closed")
		case Waiting:
			r.want("done a closed", "done z closed")
		case Ready:
			r.want("close 1", "done x closed sent", "done a closed", "done z closed")
		default:
			r.want("close 1", "done x closed", "done z closed")
		}
		r.l.Opened(r.now, 1)
		r.l.Broken(r.now, 1, Fault{Kind: Broken})
		r.l.Retry(r.now)
		r.after(time.Hour).want()
	}
}
