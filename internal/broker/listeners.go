package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/network"
)

// bind opens the sockets of the client listeners. Controller listeners are bound too, so that a port that is taken is
// found out at the start, and serve the same requests: the one controller is in this process.
func (n *Node) bind() error {
	cfg := n.opts.Config
	n.net = network.NewServer(n.registry, n.networkOptions(cfg))
	for _, l := range cfg.Listeners() {
		if l.Protocol != config.Plaintext {
			return fmt.Errorf("listener %s: security protocol %s is not served by this version of gregor, PLAINTEXT is", l.Name, l.Protocol)
		}
		nl := &network.Listener{Name: l.Name, Protocol: string(l.Protocol), Tag: n.metrics.listener(l.Name)}
		if err := n.net.Bind(nl, l.Address()); err != nil {
			if errors.Is(err, syscall.EADDRINUSE) {
				return fmt.Errorf("cannot listen on %s: the address is already in use, most likely by another broker", l)
			}
			return fmt.Errorf("cannot listen on %s: %w", l, err)
		}
		n.bound[l.Name] = nl.Addr().(*net.TCPAddr)
	}
	return nil
}

// otherFiles is how many descriptors the node may need beside those that logs keep: reads under way, indexes and checkpoints being
// written, sockets of its own.
const otherFiles = 512

func (n *Node) networkOptions(cfg *config.Broker) network.Options {
	o := network.Options{
		MaxRequestBytes:  cfg.Int("socket.request.max.bytes"),
		MaxBytesInFlight: cfg.Int64("queued.max.request.bytes"),
		MaxIdle:          time.Duration(cfg.Int64("connections.max.idle.ms")) * time.Millisecond,
		Logger:           n.opts.logger("network"),
		ReservedFiles:    logmanager.ConfigFrom(cfg).MaxOpenFiles + otherFiles,
	}
	// Unless they are set, the kernel's own sizing is better than Kafka's fixed 100 KiB.
	if cfg.IsSet("socket.send.buffer.bytes") {
		o.SendBuffer = cfg.Int("socket.send.buffer.bytes")
	}
	if cfg.IsSet("socket.receive.buffer.bytes") {
		o.ReceiveBuffer = cfg.Int("socket.receive.buffer.bytes")
	}
	o.Limits = connectionLimits(cfg)
	if n.metrics != nil {
		o.Observer = n.metrics
	}
	return o
}

// connectionLimits are the settings that may change while the node runs, also for single listeners.
func connectionLimits(cfg *config.Broker) network.Limits {
	l := network.Limits{
		MaxConnections: cfg.Int("max.connections"), MaxCreationRate: cfg.Int("max.connection.creation.rate"),
		MaxConnectionsPerIP: cfg.Int("max.connections.per.ip"), Listeners: map[string]network.ListenerLimits{},
	}
	// The configuration was validated when it was parsed.
	l.PerIPOverrides, _ = cfg.MaxConnectionsPerIPOverrides()
	if l.MaxConnectionsPerIP == 0 {
		// It is set, so the addresses of the overrides alone may come.
		l.MaxConnectionsPerIP = -1
	}
	for _, at := range cfg.Listeners() {
		var own network.ListenerLimits
		own.MaxConnections, _ = cfg.ListenerInt(at.Name, "max.connections")
		own.MaxCreationRate, _ = cfg.ListenerInt(at.Name, "max.connection.creation.rate")
		l.Listeners[at.Name] = own
	}
	return l
}

// advertised is what clients are told: host and port of each listener, ports that the system picked filled in.
func (n *Node) advertised() []metadata.Endpoint {
	var out []metadata.Endpoint
	for _, l := range n.opts.Config.AdvertisedListeners() {
		if l.Controller {
			continue
		}
		out = append(out, n.endpoint(l))
	}
	return out
}

func (n *Node) endpoint(l config.Listener) metadata.Endpoint {
	host, port := l.Host, l.Port
	if b := n.bound[l.Name]; b != nil && port == 0 {
		port = b.Port
	}
	if host == "" {
		host, _ = os.Hostname()
		if host == "" {
			host = "localhost"
		}
	}
	return metadata.Endpoint{Name: l.Name, Host: host, Port: uint16(port), SecurityProtocol: l.Protocol.Code()}
}

// controllerEndpoints are this node's controller listeners, or its first listener when it names none.
func (n *Node) controllerEndpoints() []metadata.Endpoint {
	var out []metadata.Endpoint
	for _, l := range n.opts.Config.Listeners() {
		if l.Controller {
			e := n.endpoint(l)
			if l.Host == "" {
				e.Host = "localhost"
			}
			out = append(out, e)
		}
	}
	return out
}

// BoundAddr is the address that a listener's socket is bound to, empty when there is no such listener.
func (n *Node) BoundAddr(listener string) string {
	if b := n.bound[listener]; b != nil {
		return b.String()
	}
	return ""
}

// Addr is the address that a listener hands out to clients, the first one for an empty name. It is empty when there is
// no such listener.
func (n *Node) Addr(listener string) string {
	for _, e := range n.advertised() {
		if listener == "" || e.Name == listener {
			return net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
		}
	}
	return ""
}
