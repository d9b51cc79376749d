package gregor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/gregortest"
	"github.com/gregorhq/gregor/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, c gregor.Config) *gregor.Broker {
	t.Helper()
	return gregortest.New(t, c).Broker
}

func client(t *testing.T, b *gregor.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	return testkit.Client(t, b.Addr(), opts...)
}

func TestProduceAndConsume(t *testing.T) {
	for name, c := range map[string]gregor.Config{"temporary": {}, "memory": {InMemory: true}} {
		t.Run(name, func(t *testing.T) { testkit.RoundTrip(t, start(t, c).Addr(), 1000) })
	}
}

func TestDataIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var cluster string
	for round := range 3 {
		b, err := gregor.Start(ctx, gregor.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			cluster = b.ClusterID()
		} else if b.ClusterID() != cluster {
			t.Fatalf("cluster id %s, was %s", b.ClusterID(), cluster)
		}
		c := client(t, b)
		if err := c.ProduceSync(ctx, &kgo.Record{Topic: "kept", Value: []byte("x")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		ends, err := kadm.NewClient(c).ListEndOffsets(ctx, "kept")
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := ends.Lookup("kept", 0); o.Offset != int64(round+1) {
			t.Fatalf("round %d: end offset %d", round, o.Offset)
		}
		c.Close()
		if err := b.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, ".kafka_cleanshutdown")); err != nil {
			t.Errorf("no marker of a clean stop: %v", err)
		}
	}
}

// TestWaitReadyAndDone checks the reports of a broker's life: it serves after Start, and Done and
// Err report how it stopped.
func TestWaitReadyAndDone(t *testing.T) {
	for want, stop := range map[error]func(b *gregor.Broker){
		gregor.ErrShutdown: func(b *gregor.Broker) { _ = b.Shutdown(context.Background()) },
		gregor.ErrKilled:   (*gregor.Broker).Kill,
	} {
		t.Run(want.Error(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			b, err := gregor.Start(ctx, gregor.Config{InMemory: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.WaitReady(ctx); err != nil || b.Err() != nil {
				t.Errorf("a running broker: %v, %v", err, b.Err())
			}
			select {
			case <-b.Done():
				t.Error("done before it stops")
			default:
			}
			stop(b)
			select {
			case <-b.Done():
			case <-ctx.Done():
				t.Fatal("not done after it stopped")
			}
			if !errors.Is(b.Err(), want) {
				t.Errorf("Err is %v", b.Err())
			}
			for range 20 { // the broker is ready and done
				if err := b.WaitReady(ctx); !errors.Is(err, want) {
					t.Fatalf("WaitReady of a stopped broker returns %v", err)
				}
			}
		})
	}
}

func TestSeveralInOneProcess(t *testing.T) {
	var wg sync.WaitGroup
	for range 3 {
		b := start(t, gregor.Config{InMemory: true})
		wg.Go(func() { testkit.RoundTrip(t, b.Addr(), 100) })
	}
	wg.Wait()
}

func TestStartFailsInPlainWords(t *testing.T) {
	for name, c := range map[string]gregor.Config{
		"bad value":    {Properties: map[string]string{"num.partitions": "many"}},
		"both":         {InMemory: true, Dir: "x"},
		"taken":        {Addr: start(t, gregor.Config{InMemory: true}).Addr()},
		"not loopback": {Addr: "no-such-host.invalid:0"},
	} {
		if b, err := gregor.Start(t.Context(), c); err == nil {
			_ = b.Shutdown(t.Context())
			t.Errorf("%s: started", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}

func TestTwoBrokersOneDirectory(t *testing.T) {
	dir := t.TempDir()
	start(t, gregor.Config{Dir: dir})
	if b, err := gregor.Start(t.Context(), gregor.Config{Dir: dir}); err == nil {
		_ = b.Shutdown(t.Context())
		t.Fatal("a second broker took the same directory")
	}
}

// TestUnknownPropertyIsAnError checks that a misspelled key does not start a broker with other
// settings than the caller wanted.
func TestUnknownPropertyIsAnError(t *testing.T) {
	_, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Properties: map[string]string{"num.partitons": "3"}})
	if err == nil || !strings.Contains(err.Error(), "did you mean num.partitions?") {
		t.Errorf("%v", err)
	}
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Properties: map[string]string{"num.io.threads": "3"}})
	if err != nil {
		t.Fatalf("a key of Apache Kafka without effect is refused: %v", err)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
