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

// asker asks for places at one moment.
type asker struct {
	connLimits
	now time.Time
}

func newAsker(set Limits) *asker {
	a := &asker{now: time.Unix(1000, 0)}
	a.init(set)
	return a
}

func (a *asker) ask(at *Listener, ip string) (verdict, time.Duration) {
	v, wait, _ := a.enter(at, ip, a.now)
	return v, wait
}

func (a *asker) served(at *Listener) bool {
	v, _ := a.ask(at, "1.2.3.4")
	return v == serve
}

func TestLimitsOfListeners(t *testing.T) {
	a, b, c := &Listener{Name: "A"}, &Listener{Name: "B"}, &Listener{Name: "C"}
	l := newAsker(Limits{MaxConnections: 4, Listeners: map[string]ListenerLimits{"A": {MaxConnections: 1}, "B": {MaxCreationRate: 10}}})
	if !l.served(a) || l.served(a) || !l.served(b) {
		t.Fatal("A may have one connection")
	}
	_, _, freed := l.enter(a, "1.2.3.4", l.now)
	l.leave(a, "1.2.3.4")
	select {
	case <-freed:
	default:
		t.Fatal("the acceptor that waits is not woken")
	}
	if !l.served(a) || !l.served(c) || !l.served(c) || l.served(c) {
		t.Fatal("all together may have four")
	}
}

// Clients that fill max.connections shut out neither the other brokers nor the controller's
// clients.
func TestTheLimitOfClientsSparesBrokersAndControllers(t *testing.T) {
	clients, brokers, controller := &Listener{Name: "A"}, &Listener{Name: "B", Protected: true}, &Listener{Name: "C", Controller: true}
	l := newAsker(Limits{MaxConnections: 2, MaxConnectionsPerIP: 3, MaxCreationRate: 4})
	for range 2 {
		if !l.served(clients) {
			t.Fatal("two clients may connect")
		}
	}
	if l.served(clients) {
		t.Error("a third client is served")
	}
	if v, _ := l.ask(brokers, "1.2.3.4"); v != overfull {
		t.Errorf("another broker: %v", v)
	}
	if v, _ := l.ask(brokers, "1.2.3.4"); v != refuse {
		t.Errorf("a fourth connection of the address: %v", v)
	}
	for i, want := range []bool{true, true, false} {
		if l.served(controller) != want {
			t.Errorf("connection %d of the controller: served %v, it may have two of its own", i+1, !want)
		}
	}
	l.leave(controller, "1.2.3.4")
	if !l.served(controller) || l.served(clients) {
		t.Error("a place of the controller is no place of a client")
	}
}

// max.connection.creation.rate of the broker does not slow the connections of other brokers down.
func TestTheRateOfClientsSparesBrokers(t *testing.T) {
	clients, brokers := &Listener{Name: "A"}, &Listener{Name: "B", Protected: true}
	l := newAsker(Limits{MaxCreationRate: 2})
	for range 2 {
		l.served(clients)
	}
	for range 5 {
		if !l.served(brokers) {
			t.Fatal("another broker must wait")
		}
	}
	l.now = l.now.Add(time.Second)
	if !l.served(clients) {
		t.Error("brokers use up the rate of the clients")
	}
}

func TestCreationRate(t *testing.T) {
	at := &Listener{Name: "A"}
	l := newAsker(Limits{MaxCreationRate: 10})
	let := func() (n int) {
		for n < 1000 && l.served(at) {
			n++
		}
		return n
	}
	if n := let(); n != 10 {
		t.Fatalf("%d at once", n)
	}
	v, wait := l.ask(at, "1.2.3.4")
	if v != hold || wait != 100*time.Millisecond {
		t.Fatalf("%v, wait %v", v, wait)
	}
	l.now = l.now.Add(wait)
	if n := let(); n != 1 {
		t.Fatalf("%d after the wait", n)
	}
	l.now = l.now.Add(time.Hour)
	if n := let(); n != 10 {
		t.Fatalf("%d after a long pause", n)
	}
	l.set = Limits{MaxConnectionsPerIP: -1, PerIPOverrides: map[string]int{"10.0.0.1": 1}}
	for i, want := range []verdict{refuse, serve, refuse} {
		if v, _ := l.ask(at, []string{"10.0.0.2", "10.0.0.1", "10.0.0.1"}[i]); v != want {
			t.Fatal("only the address of the override may come, once")
		}
	}
}

// A connection of another broker takes the place of the client that was idle for the longest time.
func TestABrokersConnectionTakesAClientsPlace(t *testing.T) {
	s, addr := start(t, echo{}, Options{Limits: Limits{MaxConnections: 2}})
	inner := &Listener{Name: "INTERNAL", Protocol: "PLAINTEXT", Protected: true}
	if err := s.Bind(inner, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.wg.Add(1)
	go s.accept(inner)
	var clients []net.Conn
	for i := range uint32(2) {
		c := dial(t, addr)
		_, _ = c.Write(heartbeat(i, 0))
		readCorrelation(t, c)
		clients = append(clients, c)
	}
	broker := dial(t, inner.Addr().String())
	_, _ = broker.Write(heartbeat(7, 0))
	readCorrelation(t, broker)
	if _, err := clients[0].Read(make([]byte, 1)); err == nil {
		t.Error("the idle client stays")
	}
	_, _ = clients[1].Write(heartbeat(8, 0))
	readCorrelation(t, clients[1])
}
