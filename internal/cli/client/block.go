package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Blocking is what a producer waits for before it takes a record, for max.block.ms at most. The library would take records
// for a cluster that it has never seen, and keep them.
type Blocking struct {
	cl       *Client
	patience time.Duration
	// seen: the cluster has answered about the topic, whatever it is; from there on the library knows what to do.
	seen bool
}

// NewBlocking makes it of the producer's properties.
func NewBlocking(cl *Client, p Props) *Blocking {
	return &Blocking{cl: cl, patience: p.Millis("max.block.ms", time.Minute)}
}

// Topic waits until the cluster has answered about a topic. Without it the error is Java's, each time it is asked; when ctx
// ends it is ctx's.
func (b *Blocking) Topic(ctx context.Context, topic string) error {
	if b.seen {
		return nil
	}
	err := b.until(ctx, func(ctx context.Context) error {
		_, err := Metadata(ctx, b.cl, []string{topic})
		return err
	})
	if errors.Is(err, errPatience) {
		return &Error{Code: protocol.ErrRequestTimedOut, Text: fmt.Sprintf("Topic %s not present in metadata after %d ms.", topic, b.patience.Milliseconds())}
	}
	b.seen = err == nil
	return err
}

// Transactions refuses a transactional.id where the cluster has no transactions.
func (b *Blocking) Transactions(ctx context.Context, p Props) error {
	id := p["transactional.id"]
	if id == "" {
		return nil
	}
	var serves bool
	err := b.until(ctx, func(ctx context.Context) (err error) {
		serves, err = Supports(ctx, b.cl, int16(kmsg.EndTxn))
		return err
	})
	switch {
	case errors.Is(err, errPatience):
		return fmt.Errorf("Timeout expired after %dms while awaiting InitProducerId", b.patience.Milliseconds())
	case err == nil && !serves:
		return fmt.Errorf("this cluster serves no transactions (transactional.id=%s)", id)
	}
	return err
}

var errPatience = errors.New("max.block.ms is over")

// retryPause is between two tries, as retry.backoff.ms of Java's producer is by default.
const retryPause = 100 * time.Millisecond

// until asks until there is an answer, until ctx ends, whose error it is then, or until max.block.ms is over.
func (b *Blocking) until(ctx context.Context, ask func(context.Context) error) error {
	wait, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	for {
		if ask(wait) == nil {
			return nil
		}
		select {
		case <-time.After(retryPause):
		case <-wait.Done():
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case wait.Err() != nil:
			return errPatience
		}
	}
}
