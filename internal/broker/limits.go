package broker

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/network"
)

// hostNames resolves the host names in max.connections.per.ip.overrides.
type hostNames struct {
	// lookup asks the operating system for the addresses of a name.
	lookup func(host string) ([]netip.Addr, error)

	mu    sync.Mutex
	known map[string][]netip.Addr
}

func newHostNames() *hostNames {
	return &hostNames{known: map[string][]netip.Addr{}, lookup: lookupHost}
}

// resolve looks up the unknown names among hosts. It waits for the answers. The error names the
// first host without an address.
func (h *hostNames) resolve(hosts []string) error {
	for _, host := range hosts {
		if _, known := h.addresses(host); known {
			continue
		}
		addrs, err := h.lookup(host)
		if err != nil {
			return fmt.Errorf("max.connections.per.ip.overrides names %s, which has no address: %w", host, err)
		}
		h.mu.Lock()
		h.known[host] = addrs
		h.mu.Unlock()
	}
	return nil
}

// addresses returns the addresses of a host name, or the address itself. known is false for a name
// without a lookup.
func (h *hostNames) addresses(host string) (addrs []netip.Addr, known bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	addrs, known = h.known[host]
	return addrs, known
}

// overrides converts limits by host to limits by address. It leaves out unknown names.
func (h *hostNames) overrides(byHost map[string]int) map[string]int {
	out := map[string]int{}
	for _, host := range overrideHosts(byHost) {
		addrs, _ := h.addresses(host)
		for _, a := range addrs {
			out[network.CanonicalIP(a)] = byHost[host]
		}
	}
	return out
}

func overrideHosts(byHost map[string]int) []string {
	hosts := make([]string, 0, len(byHost))
	for host := range byHost { // any order: sorted below
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	return hosts
}

// connectionLimits returns the limits of the server and of each of its listeners.
func connectionLimits(cfg *config.Values, listeners []config.Listener, names *hostNames) network.Limits {
	l := network.Limits{
		MaxConnections: cfg.Int("max.connections"), MaxCreationRate: cfg.Int("max.connection.creation.rate"),
		MaxConnectionsPerIP: cfg.Int("max.connections.per.ip"), Listeners: map[string]network.ListenerLimits{},
		PerIPOverrides: names.overrides(cfg.MaxConnectionsPerIPOverrides()),
	}
	if l.MaxConnectionsPerIP == 0 {
		// Only the addresses of the overrides may connect.
		l.MaxConnectionsPerIP = -1
	}
	for _, at := range listeners {
		var own network.ListenerLimits
		own.MaxConnections, _ = cfg.ListenerInt(at.Name, "max.connections")
		own.MaxCreationRate, _ = cfg.ListenerInt(at.Name, "max.connection.creation.rate")
		l.Listeners[at.Name] = own
	}
	return l
}
