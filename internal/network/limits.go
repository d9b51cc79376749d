package network

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits bound the number of connections and the rate of new ones. 0 means no limit. They can
// change while the server runs. Connections above a lowered limit stay; Kafka closes them.
type Limits struct {
	// MaxConnections is max.connections, MaxCreationRate max.connection.creation.rate, in
	// connections per second.
	MaxConnections, MaxCreationRate int
	// MaxConnectionsPerIP is max.connections.per.ip. PerIPOverrides are its exceptions, by
	// CanonicalIP. A negative limit refuses every connection.
	MaxConnectionsPerIP int
	PerIPOverrides      map[string]int
	// Listeners are the limits of single listeners (listener.name.NAME.max.connections ...) by
	// name.
	Listeners map[string]ListenerLimits
}

// CanonicalIP is the text of an address by which connections are counted: an IPv4 address in its
// own form also when a socket of IPv6 took the connection, and without a zone.
func CanonicalIP(a netip.Addr) string { return a.Unmap().WithZone("").String() }

// canonicalIP is CanonicalIP of a text. A text that is no address stays as it is.
func canonicalIP(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return CanonicalIP(a)
	}
	return s
}

// ListenerLimits are the limits of one listener, besides those of the server.
type ListenerLimits struct{ MaxConnections, MaxCreationRate int }

// connLimits counts connections against Limits.
type connLimits struct {
	mu  sync.Mutex
	set Limits
	// most is the number of connections that the limit of open files allows, 0 when it is not
	// known. logged is set after a line about it.
	most   int
	logged bool
	// broker and controller count the connections of the broker's listeners, and those of the
	// controller's.
	broker, controller counts
	perLis             map[string]int
	perRate            map[string]*pace
	// freed is closed and replaced when a connection has ended or a limit has changed. Acceptors
	// that wait then check again.
	freed chan struct{}
}

// counts are the connections that share the limits of the server. rate spreads their creation over
// time.
type counts struct {
	total int
	perIP map[string]int
	rate  pace
}

func (l *connLimits) init(set Limits) {
	l.broker.perIP, l.controller.perIP = map[string]int{}, map[string]int{}
	l.perLis, l.perRate = map[string]int{}, map[string]*pace{}
	l.freed = make(chan struct{})
	l.set = set
}

// of returns the counts of a listener. The controller has limits of its own, as in Kafka, where it
// has a socket server of its own: clients that fill the broker do not shut out an operator there.
func (l *connLimits) of(at *Listener) *counts {
	if at.Controller {
		return &l.controller
	}
	return &l.broker
}

// verdict is the answer to a connection that was accepted.
type verdict int

const (
	// serve: the connection is counted. overfull: the same, and the least active connection of
	// another listener must go for it.
	serve verdict = iota
	overfull
	// hold: the connection waits until freed closes or, if wait is not 0, until wait has passed.
	hold
	// refuse: its address has too many connections.
	refuse
)

// enter decides on a connection that a listener has accepted (Kafka: ConnectionQuotas.inc). Kafka's
// acceptor also holds one connection while it waits, and the others stay in the backlog.
func (l *connLimits) enter(at *Listener, ip string, now time.Time) (v verdict, wait time.Duration, freed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, own := l.of(at), l.set.Listeners[at.Name]
	over := reached(c.total, l.set.MaxConnections)
	if over && !at.Protected || reached(l.perLis[at.Name], own.MaxConnections) || reached(l.all(), l.most) {
		return hold, 0, l.freed
	}
	p := l.perRate[at.Name]
	if p == nil {
		p = &pace{}
		l.perRate[at.Name] = p
	}
	rate := l.set.MaxCreationRate
	if at.Protected {
		rate = 0 // only its own rate holds
	}
	if wait = max(c.rate.due(now, rate), p.due(now, own.MaxCreationRate)); wait > 0 {
		return hold, wait, l.freed
	}
	c.rate.take(now, rate)
	p.take(now, own.MaxCreationRate)
	limit, ok := l.set.PerIPOverrides[ip]
	if !ok {
		limit = l.set.MaxConnectionsPerIP
	}
	if (ok || limit != 0) && c.perIP[ip] >= limit {
		return refuse, 0, nil
	}
	c.total++
	c.perIP[ip]++
	l.perLis[at.Name]++
	if over {
		return overfull, 0, nil
	}
	return serve, 0, nil
}

func (l *connLimits) maxConnections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.set.MaxConnections
}

// all is the number of connections of the server.
func (l *connLimits) all() int { return l.broker.total + l.controller.total }

// room returns the number of connections that leave the reserved descriptors for files, or half of
// all descriptors where those are fewer. 0 means any number.
func room(descriptors, reserved int) int {
	if descriptors <= 0 || reserved <= 0 {
		return 0
	}
	return max(descriptors-reserved, descriptors/2, 1)
}

// full reports once that the limit of open files allows no further connection.
func (l *connLimits) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logged || !reached(l.all(), l.most) {
		return false
	}
	l.logged = true
	return true
}

func reached(n, limit int) bool { return limit > 0 && n >= limit }

func (l *connLimits) leave(at *Listener, ip string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.of(at)
	c.total--
	l.perLis[at.Name]--
	if c.perIP[ip]--; c.perIP[ip] <= 0 {
		delete(c.perIP, ip)
	}
	l.wake()
}

func (l *connLimits) wake() {
	close(l.freed)
	l.freed = make(chan struct{})
}

// SetLimits changes the limits while the server runs.
func (s *Server) SetLimits(set Limits) {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.limits.set = set
	s.limits.wake()
}

// stopwatch adds up the times in which a condition was true.
type stopwatch struct {
	mu    sync.Mutex
	sum   time.Duration
	since time.Time // zero while the condition is false
}

func (w *stopwatch) begin(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		w.since = now
	}
}

func (w *stopwatch) end(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since.IsZero() {
		w.sum, w.since = w.sum+now.Sub(w.since), time.Time{}
	}
}

func (w *stopwatch) total(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		return w.sum
	}
	return w.sum + now.Sub(w.since)
}

// pace admits a number of connections per second, and that number at once after a second without
// any.
type pace struct {
	// next is the time at which the next connection would be due without slack.
	next time.Time
}

const paceSlack = time.Second

func (p *pace) due(now time.Time, perSecond int) time.Duration {
	if perSecond <= 0 || p.next.Before(now) {
		return 0
	}
	return max(p.next.Sub(now)-paceSlack+time.Second/time.Duration(perSecond), 0)
}

func (p *pace) take(now time.Time, perSecond int) {
	if perSecond <= 0 {
		return
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Second / time.Duration(perSecond))
}

// evict closes the connection with most memory in answers that its client does not read.
func (s *Server) evict() {
	s.mu.Lock()
	var greatest *Conn
	most := 0
	for c := range s.conns {
		c.mu.Lock()
		n := c.unsent
		c.mu.Unlock()
		if n > most && !c.isClosed() {
			greatest, most = c, n
		}
	}
	s.mu.Unlock()
	if greatest != nil && s.unsent.Load() > s.opts.MaxUnsentBytes {
		s.logClose(greatest, fmt.Sprintf("the client does not read: %d bytes of answers wait, and all clients together leave more than %d unread", most, s.opts.MaxUnsentBytes))
		greatest.Close()
	}
}

func sortByActivity(cs []*Conn) {
	slices.SortFunc(cs, func(a, b *Conn) int {
		x, y := a.lastActive.Load(), b.lastActive.Load()
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}
