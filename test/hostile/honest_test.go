//go:build hostile

package hostile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

// honest is a client that produces numbered records with acks=all and reads them in a group.
// Attacks of other clients must not affect it.
type honest struct {
	topic    string
	producer *kgo.Client
	consumer *kgo.Client
	wg       sync.WaitGroup
	stopped  chan struct{}

	mu       sync.Mutex
	acked    int64 // records acknowledged
	read     int64 // records read, in order
	problems []string
	slowest  time.Duration
}

const honestGroup = "honest-readers"

func newHonest(t testing.TB, b *gregor.Broker, topic string) *honest {
	t.Helper()
	h := &honest{topic: topic, stopped: make(chan struct{})}
	h.producer = client(t, b, kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0))
	h.consumer = client(t, b, kgo.ConsumerGroup(honestGroup+"-"+topic), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(2*time.Second), kgo.HeartbeatInterval(300*time.Millisecond), kgo.FetchMaxWait(100*time.Millisecond))
	h.wg.Go(h.produce)
	h.wg.Go(h.consume)
	return h
}

func (h *honest) complain(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.problems) < 20 {
		h.problems = append(h.problems, fmt.Sprintf(format, args...))
	}
}

func (h *honest) produce() {
	ctx := context.Background()
	for i := int64(0); ; i++ {
		select {
		case <-h.stopped:
			return
		default:
		}
		began := time.Now()
		r := &kgo.Record{Value: fmt.Appendf(nil, "%d", i)}
		if err := h.producer.ProduceSync(ctx, r).FirstErr(); err != nil {
			h.complain("produce of record %d: %v", i, err)
			return
		}
		h.mu.Lock()
		h.acked = i + 1
		h.slowest = max(h.slowest, time.Since(began))
		h.mu.Unlock()
		if r.Offset != i {
			h.complain("record %d is at offset %d", i, r.Offset)
		}
	}
}

func (h *honest) consume() {
	var stopped time.Time
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		fs := h.consumer.PollFetches(ctx)
		cancel()
		h.note(fs)
		select {
		case <-h.stopped:
			if stopped.IsZero() {
				stopped = time.Now()
			}
			h.mu.Lock()
			all := h.read >= h.acked
			h.mu.Unlock()
			if all || time.Since(stopped) > 15*time.Second {
				return
			}
		default:
		}
	}
}

func (h *honest) note(fs kgo.Fetches) {
	fs.EachError(func(topic string, p int32, err error) {
		if !errors.Is(err, context.DeadlineExceeded) {
			h.complain("fetch of %s-%d: %v", topic, p, err)
		}
	})
	fs.EachRecord(func(r *kgo.Record) {
		h.mu.Lock()
		want := fmt.Sprint(h.read)
		h.read++
		h.mu.Unlock()
		if string(r.Value) != want {
			h.complain("read %q at offset %d, want %s", r.Value, r.Offset, want)
		}
	})
}

// finish stops both and returns the number of acknowledged records.
func (h *honest) finish(t testing.TB) int64 {
	t.Helper()
	close(h.stopped)
	h.wg.Wait()
	h.producer.Close()
	h.consumer.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.problems {
		t.Errorf("%s: %s", h.topic, p)
	}
	if h.read < h.acked {
		t.Errorf("%s: %d records acknowledged, %d read", h.topic, h.acked, h.read)
	}
	t.Logf("%s: %d records, the slowest answer took %v", h.topic, h.acked, h.slowest.Round(time.Millisecond))
	return h.acked
}

// verify reads a topic from its start and checks that it has n records, in order.
func verify(t testing.TB, b *gregor.Broker, topic string, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := client(t, b, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	defer c.Close()
	for got := int64(0); got < n; {
		fs := c.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%s: %d of %d records after a restart", topic, got, n)
		}
		fs.EachRecord(func(r *kgo.Record) {
			if string(r.Value) != fmt.Sprint(got) {
				t.Fatalf("%s: record %d is %q after a restart", topic, got, r.Value)
			}
			got++
		})
	}
}
