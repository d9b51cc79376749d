package quorum

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Controller is one member of the quorum: it keeps the metadata log, publishes committed changes,
// and answers the controller's requests while it leads. All methods are safe for concurrent use.
// None of them waits, except Close.
type Controller struct {
	engine *engine
	host   host.Host
	// loop runs the engine's steps, jobs writes snapshots beside them.
	loop *host.Loop
	jobs *host.Group

	image  atomic.Pointer[metadata.Image]
	status atomic.Pointer[Status]
	stats  Stats

	mu     sync.Mutex
	queue  []op // for the engine's next step
	closed bool
	// started: Start was called, so that input begins a step.
	started bool
}

// op is one input of the engine: a function of the engine's own, or a request.
type op struct {
	// internal, when set, runs inside a step, whether this node leads or not.
	internal func(*engine)

	// dropped, when set, runs instead of internal after Close.
	dropped func()

	command *controller.Command
	// deadline and queued are times of host.Elapsed.
	deadline, queued time.Duration
}

// enqueue hands an op to the engine. After Close it fails at once.
func (c *Controller) enqueue(o op) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		o.drop()
		return
	}
	o.queued = c.host.Elapsed()
	c.queue = append(c.queue, o)
	started := c.started
	c.mu.Unlock()
	if started {
		c.loop.Wake()
	}
}

// drop fails an op that no step performs.
func (o *op) drop() {
	switch {
	case o.command != nil:
		o.command.Finish(protocol.ErrNotController)
	case o.dropped != nil:
		o.dropped()
	}
}

// take empties the queue.
func (c *Controller) take() []op {
	c.mu.Lock()
	defer c.mu.Unlock()
	ops := c.queue
	c.queue = nil
	return ops
}
