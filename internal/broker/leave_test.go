package broker

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// timedHost notes the delays of its timers and runs nothing.
type timedHost struct {
	host.Host
	delays []time.Duration
}

func (h *timedHost) AfterFunc(d time.Duration, _ func()) host.Timer {
	h.delays = append(h.delays, d)
	return nil
}

// deafChannel is a controller that does not answer.
type deafChannel struct{ requests int }

func (c *deafChannel) Call(controller.Request, protocol.Message, func(protocol.Message)) {
	c.requests++
}

// A broker that waits for its controlled shutdown sends its second heartbeat at once and then one
// every 50 ms. It does not load the controller that moves its leaders.
func TestHeartbeatsOfAControlledShutdownPause(t *testing.T) {
	h := &timedHost{Host: host.Real()}
	n := &Node{host: h, controller: &deafChannel{}, id: 1, done: make(chan struct{})}
	nudges := 0
	n.registration.wake = func() { nudges++ }
	n.registration.unfenced.Store(true)
	n.registration.leaving.Store(true)
	for range 4 {
		n.registration.begin()
		n.heard(&protocol.BrokerHeartbeatResponse{IsCaughtUp: true})
	}
	if nudges != 1 || len(h.delays) != 3 || h.delays[0] != leavePause {
		t.Errorf("%d heartbeats at once, %v later", nudges, h.delays)
	}
}
