package node_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
)

// After the answer to a creation every client finds the topic with its next request, also on
// another connection. After the answer to a deletion no client finds it. librdkafka, franz-go,
// sarama and kafka-python do ask this early.
func TestAnswersComeAfterTheirEffect(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	one, other := kadm.NewClient(client(t, b)), client(t, b)
	// kadm answers from its client's cache. This request asks the broker.
	partitions := func(topic string) int {
		m, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, other)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range m.Topics {
			if *found.Topic == topic {
				return len(found.Partitions)
			}
		}
		return 0
	}
	for i := range 50 {
		topic := fmt.Sprintf("topic-%d", i)
		if _, err := one.CreateTopic(ctx, 3, 1, nil, topic); err != nil {
			t.Fatal(err)
		}
		if n := partitions(topic); n != 3 {
			t.Fatalf("after it was created, %s is listed with %d partitions", topic, n)
		}
		if i%2 == 0 {
			continue
		}
		if _, err := one.DeleteTopic(ctx, topic); err != nil {
			t.Fatal(err)
		}
		if n := partitions(topic); n != 0 {
			t.Fatalf("after it was deleted, %s is listed with %d partitions", topic, n)
		}
	}
}
