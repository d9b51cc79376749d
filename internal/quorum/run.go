package quorum

import (
	"errors"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// Start begins the engine's steps. It is called once.
func (c *Controller) Start() {
	c.mu.Lock()
	c.started = true
	c.mu.Unlock()
	c.loop.Wake()
}

// roundsMax bounds how often a step takes the queue, so that a stream of requests cannot keep the
// clock from being read.
const roundsMax = 8

// step performs all input that has arrived, then looks at the clock. It returns the time until the
// next tick.
func (c *Controller) step() time.Duration {
	began := c.host.Elapsed()
	e := c.engine
	e.begin()
	for range roundsMax {
		ops := c.take()
		if len(ops) == 0 {
			break
		}
		e.step(ops)
	}
	now := c.host.Elapsed()
	if now >= e.nextTick || now >= e.node.Deadline() {
		e.tick()
		e.nextTick = now + e.interval()
	}
	e.nextTick = min(e.nextTick, now+e.interval())
	if job := e.snapshots.takeJob(); job != nil {
		c.jobs.Go(func() { c.enqueue(op{internal: job()}) })
	}
	c.stats.work(began, c.host.Elapsed())
	next := min(e.nextTick, max(e.node.Deadline(), now))
	return max(next-c.host.Elapsed(), 0)
}

// Leave begins a clean stop of this node's part of the quorum: a leader asks its successors to
// stand, and the node does not lead any more. done is called once, inside a step, when the other
// voters know, or in Close. After Close it is not called.
func (c *Controller) Leave(done func()) {
	c.enqueue(op{internal: func(e *engine) {
		e.left = append(e.left, done)
		e.feed(kraft.Shutdown{})
	}})
}

// Close ends the steps and closes the log. Open requests fail with NOT_CONTROLLER. It waits for a
// step and for a snapshot that are under way.
func (c *Controller) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	c.loop.Close()
	c.jobs.Wait()
	e := c.engine
	for _, o := range c.take() {
		o.drop()
	}
	failure := e.failure
	e.failure = errors.Join(failure, errStopped)
	e.leading, e.lead = false, -1
	e.resign()
	e.dismiss()
	e.leave()
	e.report()
	return e.store.log.Close(failure == nil)
}
