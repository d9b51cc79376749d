//go:build hostile

package hostile

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quickGroups makes groups time out during a test, and keeps the offsets topic small.
var quickGroups = map[string]string{
	"group.min.session.timeout.ms": "50", "group.max.session.timeout.ms": "2000", "offsets.topic.num.partitions": "4",
}

// with returns base with more properties, which have precedence.
func with(base map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func start(t testing.TB, c gregor.Config) *gregor.Broker {
	t.Helper()
	b, err := gregor.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t testing.TB, b *gregor.Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := b.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if ctx.Err() != nil {
		t.Errorf("the broker did not stop in time")
	}
}

func client(t testing.TB, b *gregor.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// createTopics creates topics of n partitions and returns their ids.
func createTopics(t testing.TB, b *gregor.Broker, n int32, configs map[string]*string, names ...string) map[string]wire.UUID {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := client(t, b)
	defer c.Close()
	made, err := kadm.NewClient(c).CreateTopics(ctx, n, 1, configs, names...)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]wire.UUID{}
	for _, m := range made {
		if m.Err != nil {
			t.Fatalf("topic %s: %v", m.Topic, m.Err)
		}
		ids[m.Topic] = wire.UUID(m.ID)
	}
	return ids
}

// serves fails the test when the broker does not store and return a record at once.
func serves(t testing.TB, b *gregor.Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	topic := fmt.Sprintf("alive-%d", time.Now().UnixNano())
	createTopics(t, b, 1, nil, topic)
	c := client(t, b, kgo.ConsumeTopics(topic))
	defer c.Close()
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatalf("the broker does not take records: %v", err)
	}
	for ctx.Err() == nil {
		if fs := c.PollFetches(ctx); fs.NumRecords() > 0 {
			return
		}
	}
	t.Fatal("the broker does not give records")
}

// eventually polls until ok, and fails with what() otherwise.
func eventually(t testing.TB, within time.Duration, ok func() bool, what func() string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal(what())
		}
	}
}

// goroutinesBackTo waits until the process has no more goroutines than before. Otherwise it prints
// their stacks.
func goroutinesBackTo(t testing.TB, base int) {
	t.Helper()
	eventually(t, 15*time.Second, func() bool { return runtime.NumGoroutine() <= base }, func() string {
		buf := make([]byte, 1<<20)
		return fmt.Sprintf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), base, buf[:runtime.Stack(buf, true)])
	})
}

// heap returns the memory in use after a collection, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peakHeap runs f and returns the largest growth of the heap meanwhile, garbage included.
func peakHeap(f func()) uint64 {
	before := heap()
	var peak uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			case <-stop:
				return
			}
		}
	})
	f()
	close(stop)
	wg.Wait()
	if peak < before {
		return 0
	}
	return peak - before
}

func seconds(def time.Duration) time.Duration {
	if n, err := strconv.Atoi(os.Getenv("GREGOR_HOSTILE_SECONDS")); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return def
}

func seed(t testing.TB) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("GREGOR_HOSTILE_SEED"), 10, 64)
	if err != nil {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("GREGOR_HOSTILE_SEED=%d", n)
	return n
}

// makeGroup creates a group with an offset committed for partition 0 of a topic.
func makeGroup(t testing.TB, b *gregor.Broker, group, topic string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := client(t, b)
	defer c.Close()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, 0, -1)
	answers, err := kadm.NewClient(c).CommitOffsets(ctx, group, offsets)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
