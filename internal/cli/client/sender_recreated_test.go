package client

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// The topic is deleted and created again while a producer writes to it. No later record is lost,
// and the records keep their order.
func TestSenderWritesToARecreatedTopic(t *testing.T) {
	t.Parallel()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Topics: []gregor.Topic{{Name: "t", Partitions: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	admin := kadm.NewClient(reader)
	env := &tool.Env{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	s, err := NewSender(env, Options{Bootstrap: b.Addr(), Props: Props{"batch.size": "100"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for round := range 3 {
		var want []string
		for i := range 50 {
			value := fmt.Sprintf("%d-%d", round, i)
			want = append(want, value)
			s.Produce(ctx, &kgo.Record{Topic: "t", Value: []byte(value)}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Errorf("record %s: %v", value, err)
				}
			})
		}
		if err := s.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if n := s.Unacknowledged(); n != 0 {
			t.Errorf("%d records have no result", n)
		}
		if got := valuesOf(ctx, t, b.Addr()); !slices.Equal(got, want) {
			t.Errorf("round %d: the topic holds %q", round, got)
		}
		if _, err := admin.DeleteTopic(ctx, "t"); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.CreateTopic(ctx, 1, 1, nil, "t"); err != nil {
			t.Fatal(err)
		}
	}
}

// valuesOf reads the 50 records of the topic.
func valuesOf(ctx context.Context, t *testing.T, addr string) (values []string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for len(values) < 50 {
		f := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("the topic holds only %q", values)
		}
		f.EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	return values
}
