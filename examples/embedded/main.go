// Command embedded runs a broker inside a program: it starts a broker in memory, produces and
// consumes over a socket with an ordinary client, and stops the broker.
//
//	go run ./examples/embedded
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	began := time.Now()
	b, err := gregor.Start(ctx, gregor.Config{
		InMemory: true, // or Dir: "data"; without both, a temporary directory that Shutdown removes
		Properties: map[string]string{ // any key of server.properties
			"num.partitions": "3",
		},
	})
	if err != nil {
		return err
	}
	defer func() { _ = b.Shutdown(context.Background()) }()
	fmt.Printf("a broker at %s after %v\n", b.Addr(), time.Since(began).Round(time.Millisecond))

	client, err := kgo.NewClient(
		kgo.SeedBrokers(b.Addr()), kgo.AllowAutoTopicCreation(),
		kgo.ConsumerGroup("readers"), kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for i := range 5 {
		r := &kgo.Record{Topic: "orders", Key: fmt.Appendf(nil, "customer-%d", i%2), Value: fmt.Appendf(nil, "order %d", i)}
		if err := client.ProduceSync(ctx, r).FirstErr(); err != nil {
			return err
		}
	}
	for seen := 0; seen < 5; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			fmt.Printf("partition %d, offset %d: %s = %s\n", r.Partition, r.Offset, r.Key, r.Value)
			seen++
		})
	}
	return client.CommitUncommittedOffsets(ctx)
}
