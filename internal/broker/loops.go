package broker

import (
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// publishAll publishes each committed image, in order. It is the step of the publisher.
func (n *Node) publishAll() time.Duration {
	for _, p := range n.publications.take() {
		if p.then != nil {
			p.then()
			continue
		}
		if n.Err() != nil {
			n.showImage(p)
			continue
		}
		if err := n.publish(p); err != nil {
			n.fail(err)
			continue
		}
		n.registration.nudge()
	}
	return host.Forever
}

// startHeartbeatInterval is the pause between requests until the broker serves. The first request
// may precede the controller's election, and the controller then refuses it. The pauses between
// failed registrations grow to registerBackoffMax.
const (
	startHeartbeatInterval = 20 * time.Millisecond
	registerBackoffMax     = 500 * time.Millisecond
)

// startAttempts is the number of failed registrations after which the pause doubles.
const startAttempts = 25

// beat keeps the broker's registration alive.
func (n *Node) beat() time.Duration {
	n.checkRegistration()
	n.heartbeat()
	every := time.Duration(n.opts.Config.Int64("broker.heartbeat.interval.ms")) * time.Millisecond
	if !isClosed(n.ready) {
		failures := min(n.registration.failures.Load()/startAttempts, 16)
		return min(every, startHeartbeatInterval<<failures, registerBackoffMax)
	}
	return every
}

// tick passes the time to the engines without timers of their own.
func (n *Node) tick() time.Duration {
	if isClosed(n.ready) {
		n.logs.Tick(n.nowMs())
		n.replicas.Tick(n.elapsedMs())
	}
	return tickInterval
}
