package client

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Poll waits for up to n records until ctx ends; n = 0 means no limit. As in Java's consumer, the
// records before this call count as handled: only meanwhile partitions go to other members.
//
// The library answers a revocation before it returns, and commits then. Where no coordinator takes
// that commit, Poll returns leaveTime after the end of ctx, and the client is closed.
func (c *Consumer) Poll(ctx context.Context, n int) kgo.Fetches {
	returned := make(chan struct{})
	defer close(returned)
	defer context.AfterFunc(ctx, func() {
		select {
		case <-returned:
		case <-time.After(leaveTime):
			c.end()
		}
	})()
	return c.poll(ctx, n)
}

// PollFor is Poll that returns after a time although ctx has not ended.
func (c *Consumer) PollFor(ctx context.Context, wait time.Duration, n int) kgo.Fetches {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return c.poll(ctx, n)
}

func (c *Consumer) poll(ctx context.Context, n int) kgo.Fetches {
	c.AllowRebalance()
	c.revive(ctx)
	f := c.PollRecords(ctx, n)
	c.suspect(f)
	return f
}
