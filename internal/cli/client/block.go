package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Blocking waits, for max.block.ms at most, until the cluster answers before a producer takes a
// record. The library would take records for a cluster that it has never seen, and keep them.
type Blocking struct {
	cl       *Client
	patience time.Duration
	// seen means that the cluster has answered about the topic. From then on the library handles
	// errors.
	seen bool
}

// NewBlocking waits as long as the producer's properties say.
func NewBlocking(cl *Client, p Props) *Blocking {
	return &Blocking{cl: cl, patience: p.Millis("max.block.ms", time.Minute)}
}

// NativeBlock is max.block.ms of gregor's own form.
var NativeBlock = strconv.FormatInt(nativeTime.Milliseconds(), 10)

// Topic waits until the cluster has answered about a topic. The error is Java's, or that of ctx.
func (b *Blocking) Topic(ctx context.Context, topic string) error {
	if b.seen {
		return nil
	}
	err := b.until(ctx, func(ctx context.Context) error {
		_, err := Metadata(ctx, b.cl, []string{topic})
		return err
	})
	if errors.Is(err, errPatience) {
		return &noBroker{kafka: fmt.Sprintf("Topic %s not present in metadata after %d ms.", topic, b.patience.Milliseconds()), waited: b.patience}
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
		return &noBroker{kafka: fmt.Sprintf("Timeout expired after %dms while awaiting InitProducerId", b.patience.Milliseconds()), waited: b.patience}
	case err == nil && !serves:
		return fmt.Errorf("this cluster serves no transactions (transactional.id=%s)", id)
	}
	return err
}

var errPatience = errors.New("max.block.ms is over")

// retryPause is the time between two tries: the default of retry.backoff.ms.
const retryPause = 100 * time.Millisecond

// until asks until there is an answer. It returns ctx's error when ctx ends, and errPatience after
// max.block.ms.
func (b *Blocking) until(ctx context.Context, ask func(context.Context) error) error {
	wait, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	for {
		if err := ask(wait); err == nil || NotBroker(err) {
			return err
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
