package network

import (
	"slices"
	"sync"
)

// connLimits counts connections against max.connections and max.connections.per.ip.
type connLimits struct {
	mu        sync.Mutex
	total     int
	perIP     map[string]int
	max       int
	maxPerIP  int
	overrides map[string]int
	// freed wakes an acceptor that waits for max.connections.
	freed chan struct{}
}

func (l *connLimits) init(o Options) {
	l.perIP = map[string]int{}
	l.max, l.maxPerIP, l.overrides = o.MaxConnections, o.MaxConnectionsPerIP, o.PerIPOverrides
	l.freed = make(chan struct{}, 1)
}

// full tells whether max.connections is reached. Kafka's acceptor waits then, leaving clients in the backlog.
func (l *connLimits) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.max > 0 && l.total >= l.max
}

// enter counts a connection, or refuses it for its address.
func (l *connLimits) enter(ip string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit, ok := l.overrides[ip]
	if !ok {
		limit = l.maxPerIP
	}
	if (ok || limit > 0) && l.perIP[ip] >= limit {
		return false
	}
	l.total++
	l.perIP[ip]++
	return true
}

func (l *connLimits) leave(ip string) {
	l.mu.Lock()
	l.total--
	if l.perIP[ip]--; l.perIP[ip] <= 0 {
		delete(l.perIP, ip)
	}
	l.mu.Unlock()
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// set changes the limits while running; connections over a lower limit stay.
func (l *connLimits) set(maxTotal, maxPerIP int, overrides map[string]int) {
	l.mu.Lock()
	l.max, l.maxPerIP, l.overrides = maxTotal, maxPerIP, overrides
	l.mu.Unlock()
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// SetLimits changes max.connections, max.connections.per.ip and its overrides while running.
func (s *Server) SetLimits(maxTotal, maxPerIP int, overrides map[string]int) {
	s.limits.set(maxTotal, maxPerIP, overrides)
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
