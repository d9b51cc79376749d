package gregor_test

import (
	"context"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

func Example() {
	ctx := context.Background()
	b, err := gregor.Start(ctx, gregor.Config{InMemory: true})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = b.Shutdown(ctx) }()

	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.AllowAutoTopicCreation(), kgo.ConsumeTopics("greetings"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, &kgo.Record{Topic: "greetings", Value: []byte("hello")}).FirstErr(); err != nil {
		log.Fatal(err)
	}
	for _, r := range client.PollFetches(ctx).Records() {
		fmt.Println(string(r.Value))
	}
	// Output: hello
}
