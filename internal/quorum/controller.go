package quorum

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Controller is one member of the quorum: it keeps the metadata log, publishes what is committed, and answers the
// controller's requests while it leads. All methods are safe for concurrent use and none of them waits.
type Controller struct {
	engine *engine
	core   *controller.Core
	now    func() time.Time

	image  atomic.Pointer[metadata.Image]
	status atomic.Pointer[Status]
	stats  Stats

	mu     sync.Mutex
	queue  []op // waiting to be taken by the engine
	closed bool
	// wake has room for one: a token in it tells the driver that the queue is not empty.
	wake chan struct{}

	started bool
	stop    chan struct{}
	stopped chan struct{}
	jobs    sync.WaitGroup // snapshots being written
}

// op is one thing for the engine to do.
type op struct {
	// internal, when set, is run on the engine's goroutine, whether it leads or not; nothing else of the op is used.
	internal func(*engine)

	deadline time.Time
	// queued is when the op was handed in.
	queued time.Time
	// decide returns the records to write; the response is kept until finish.
	decide func(controller.Env) []controller.Record
	// finish answers: with the response that decide left when err is none, else with that error.
	finish func(err protocol.Error)
}

func submit[R any](c *Controller, deadline time.Time, done func(R), decide func(controller.Env) ([]controller.Record, R), failed func(protocol.Error) R) {
	var response R
	c.enqueue(op{
		deadline: deadline,
		decide: func(e controller.Env) (records []controller.Record) {
			records, response = decide(e)
			return records
		},
		finish: func(err protocol.Error) {
			if err != protocol.ErrNone {
				response = failed(err)
			}
			done(response)
		},
	})
}

// enqueue hands an op to the engine. After Close it is failed at once.
func (c *Controller) enqueue(o op) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		if o.finish != nil {
			o.finish(protocol.ErrNotController)
		}
		return
	}
	o.queued = c.now()
	c.queue = append(c.queue, o)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
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
