package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// TestSender writes records of all sizes to a topic with a low limit of a batch, and to one whose
// limit falls meanwhile. Each record that fits is stored once; each that does not fit fails. In a
// partition the records are in their order.
func TestSender(t *testing.T) {
	t.Parallel()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	for i, props := range []string{"", "acks=1", "batch.size=100000 linger.ms=20", "batch.size=0", "compression.type=lz4"} {
		for _, falling := range []bool{false, true} {
			topic := fmt.Sprintf("topic-%d-%t", i, falling)
			lower := newLimited(t, b.Addr(), topic)
			if !falling {
				lower("5000")
				lower = func(string) {}
			}
			env := &tool.Env{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
			s, err := client.NewSender(env, client.Options{Bootstrap: b.Addr(), Props: client.ParsePairs(strings.Fields(props))})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			stored, refused := sendAll(t, s, topic, lower)
			for i := range refused {
				if i%1000 != 999 {
					t.Errorf("%q: record %d, which fits, was refused", props, i)
				}
			}
			checkStored(t, b.Addr(), topic, stored, refused)
		}
	}
}

// newLimited creates a topic and returns a function that sets its max.message.bytes.
func newLimited(t *testing.T, addr, topic string) func(limit string) {
	admin, err := client.New(&tool.Env{Stderr: io.Discard}, client.Options{Bootstrap: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	create := kmsg.NewPtrCreateTopicsRequest()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic, 3, 1
	create.Topics = append(create.Topics, rt)
	if _, err := client.Ask(t.Context(), admin, create); err != nil {
		t.Fatal(err)
	}
	return func(limit string) {
		set := map[string]string{"max.message.bytes": limit}
		if err := client.AlterConfigs(t.Context(), admin, kmsg.ConfigResourceTypeTopic, topic, set, nil); err != nil {
			t.Error(err)
		}
	}
}

// sendAll sends numbered records, and lowers the limit meanwhile. It returns how many were stored,
// and the numbers of the others.
func sendAll(t *testing.T, s *client.Sender, topic string, lower func(string)) (stored int, refused map[int]bool) {
	var mu sync.Mutex
	refused = map[int]bool{}
	const records = 6000
	for i := range records {
		switch i {
		case records / 3:
			lower("30000")
		case records / 2:
			lower("5000")
		}
		size := 10 + i%97
		if i%100 == 0 {
			size = 4000
		}
		if i%1000 == 999 {
			size = 40_000
		}
		value := append([]byte(fmt.Sprintf("%08d ", i)), bytes.Repeat([]byte{byte(i)}, size)...)
		s.Produce(t.Context(), &kgo.Record{Topic: topic, Key: []byte{byte(i % 7)}, Value: value}, func(_ *kgo.Record, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refused[i] = true
			} else {
				stored++
			}
		})
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.Unacknowledged(); n != 0 || stored+len(refused) != records {
		t.Fatalf("%d records stored, %d refused, %d without a result; want %d", stored, len(refused), n, records)
	}
	return stored, refused
}

// checkStored reads a topic to its end: it holds each record that was not refused once, and the
// records of a key in their order.
func checkStored(t *testing.T, addr, topic string, stored int, refused map[int]bool) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	last, seen := map[byte]int{}, map[int]bool{}
	for n := 0; n < stored; {
		f := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%s: %d of %d records read", topic, n, stored)
		}
		f.EachRecord(func(r *kgo.Record) {
			n++
			i, err := strconv.Atoi(string(r.Value[:8]))
			if err != nil {
				t.Fatal(err)
			}
			if at, ok := last[r.Key[0]]; ok && i <= at {
				t.Errorf("%s: record %d came after record %d of its key", topic, i, at)
			}
			if refused[i] || seen[i] {
				t.Errorf("%s: record %d was refused: %t, was stored before: %t", topic, i, refused[i], seen[i])
			}
			last[r.Key[0]], seen[i] = i, true
		})
	}
}
