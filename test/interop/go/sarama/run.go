package main

import (
	"context"

	"github.com/IBM/sarama"

	"github.com/gregorhq/gregor/test/interop/go/drv"
)

// session is a member of the group until ctx ends. It emits one record at a time while more returns
// true.
func (c client) session(ctx context.Context, group, topic string, emit func(drv.Rec), more func() bool) error {
	g, err := sarama.NewConsumerGroup(c.brokers, group, config())
	if err != nil {
		return err
	}
	defer g.Close()
	messages, ended := make(chan message), make(chan error, 1)
	inner, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for inner.Err() == nil {
			if err := g.Consume(inner, []string{topic}, handler{messages}); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for {
		select {
		case m := <-messages:
			emit(rec(m.ConsumerMessage))
			close(m.done)
		case err := <-ended:
			return err
		case <-ctx.Done():
			cancel()
			return <-ended
		}
		if !more() {
			cancel()
			return <-ended
		}
	}
}
