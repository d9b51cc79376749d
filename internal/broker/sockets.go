package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/network"
)

// sockets is the front end of a process: Kafka listeners, and the HTTP server of admin.listener.
type sockets struct {
	n     *Node
	net   *network.Server
	bound map[string]*net.TCPAddr
	admin *adminServer
	names *hostNames
}

func newSockets(n *Node) *sockets {
	return &sockets{n: n, bound: map[string]*net.TCPAddr{}, names: newHostNames()}
}

// Bind implements FrontEnd. Controller listeners serve the APIs of a controller only.
func (s *sockets) Bind() error {
	n, cfg := s.n, s.n.opts.Config
	if err := s.names.resolve(overrideHosts(n.config.Values().MaxConnectionsPerIPOverrides())); err != nil {
		return err
	}
	o := n.networkOptions(cfg)
	o.Limits = s.limits(n.config.Values())
	s.net = network.NewServer(network.HandlerFunc(n.handle), o)
	clients := 0 // listeners that are not the controller's, advertised or not
	for _, l := range cfg.Listeners() {
		if !l.Controller {
			clients++
		}
	}
	for _, l := range cfg.Listeners() {
		if l.Protocol != config.Plaintext {
			return fmt.Errorf("listener %s: security protocol %s is not served by this version of gregor, PLAINTEXT is", l.Name, l.Protocol)
		}
		nl := &network.Listener{Name: l.Name, Protocol: string(l.Protocol), Tag: n.metrics.listener(l.Name), Controller: l.Controller,
			Protected: l.Name == cfg.InterBrokerListener() && clients > 1}
		if err := s.net.Bind(nl, l.Address()); err != nil {
			return cannotListen(l, err)
		}
		s.bound[l.Name] = nl.Addr().(*net.TCPAddr)
	}
	s.registerMetrics()
	return s.listenAdmin()
}

func cannotListen(l config.Listener, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: the address is already in use, most likely by another broker", l)
	}
	return fmt.Errorf("cannot listen on %s: %w", l, err)
}

// CheckAddresses returns the error of Start for an address that cannot be listened on, such as one
// that another broker uses.
func CheckAddresses(cfg *config.Broker) error {
	check := func(address string) error {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		return l.Close()
	}
	for _, l := range cfg.Listeners() {
		if err := check(l.Address()); err != nil {
			return cannotListen(l, err)
		}
	}
	if addr := cfg.String("admin.listener"); addr != "" {
		if err := check(addr); err != nil {
			return fmt.Errorf("admin.listener: %w", err)
		}
	}
	return nil
}

// Bound implements FrontEnd.
func (s *sockets) Bound(listener string) (Address, bool) {
	b := s.bound[listener]
	if b == nil {
		return Address{}, false
	}
	return Address{IP: b.IP.String(), Port: b.Port}, true
}

// ServeControllers implements FrontEnd.
func (s *sockets) ServeControllers() { s.net.ServeControllers() }

// Serve implements FrontEnd.
func (s *sockets) Serve() { s.net.Serve() }

// SetLimits implements FrontEnd. It looks up new names in max.connections.per.ip.overrides later,
// so that no metadata change waits for a name server.
func (s *sockets) SetLimits(current *config.Values) {
	s.net.SetLimits(s.limits(current))
	hosts := overrideHosts(current.MaxConnectionsPerIPOverrides())
	if !slices.ContainsFunc(hosts, func(h string) bool { _, known := s.names.addresses(h); return !known }) {
		return
	}
	s.n.host.Go(func() {
		if err := s.names.resolve(hosts); err != nil {
			s.n.log.Warn("dynamic configuration", "warning", err.Error())
		}
		s.net.SetLimits(s.limits(s.n.config.Values()))
	})
}

func (s *sockets) limits(current *config.Values) network.Limits {
	return connectionLimits(current, s.n.opts.Config.Listeners(), s.names)
}

// CloseListeners implements FrontEnd.
func (s *sockets) CloseListeners() {
	if s.net != nil {
		s.net.CloseListeners()
	}
}

// Stop implements FrontEnd.
func (s *sockets) Stop(ctx context.Context, stopped func()) {
	if s.net == nil {
		stopped()
		return
	}
	s.stopSoon(ctx, stopped)
}

// handle passes a request from a socket to the APIs.
func (n *Node) handle(x *network.Exchange) {
	c := x.Conn()
	registry := n.registry
	if n.isController(c.Listener().Name) {
		registry = n.controllerRegistry
		n.noteHeartbeat(x)
	}
	registry.Serve(handlers.Request{Header: x.Header, Body: x.Body, Received: x.Received, ClientHost: c.RemoteHost(),
		Listener: c.Listener().Name, Privileged: n.betweenNodes(c.Listener().Name)}, x)
}

// betweenNodes reports whether brokers and controllers use a listener for each other.
func (n *Node) betweenNodes(listener string) bool {
	return listener == n.opts.Config.InterBrokerListener() || n.isController(listener)
}

// otherFiles is the number of descriptors that the node needs beside those of its logs: reads in
// progress, indexes and checkpoints during a write, sockets of its own.
const otherFiles = 512

func (n *Node) networkOptions(cfg *config.Broker) network.Options {
	o := network.Options{
		MaxRequestBytes:  cfg.Int("socket.request.max.bytes"),
		MaxBytesInFlight: cfg.Int64("queued.max.request.bytes"),
		MaxIdle:          time.Duration(cfg.Int64("connections.max.idle.ms")) * time.Millisecond,
		Logger:           n.opts.logger("network"),
		Clock:            n.host,
		ReservedFiles:    logmanager.ConfigFrom(n.config.Values()).MaxOpenFiles + otherFiles,
	}
	// When the setting is absent, the kernel's own sizing is better than Kafka's fixed 100 KiB.
	if cfg.IsSet("socket.send.buffer.bytes") {
		o.SendBuffer = cfg.Int("socket.send.buffer.bytes")
	}
	if cfg.IsSet("socket.receive.buffer.bytes") {
		o.ReceiveBuffer = cfg.Int("socket.receive.buffer.bytes")
	}
	if n.metrics != nil {
		o.Observer = n.metrics
	}
	return o
}
