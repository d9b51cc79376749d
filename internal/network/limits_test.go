package network

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	s, addr := start(t, echo{}, Options{Limits: Limits{MaxConnectionsPerIP: 2}})
	a, b := dial(t, addr), dial(t, addr)
	for _, c := range []net.Conn{a, b} {
		_, _ = c.Write(heartbeat(1, 0))
		readCorrelation(t, c)
	}
	c := dial(t, addr)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("third connection of an address was let in")
	}
	_ = a.Close()
	waitFor(t, func() bool { return s.open() == 1 })
	d := dial(t, addr)
	_, _ = d.Write(heartbeat(2, 0))
	readCorrelation(t, d)
}

func TestMaxConnectionsLeavesClientsInTheBacklog(t *testing.T) {
	_, addr := start(t, echo{}, Options{Limits: Limits{MaxConnections: 1}})
	a := dial(t, addr)
	_, _ = a.Write(heartbeat(1, 0))
	readCorrelation(t, a)
	b := dial(t, addr)
	_, _ = b.Write(heartbeat(2, 0))
	_ = b.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var ne net.Error
	if _, err := b.Read(make([]byte, 1)); !errors.As(err, &ne) || !ne.Timeout() {
		t.Fatalf("second connection: %v, want a time-out", err)
	}
	_ = b.SetReadDeadline(time.Now().Add(10 * time.Second))
	_ = a.Close()
	readCorrelation(t, b)
}

// The acceptor waits in Accept when the limit changes. The next connection counts against the new
// limit.
func TestLoweredMaxConnectionsHoldForTheNextConnection(t *testing.T) {
	s, addr := start(t, echo{}, Options{})
	a := dial(t, addr)
	_, _ = a.Write(heartbeat(1, 0))
	readCorrelation(t, a)
	s.SetLimits(Limits{MaxConnections: 1})
	b := dial(t, addr)
	_, _ = b.Write(heartbeat(2, 0))
	_ = b.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var ne net.Error
	if _, err := b.Read(make([]byte, 1)); !errors.As(err, &ne) || !ne.Timeout() {
		t.Fatalf("second connection: %v, want a time-out", err)
	}
	_ = b.SetReadDeadline(time.Now().Add(10 * time.Second))
	s.SetLimits(Limits{})
	readCorrelation(t, b)
}

func TestLimitsOfListeners(t *testing.T) {
	l := connLimits{}
	l.init(Limits{MaxConnections: 4, Listeners: map[string]ListenerLimits{"A": {MaxConnections: 1}, "B": {MaxCreationRate: 10}}})
	now := time.Unix(1000, 0)
	mayEnter := func(listener string) bool {
		ok, _, _ := l.admit(listener, now)
		return ok && l.enter(listener, "1.2.3.4")
	}
	if !mayEnter("A") || mayEnter("A") || !mayEnter("B") {
		t.Fatal("A may have one connection")
	}
	_, _, freed := l.admit("A", now)
	l.leave("A", "1.2.3.4")
	select {
	case <-freed:
	default:
		t.Fatal("the acceptor that waits is not woken")
	}
	if !mayEnter("A") || !mayEnter("C") || !mayEnter("C") || mayEnter("C") {
		t.Fatal("all together may have four")
	}
}

func TestCreationRate(t *testing.T) {
	l := connLimits{}
	l.init(Limits{MaxCreationRate: 10})
	now := time.Unix(1000, 0)
	let := func() (n int) {
		for n < 1000 {
			if ok, _, _ := l.admit("A", now); !ok {
				break
			}
			n++
		}
		return n
	}
	if n := let(); n != 10 {
		t.Fatalf("%d at once", n)
	}
	ok, wait, _ := l.admit("A", now)
	if ok || wait != 100*time.Millisecond {
		t.Fatalf("%v, wait %v", ok, wait)
	}
	now = now.Add(wait)
	if n := let(); n != 1 {
		t.Fatalf("%d after the wait", n)
	}
	now = now.Add(time.Hour)
	if n := let(); n != 10 {
		t.Fatalf("%d after a long pause", n)
	}
	l.set = Limits{MaxConnectionsPerIP: -1, PerIPOverrides: map[string]int{"10.0.0.1": 1}}
	if l.enter("A", "10.0.0.2") || !l.enter("A", "10.0.0.1") || l.enter("A", "10.0.0.1") {
		t.Fatal("only the address of the override may come, once")
	}
}
