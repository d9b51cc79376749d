package client

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func TestRecreatedTopicLosesNoRecordOfAnotherSize(t *testing.T) {
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
	s, err := NewSender(env, Options{Bootstrap: b.Addr(), Props: Props{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	send := func(name string, n int) {
		v := name + strings.Repeat("x", n)
		rec := &kgo.Record{Topic: "t", Value: []byte(v)}
		err := s.ProduceSync(ctx, rec)
		fmt.Println("sent", name, n, "err", err, "offset", rec.Offset)
	}
	send("small0", 10)
	admin.DeleteTopic(ctx, "t")
	admin.CreateTopic(ctx, 1, 1, nil, "t")
	send("big1", 30000)
	send("small1", 10)
	send("big2", 30000)
	send("small2", 10)
	send("big3", 30000)
	ends, _ := admin.ListEndOffsets(ctx, "t")
	o, _ := ends.Lookup("t", 0)
	fmt.Println("end", o.Offset)
	cl, _ := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	n := int64(0)
	for n < o.Offset {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { n++; fmt.Println("read", r.Offset, strings.Trim(string(r.Value), "x")) })
	}
	if n != 5 {
		t.Errorf("5 records were acknowledged, the topic holds %d", n)
	}
}
