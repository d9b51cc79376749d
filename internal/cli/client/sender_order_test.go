package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// slowContext holds a record back between the moment in which the gate lets it into a new batch and
// the moment in which the library puts it there, until a batch was refused.
type slowContext struct {
	context.Context
	lane  *lane
	calls int
	held  bool
}

func (c *slowContext) Value(key any) any {
	if key == (pinned{}) {
		if c.calls++; c.calls == 3 { // the library has asked for a partition before the new batch
			for end := time.Now().Add(20 * time.Second); !c.lane.refused.Load() && time.Now().Before(end); {
				c.held = true
			}
		}
	}
	return c.Context.Value(key)
}

// max.message.bytes is lowered, and a batch is refused in the instant in which a record is handed
// over. The record does not overtake the records of the batch.
func TestNoRecordOvertakesARefusedBatch(t *testing.T) {
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Topics: []gregor.Topic{{Name: "t", Partitions: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	stored := 0
	for i, props := range []string{"", "", "acks=1", "enable.idempotence=false"} {
		ctx := t.Context()
		if i > 0 {
			ctx = context.Background() // never done
		}
		env := &tool.Env{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
		s, err := NewSender(env, Options{Bootstrap: b.Addr(), Props: ParsePairs(strings.Fields("batch.size=5000 linger.ms=300 " + props))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		limit := func(n string) {
			if err := AlterConfigs(t.Context(), s.Client, kmsg.ConfigResourceTypeTopic, "t", map[string]string{"max.message.bytes": n}, nil); err != nil {
				t.Fatal(err)
			}
		}
		limit("100000")
		produce := func(ctx context.Context, n int) {
			s.Produce(ctx, &kgo.Record{Topic: "t", Value: fmt.Appendf(nil, "%08d%s", stored, bytes.Repeat([]byte{'x'}, n))}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
			stored++
		}
		produce(ctx, 100)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		limit("2000")
		for held := false; !held; {
			c := &slowContext{Context: ctx, lane: s.current}
			if s.current.unacknowledged() < 10 {
				c.calls = 10
			}
			produce(c, 100)
			held = c.held
		}
		for range 100 {
			produce(ctx, 100)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for n := 0; n < stored; {
		cl.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
			if want := fmt.Sprintf("%08d", n); string(r.Value[:8]) != want {
				t.Errorf("record %s is at the place of record %s", r.Value[:8], want)
			}
			n++
		})
	}
}
