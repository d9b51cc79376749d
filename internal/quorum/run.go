package quorum

import (
	"errors"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Start starts the driver: one goroutine that takes requests and ticks. It is called once.
func (c *Controller) Start() {
	c.started = true
	go c.run()
}

func (c *Controller) run() {
	defer close(c.stopped)
	every := tickInterval
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	c.begin(c.now())
	for {
		select {
		case <-c.wake:
			began := c.now()
			c.process(began)
			c.stats.work(began, c.now())
		case <-ticker.C:
			began := c.now()
			c.engine.tick(began)
			c.stats.work(began, c.now())
		case <-c.stop:
			return
		}
		if job := c.engine.snapshots.takeJob(); job != nil {
			c.jobs.Go(func() { c.enqueue(op{internal: job()}) })
		}
		if next := c.engine.interval(); next != every {
			every = next
			ticker.Reset(every)
		}
	}
}

// begin, process and the engine's tick are what a driver calls; a simulator may be another driver.

func (c *Controller) begin(now time.Time) {
	c.engine.now = now
	c.engine.campaign()
	c.engine.step(now, nil)
}

// process performs everything that has been queued: one write and one sync for all of it.
func (c *Controller) process(now time.Time) { c.engine.step(now, c.take()) }

// Close stops the driver and closes the log. Requests not answered yet are answered NOT_CONTROLLER. It waits for the
// driver to end.
func (c *Controller) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	if c.started {
		close(c.stop)
		<-c.stopped
	}
	c.jobs.Wait()
	for _, o := range c.take() {
		if o.finish != nil {
			o.finish(protocol.ErrNotController)
		}
	}
	e := c.engine
	failure := e.failure
	e.failure = errors.Join(failure, errStopped)
	e.leading, e.lead = false, -1
	e.resign()
	e.report()
	return e.store.log.Close(failure == nil)
}
