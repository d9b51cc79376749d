package consumer

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// stuck is an output that takes nothing until it is released.
type stuck struct {
	entered, released chan struct{}
	text              bytes.Buffer
}

func (s *stuck) Write(b []byte) (int, error) {
	select {
	case s.entered <- struct{}{}:
	default:
	}
	<-s.released
	return s.text.Write(b)
}

// The output of a member is stuck, and the group gives its partition to another member after
// max.poll.interval.ms, as in Apache Kafka. The offset that the other member committed stays.
func TestAnOffsetDoesNotMoveBackwards(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	out := &stuck{entered: make(chan struct{}, 1), released: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs, done := &screen{}, make(chan int, 1)
	go func() {
		done <- consumeTo(ctx, b, out, errs, "pet --from-beginning --group zoo --command-property max.poll.interval.ms=1000 --command-property heartbeat.interval.ms=100")
	}()
	select {
	case <-out.entered:
	case code := <-done:
		t.Fatalf("the tool ended with %d: %q", code, errs.text.String())
	}
	other, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ClientID("another"), kgo.DefaultProduceTopic("pet"), kgo.ConsumerGroup("zoo"), kgo.ConsumeTopics("pet"),
		kgo.Balancers(kgo.RangeBalancer()), kgo.RebalanceTimeout(time.Second), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for i := range 5 {
		if err := other.ProduceSync(t.Context(), kgo.StringRecord(fmt.Sprint(i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	wait, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	for n := 0; n < 6; {
		f := other.PollFetches(wait)
		if wait.Err() != nil {
			t.Fatal("the other member got no partition")
		}
		n += f.NumRecords()
	}
	if err := other.CommitUncommittedOffsets(wait); err != nil {
		t.Fatal(err)
	}
	close(out.released)
	cancel()
	<-done
	offsets, err := kadm.NewClient(other).FetchOffsets(t.Context(), "zoo")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := offsets.Lookup("pet", 0); !ok || o.At != 6 {
		t.Errorf("the group is at offset %d, want 6", o.At)
	}
	if got := out.text.String(); !strings.HasPrefix(got, "cat\n") {
		t.Errorf("the output is %q", got)
	}
}
