package consumer

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

// recreate deletes a topic and creates it again, with some records.
func recreate(t *testing.T, b *gregor.Broker, topic string, values ...string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic(topic), kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	if _, err := admin.DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if err := cl.ProduceSync(t.Context(), kgo.StringRecord(v)).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// The topic is deleted and created again while the tool reads it. The tool prints all records of
// the new topic.
func TestRecreatedTopic(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"pet --from-beginning",
		"pet --from-beginning --group zoo",
		"pet --group late --command-property auto.offset.reset=latest",
		"pet --partition 0 --offset 0",
		"--include p.t --from-beginning",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			b := start(t, nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			errs := &screen{}
			want, first := "cat\ndog\nowl\n", "cat\n"
			if strings.Contains(args, "latest") {
				commitStart(t, b, "late")
			}
			ready := make(chan struct{})
			out := &screen{await: first, then: func() { close(ready) }}
			done := make(chan int)
			go func() {
				done <- consume(ctx, b, out, errs, args+" --max-messages 3 --command-property allow.auto.create.topics=false")
			}()
			select {
			case <-ready:
			case <-ctx.Done():
				t.Fatal("the tool read nothing")
			}
			recreate(t, b, "pet", "dog", "owl")
			if code := <-done; code != 0 || out.text.String() != want {
				t.Errorf("code %d, %q, %q", code, out.text.String(), errs.text.String())
			}
		})
	}
}

// commitStart commits the begin of the topic. So a group with the reset policy latest reads it.
func commitStart(t *testing.T, b *gregor.Broker, group string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var offsets kadm.Offsets
	offsets.AddOffset("pet", 0, 0, -1)
	if err := kadm.NewClient(cl).CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}
