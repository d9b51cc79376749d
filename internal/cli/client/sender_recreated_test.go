package client

import (
	"bytes"
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

// recreation is a producer, and a topic of one partition that is deleted and created again.
type recreation struct {
	t      *testing.T
	ctx    context.Context
	addr   string
	admin  *kadm.Client
	sender *Sender
}

func newRecreation(t *testing.T, props Props) *recreation {
	t.Helper()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Topics: []gregor.Topic{{Name: "t", Partitions: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	env := &tool.Env{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
	s, err := NewSender(env, Options{Bootstrap: b.Addr(), Props: props})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return &recreation{t, ctx, b.Addr(), kadm.NewClient(cl), s}
}

// recreate deletes the topic and creates it again.
func (r *recreation) recreate() {
	r.t.Helper()
	if _, err := r.admin.DeleteTopic(r.ctx, "t"); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.admin.CreateTopic(r.ctx, 1, 1, nil, "t"); err != nil {
		r.t.Fatal(err)
	}
}

// values reads the records of the topic.
func (r *recreation) values() (values []string) {
	r.t.Helper()
	ends, err := r.admin.ListEndOffsets(r.ctx, "t")
	if err != nil {
		r.t.Fatal(err)
	}
	end, _ := ends.Lookup("t", 0)
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		r.t.Fatal(err)
	}
	defer cl.Close()
	for int64(len(values)) < end.Offset {
		f := cl.PollFetches(r.ctx)
		if r.ctx.Err() != nil {
			r.t.Fatalf("%d of %d records were read", len(values), end.Offset)
		}
		f.EachRecord(func(rec *kgo.Record) { values = append(values, string(rec.Value)) })
	}
	return values
}

// The topic is deleted and created again while a producer writes to it. No later record is lost,
// and the records keep their order.
func TestSenderWritesToARecreatedTopic(t *testing.T) {
	t.Parallel()
	r := newRecreation(t, Props{"batch.size": "100"})
	for round := range 3 {
		var want []string
		for i := range 50 {
			value := fmt.Sprintf("%d-%d", round, i)
			want = append(want, value)
			r.sender.Produce(r.ctx, &kgo.Record{Topic: "t", Value: []byte(value)}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Errorf("record %s: %v", value, err)
				}
			})
		}
		if err := r.sender.Flush(r.ctx); err != nil {
			t.Fatal(err)
		}
		if n := r.sender.Unacknowledged(); n != 0 {
			t.Errorf("%d records have no result", n)
		}
		if got := r.values(); !slices.Equal(got, want) {
			t.Errorf("round %d: the topic holds %q", round, got)
		}
		r.recreate()
	}
}

// Records of two sizes go through two clients of the producer. Only the client that has met the old
// topic begins its sequence numbers again: the broker would take records of the other one for
// duplicates, and acknowledge them without writing them.
func TestSenderWritesRecordsOfTwoSizesToARecreatedTopic(t *testing.T) {
	t.Parallel()
	r := newRecreation(t, Props{})
	send := func(size int) {
		t.Helper()
		if err := r.sender.ProduceSync(r.ctx, &kgo.Record{Topic: "t", Value: bytes.Repeat([]byte{'x'}, size)}); err != nil {
			t.Fatal(err)
		}
	}
	send(10)
	r.recreate()
	want := []int{30_000, 10, 30_000, 11, 30_001}
	for _, size := range want {
		send(size)
	}
	var got []int
	for _, v := range r.values() {
		got = append(got, len(v))
	}
	if !slices.Equal(got, want) {
		t.Errorf("acknowledged were records of %v bytes, the topic holds records of %v", want, got)
	}
}
