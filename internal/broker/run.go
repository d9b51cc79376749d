package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Start starts a node and returns when it serves. When the start fails, or ctx ends first, Start
// stops everything again.
func Start(ctx context.Context, o Options) (*Node, error) {
	n := New(o)
	begun := make(chan error, 1)
	n.Begin(func(err error) { begun <- err })
	var err error
	select {
	case err = <-begun:
	case <-ctx.Done():
		err = fmt.Errorf("stopped while starting: %w", context.Cause(ctx))
	}
	if err != nil {
		n.stop(context.WithoutCancel(ctx))
		return nil, err
	}
	return n, nil
}

// Stop shuts the node down in order and returns when it is down. It answers pending requests until
// ctx ends. The error is the reason why the node had stopped by itself before.
func (n *Node) Stop(ctx context.Context) error {
	n.stop(ctx)
	if err := n.Err(); !errors.Is(err, ErrStopped) && !errors.Is(err, ErrKilled) {
		return err
	}
	return nil
}

// Kill stops the node as the end of its process would, and returns when it is down.
func (n *Node) Kill() {
	stopped := make(chan struct{})
	n.BeginKill(func() { close(stopped) })
	<-stopped
}

func (n *Node) stop(ctx context.Context) {
	stopped := make(chan struct{})
	n.BeginStop(func() { close(stopped) })
	select {
	case <-stopped:
	case <-ctx.Done():
		n.Hurry()
		<-stopped
	}
}

// stopSoon runs Stop of the socket server, which waits for connections, on a goroutine.
func (s *sockets) stopSoon(ctx context.Context, stopped func()) {
	go func() {
		s.net.Stop(ctx)
		s.closeAdmin()
		stopped()
	}()
}

// serve runs the HTTP server of the admin listener until it is closed.
func (a *adminServer) serve() {
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		// Serve always returns an error: the listener was closed.
		_ = a.http.Serve(a.listener)
	}()
}

// stop closes the HTTP server and returns when serve has ended.
func (a *adminServer) stop() {
	_ = a.http.Close()
	a.wg.Wait()
}

// lookupTimeout bounds the lookup of one name.
const lookupTimeout = 10 * time.Second

// lookupHost asks the operating system for the addresses of a name.
func lookupHost(host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// tickInterval is the interval of periodic work. The engines decide which work is due.
const tickInterval = 500 * time.Millisecond
