package broker

import (
	"context"
	"sync"
	"time"
)

// drivers are the node's goroutines.
type drivers struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (d *drivers) start(n *Node) {
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	for _, f := range []func(context.Context){n.groups.Run, n.runPublisher, n.runHeartbeats, n.runTicks} {
		d.wg.Add(1)
		go func() {
			defer d.wg.Done()
			f(ctx)
		}()
	}
}

func (d *drivers) halt() {
	if d.cancel != nil {
		d.cancel()
		d.wg.Wait()
	}
}

// runPublisher brings the node to each committed image, in order.
func (n *Node) runPublisher(ctx context.Context) {
	var left []publication
	defer func() { n.publications.close(left) }()
	for {
		select {
		case <-n.publications.wake:
		case <-ctx.Done():
			return
		}
		left = n.publications.take()
		for len(left) > 0 {
			p := left[0]
			left = left[1:]
			if p.then != nil {
				p.then()
				continue
			}
			if err := n.publish(p); err != nil {
				n.fail(err)
				return
			}
			n.registration.nudge()
		}
	}
}

const startHeartbeatInterval = 20 * time.Millisecond

// runHeartbeats keeps the broker's registration alive.
func (n *Node) runHeartbeats(ctx context.Context) {
	every := time.Duration(n.opts.Config.Int64("broker.heartbeat.interval.ms")) * time.Millisecond
	// Until the broker serves, a request that was refused (the controller may not be elected yet) is sent again soon.
	t := time.NewTicker(min(every, startHeartbeatInterval))
	defer t.Stop()
	for starting := true; ; {
		select {
		case <-n.registration.wake:
		case <-t.C:
		case <-ctx.Done():
			return
		}
		n.heartbeat()
		if starting && isClosed(n.ready) {
			starting = false
			t.Reset(every)
		}
	}
}

// tickInterval is how often periodic work looks at the clock; what is due when is decided by the engines.
const tickInterval = 500 * time.Millisecond

// runTicks lets time pass for the engines that have no timers of their own.
func (n *Node) runTicks(ctx context.Context) {
	t := time.NewTicker(tickInterval)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			select {
			case <-n.ready:
				n.logs.Tick(now.UnixMilli())
				n.replicas.Tick(n.elapsedMs())
			default:
			}
		case <-ctx.Done():
			return
		}
	}
}

// serveAdmin runs the HTTP server of the admin listener until it is closed.
func (a *adminServer) serve() {
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		// Serve always ends with an error: that the listener was closed.
		_ = a.http.Serve(a.listener)
	}()
}
