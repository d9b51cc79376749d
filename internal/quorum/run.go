package quorum

import (
	"errors"
	"time"
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
	for _, o := range c.take() {
		o.drop()
	}
	e := c.engine
	failure := e.failure
	e.failure = errors.Join(failure, errStopped)
	e.leading, e.lead = false, -1
	e.resign()
	e.dismiss()
	e.report()
	return e.store.log.Close(failure == nil)
}
