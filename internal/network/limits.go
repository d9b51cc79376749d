package network

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Limits bound the number of connections and the rate of new ones. 0 means no limit. They can
// change while the server runs. Connections above a lowered limit stay.
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
	total  int
	perIP  map[string]int
	perLis map[string]int
	// rate and perRate spread the creation of connections over time.
	rate    pace
	perRate map[string]*pace
	// freed is closed and replaced when a connection has ended or a limit has changed. Acceptors
	// that wait then check again.
	freed chan struct{}
}

func (l *connLimits) init(set Limits) {
	l.perIP, l.perLis, l.perRate = map[string]int{}, map[string]int{}, map[string]*pace{}
	l.freed = make(chan struct{})
	l.set = set
}

// admit reports whether a listener may accept a connection now, and counts the connection in the
// rates if so. Otherwise freed closes when that may have changed. It changes without an event after
// wait, if wait is not 0. Kafka's acceptor also holds one connection while it waits, and the others
// stay in the backlog.
func (l *connLimits) admit(listener string, now time.Time) (ok bool, wait time.Duration, freed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.set.Listeners[listener]
	if reached(l.total, l.set.MaxConnections) || reached(l.perLis[listener], own.MaxConnections) || reached(l.total, l.most) {
		return false, 0, l.freed
	}
	p := l.perRate[listener]
	if p == nil {
		p = &pace{}
		l.perRate[listener] = p
	}
	wait = max(l.rate.due(now, l.set.MaxCreationRate), p.due(now, own.MaxCreationRate))
	if wait > 0 {
		return false, wait, l.freed
	}
	l.rate.take(now, l.set.MaxCreationRate)
	p.take(now, own.MaxCreationRate)
	return true, 0, nil
}

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
	if l.logged || !reached(l.total, l.most) {
		return false
	}
	l.logged = true
	return true
}

func reached(n, limit int) bool { return limit > 0 && n >= limit }

// enter counts a connection, or refuses it because of its address.
func (l *connLimits) enter(listener, ip string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit, ok := l.set.PerIPOverrides[ip]
	if !ok {
		limit = l.set.MaxConnectionsPerIP
	}
	if (ok || limit != 0) && l.perIP[ip] >= limit {
		return false
	}
	l.total++
	l.perIP[ip]++
	l.perLis[listener]++
	return true
}

func (l *connLimits) leave(listener, ip string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	l.perLis[listener]--
	if l.perIP[ip]--; l.perIP[ip] <= 0 {
		delete(l.perIP, ip)
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
		if n > most {
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
